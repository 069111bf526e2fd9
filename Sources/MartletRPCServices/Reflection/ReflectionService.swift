internal import MartletProtobuf
public import MartletRPC

/// `grpc.reflection.v1` and `v1alpha`: tells clients which services a server has and what their
/// messages look like, so that tools can call it without .proto files.
///
/// ```swift
/// var router = ServerRouter()
/// router.add(MyService())
/// router.add(ReflectionService(of: router))
/// ```
///
/// It knows what has been added before it, and itself. Whoever can call it can read the whole
/// contract: leave it out where that is not wanted.
public struct ReflectionService: RPCService {
  private let services: [String]
  private let index: FileIndex

  /// The same conversation under an older name.
  private static let alphaMethod = MethodDescriptor(
    service: "grpc.reflection.v1alpha.ServerReflection", method: "ServerReflectionInfo",
    kind: .bidirectional)

  public init(of router: ServerRouter) {
    let methods = [GRPCReflection.ServerReflectionMethods.serverReflectionInfo, Self.alphaMethod]
    services = Set((router.methods + methods).map(\.service)).sorted()
    index = FileIndex(
      router.files + [
        GRPCReflection.grpcReflectionV1ReflectionFile,
        GRPCReflectionAlpha.grpcReflectionV1alphaReflectionFile,
      ])
  }

  public func register(in router: inout ServerRouter) {
    router.describe(GRPCReflection.grpcReflectionV1ReflectionFile)
    router.describe(GRPCReflectionAlpha.grpcReflectionV1alphaReflectionFile)
    for method in [
      GRPCReflection.ServerReflectionMethods.serverReflectionInfo, Self.alphaMethod,
    ] {
      router.bidirectional(method) {
        (
          requests: RequestStream<GRPCReflection.ServerReflectionRequest>,
          response: ResponseWriter<GRPCReflection.ServerReflectionResponse>, _
        ) async throws in
        try await self.answer(requests, response)
      }
    }
  }

  private func answer(
    _ requests: RequestStream<GRPCReflection.ServerReflectionRequest>,
    _ response: ResponseWriter<GRPCReflection.ServerReflectionResponse>
  ) async throws {
    var sent: Set<String> = []
    for try await request in requests {
      try await response.write(
        .init(
          validHost: request.host, originalRequest: request,
          messageResponse: try answer(request.messageRequest, sent: &sent)))
    }
  }

  private typealias Answer = GRPCReflection.ServerReflectionResponse.OneOf_MessageResponse

  private func answer(
    _ question: GRPCReflection.ServerReflectionRequest.OneOf_MessageRequest?,
    sent: inout Set<String>
  ) throws -> Answer {
    switch question {
    case .listServices:
      return .listServicesResponse(.init(service: services.map { .init(name: $0) }))
    case .fileByFilename(let name):
      guard let file = index.files[name] else { return notFound("file", name) }
      return .fileDescriptorResponse(files(file, &sent))
    case .fileContainingSymbol(let symbol):
      let name = symbol.first == "." ? String(symbol.dropFirst()) : symbol
      guard let file = index.fileOfSymbol[name].flatMap({ index.files[$0] }) else {
        return notFound("symbol", name)
      }
      return .fileDescriptorResponse(files(file, &sent))
    case .fileContainingExtension(let wanted):
      // proto3 has no extensions of messages; those of options are no part of what is served.
      return notFound("extension", "\(wanted.containingType):\(wanted.extensionNumber)")
    case .allExtensionNumbersOfType(let type):
      guard index.messages.contains(type) else { return notFound("message", type) }
      return .allExtensionNumbersResponse(.init(baseTypeName: type))
    case nil:
      throw RPCStatus(code: .invalidArgument, message: "the request asks for nothing that is known")
    }
  }

  private func notFound(_ what: String, _ name: String) -> Answer {
    .errorResponse(
      .init(
        errorCode: Int32(StatusCode.notFound.rawValue),
        errorMessage: "there is no \(what) \"\(name.prefix(256))\""))
  }

  /// The file, and what it imports at any remove as far as the stream has not carried it yet.
  private func files(
    _ file: ProtobufFile, _ sent: inout Set<String>
  ) -> GRPCReflection.FileDescriptorResponse {
    sent.insert(file.name)
    var descriptors = [file.descriptorBytes]
    var open = Array(file.imports.reversed())
    while let next = open.popLast() {
      guard sent.insert(next.name).inserted else { continue }
      descriptors.append(next.descriptorBytes)
      open += next.imports.reversed()
    }
    return .init(fileDescriptorProto: descriptors)
  }
}
