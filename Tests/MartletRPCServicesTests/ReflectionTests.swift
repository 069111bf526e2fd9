import MartletProtobuf
import MartletRPC
import MartletRPCServices
import Testing

@Suite("Reflection") struct ReflectionTests {
  typealias Request = GRPCReflection.ServerReflectionRequest
  typealias Response = GRPCReflection.ServerReflectionResponse

  private static let alpha = MethodDescriptor(
    service: "grpc.reflection.v1alpha.ServerReflection", method: "ServerReflectionInfo",
    kind: .bidirectional)

  /// The answers of a server of health, channelz' messages and reflection, to questions of one
  /// stream.
  private func answers(
    to questions: [Request.OneOf_MessageRequest?],
    by method: MethodDescriptor = GRPCReflection.ServerReflectionMethods.serverReflectionInfo
  ) async throws -> [Response] {
    var router = ServerRouter()
    router.add(HealthService(board: HealthBoard()))
    router.describe(GRPCChannelz.grpcChannelzV1ChannelzFile)
    router.add(ReflectionService(of: router))
    var found: [Response] = []
    try await withServer(router) { channel, _ in
      let responses: ResponseStream<Response> = channel.bidirectional(method, options: .init()) {
        (writer: RequestWriter<Request>) in
        for question in questions {
          try await writer.write(Request(host: "here", messageRequest: question))
        }
      }
      for try await response in responses { found.append(response) }
    }
    return found
  }

  private func fileNames(_ response: Response) -> [String] {
    guard case .fileDescriptorResponse(let files) = response.messageResponse else { return [] }
    // A descriptor begins with its name: field 1, a length below 128.
    return files.fileDescriptorProto.map {
      String(decoding: $0.dropFirst(2).prefix(Int($0[1])), as: UTF8.self)
    }
  }

  private func error(_ response: Response) -> GRPCReflection.ErrorResponse? {
    guard case .errorResponse(let error) = response.messageResponse else { return nil }
    return error
  }

  @Test("lists the services that are there, itself among them")
  func services() async throws {
    let answer = try #require(try await answers(to: [.listServices("*")]).first)
    #expect(answer.validHost == "here")
    #expect(answer.originalRequest?.messageRequest == .listServices("*"))
    #expect(
      answer.messageResponse
        == .listServicesResponse(
          .init(
            service: [
              "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
              "grpc.reflection.v1alpha.ServerReflection",
            ].map { .init(name: $0) })))
  }

  @Test("gives a file by its name, then what it imports at any remove")
  func fileWithImports() async throws {
    let answer = try #require(
      try await answers(to: [.fileByFilename("grpc/channelz/v1/channelz.proto")]).first)
    #expect(
      fileNames(answer) == [
        "grpc/channelz/v1/channelz.proto", "google/protobuf/any.proto",
        "google/protobuf/timestamp.proto", "google/protobuf/wrappers.proto",
      ])
  }

  @Test("a stream carries an import once, but what is asked for each time")
  func importsOnce() async throws {
    let answers = try await answers(to: [
      .fileByFilename("grpc/channelz/v1/channelz.proto"),
      .fileContainingSymbol("grpc.channelz.v1.Server"),
      .fileByFilename("google/protobuf/any.proto"),
    ])
    #expect(answers.map { fileNames($0).count } == [4, 1, 1])
  }

  @Test(
    "finds the file of anything that is declared in one",
    arguments: [
      "grpc.health.v1.Health", "grpc.health.v1.Health.Watch", ".grpc.health.v1.Health",
      "grpc.health.v1.HealthCheckRequest", "grpc.health.v1.HealthCheckRequest.service",
      "grpc.health.v1.HealthCheckResponse.ServingStatus",
      "grpc.health.v1.HealthCheckResponse.SERVING",
    ])
  func symbols(name: String) async throws {
    let answer = try #require(try await answers(to: [.fileContainingSymbol(name)]).first)
    #expect(fileNames(answer) == ["grpc/health/v1/health.proto"])
  }

  @Test("finds nested messages, oneofs and what imported files declare")
  func deepSymbols() async throws {
    let found = try await answers(to: [
      .fileContainingSymbol("grpc.channelz.v1.Address.TcpIpAddress.port"),
      .fileContainingSymbol("grpc.channelz.v1.Address.address"),
      .fileContainingSymbol("google.protobuf.Int64Value"),
    ])
    #expect(
      found.map { fileNames($0).first } == [
        "grpc/channelz/v1/channelz.proto", "grpc/channelz/v1/channelz.proto",
        "google/protobuf/wrappers.proto",
      ])
  }

  @Test("answers NOT_FOUND to what is not there, and the stream goes on")
  func notFound() async throws {
    let found = try await answers(to: [
      .fileByFilename("no/such.proto"), .fileContainingSymbol("no.Such"),
      .fileContainingSymbol("grpc.health.v1"),
      .fileContainingExtension(.init(containingType: "a.B", extensionNumber: 7)),
      .allExtensionNumbersOfType("no.Such"),
      .allExtensionNumbersOfType("grpc.health.v1.HealthCheckRequest"),
    ])
    #expect(found.prefix(5).allSatisfy { error($0)?.errorCode == 5 })
    #expect(error(found[0])?.errorMessage == "there is no file \"no/such.proto\"")
    #expect(
      found[5].messageResponse
        == .allExtensionNumbersResponse(
          .init(baseTypeName: "grpc.health.v1.HealthCheckRequest")))
  }

  @Test("a question without content ends the stream with INVALID_ARGUMENT")
  func noQuestion() async {
    let error = await #expect(throws: RPCStatus.self) { try await answers(to: [nil]) }
    #expect(error?.code == .invalidArgument)
  }

  @Test("v1alpha is the same conversation")
  func alphaName() async throws {
    let found = try await answers(
      to: [
        .fileContainingSymbol("grpc.reflection.v1alpha.ServerReflection"),
        .fileByFilename("grpc/reflection/v1/reflection.proto"),
      ], by: Self.alpha)
    #expect(
      found.map(fileNames) == [
        ["grpc/reflection/v1alpha/reflection.proto"], ["grpc/reflection/v1/reflection.proto"],
      ])
  }
}
