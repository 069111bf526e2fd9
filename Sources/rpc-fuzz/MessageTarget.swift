import MartletInterop
import MartletProtobuf
import MartletRPC
import MartletRPCServices

/// Bytes as messages: whatever decodes must have one encoding, which decodes to the same.
enum MessageTarget {
  struct Unstable: Error, CustomStringConvertible {
    var description: String
  }

  private static let types: [any ProtobufMessage.Type] =
    GRPCChannelz.messageTypes + GRPCReflection.messageTypes + GRPCHealth.messageTypes
    + GRPCTesting.messageTypes + GRPCWellKnown.messageTypes

  static func seeds() -> [[UInt8]] {
    let files = [
      GRPCChannelz.grpcChannelzV1ChannelzFile, GRPCReflection.grpcReflectionV1ReflectionFile,
    ]
    let socket = GRPCChannelz.GetSocketResponse(
      socket: .init(
        ref: .init(socketId: 7, name: "127.0.0.1:80"),
        data: .init(
          streamsStarted: 3, messagesSent: 1 << 40,
          lastMessageSentTimestamp: .init(seconds: 1 << 31, nanos: 999_999_999),
          option: [.init(name: "SO_LINGER", additional: .init(typeUrl: "a/b", value: [1, 2]))]),
        local: .init(address: .tcpipAddress(.init(ipAddress: [127, 0, 0, 1], port: 80))),
        remote: .init(address: .udsAddress(.init(filename: "/run/ü")))))
    let reflection = GRPCReflection.ServerReflectionResponse(
      originalRequest: .init(host: "h", messageRequest: .listServices("*")),
      messageResponse: .fileDescriptorResponse(
        .init(fileDescriptorProto: files.map(\.descriptorBytes))))
    let health = GRPCHealth.HealthListResponse(
      statuses: ["": .init(status: .serving), "a.B": .init(status: .unrecognized(77))])
    let interop = GRPCTesting.StreamingOutputCallRequest(
      responseParameters: [.init(size: -1, compressed: .init(value: true)), .init()],
      payload: .init(body: [0, 1, 255]), responseStatus: .init(code: 2, message: "a\0b"))
    return [
      [], socket.protobufBytes(), reflection.protobufBytes(), health.protobufBytes(),
      interop.protobufBytes(),
    ]
  }

  static func run(_ bytes: [UInt8], _ random: inout FuzzRandom) throws {
    guard let type = types.randomElement(using: &random) else { return }
    try check(bytes, as: type)
  }

  /// The same for all types at once.
  static func runAll(_ bytes: [UInt8]) throws {
    for type in types { try check(bytes, as: type) }
  }

  private static func check<M: ProtobufMessage>(_ bytes: [UInt8], as type: M.Type) throws {
    let message: M
    do throws(ProtobufDecodingError) {
      message = try M(protobufBytes: bytes)
    } catch {
      return
    }
    let encoded = message.protobufBytes()
    guard let again = try? M(protobufBytes: encoded), again.protobufBytes() == encoded else {
      throw Unstable(description: "\(M.protobufName) does not come back as it was sent")
    }
  }
}
