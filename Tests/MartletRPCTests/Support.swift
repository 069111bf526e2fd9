import MartletProtobuf
import MartletRPC
import Synchronization
import Testing

/// A message that is its bytes.
struct RawMessage: ProtobufMessage, ExpressibleByStringLiteral {
  static let protobufName = "test.Raw"
  var bytes: [UInt8]

  init() { bytes = [] }
  init(_ bytes: [UInt8]) { self.bytes = bytes }
  init(stringLiteral value: String) { bytes = Array(value.utf8) }

  /// Bytes that begin with 255 are malformed.
  init(protobufBytes bytes: UnsafeRawBufferPointer) throws(ProtobufDecodingError) {
    if bytes.first == 255 { throw .malformed }
    self.bytes = Array(bytes)
  }

  func encodeProtobuf(into reserve: (_ byteCount: Int) -> UnsafeMutableRawBufferPointer) {
    reserve(bytes.count).copyBytes(from: bytes)
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Something that happens once and can be awaited by any number of tasks.
final class Event: Sendable {
  private struct State {
    var hasHappened = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  var hasHappened: Bool { state.withLock { $0.hasHappened } }

  func happen() {
    let waiters = state.withLock { state in
      state.hasHappened = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let hasHappened = state.withLock { state in
        if !state.hasHappened { state.waiters.append(continuation) }
        return state.hasHappened
      }
      if hasHappened { continuation.resume() }
    }
  }
}

/// A number that many tasks change.
final class Tally: Sendable {
  private let value = Atomic<Int>(0)
  var current: Int { value.load(ordering: .sequentiallyConsistent) }
  func add(_ amount: Int = 1) { value.wrappingAdd(amount, ordering: .sequentiallyConsistent) }
}

enum Methods {
  static func method(_ name: String, _ kind: MethodDescriptor.Kind) -> MethodDescriptor {
    MethodDescriptor(service: "test.Service", method: name, kind: kind)
  }

  static let echo = method("Echo", .unary)
  static let fail = method("Fail", .unary)
  static let hold = method("Hold", .unary)
  static let metadata = method("Metadata", .unary)
  static let elsewhere = method("Elsewhere", .unary)
  static let count = method("Count", .serverStreaming)
  static let flood = method("Flood", .serverStreaming)
  static let join = method("Join", .clientStreaming)
  static let chat = method("Chat", .bidirectional)
  static let big = method("Big", .unary)
  static let packed = method("Packed", .unary)
  static let compressed = method("Compressed", .unary)
  static let mixed = method("Mixed", .serverStreaming)
  static let reflect = method("Reflect", .unary)
  static let detailed = method("Detailed", .unary)
  static let verbose = method("Verbose", .unary)
  static let quiet = method("Quiet", .serverStreaming)
  static let stubborn = method("Stubborn", .unary)
  static let deaf = method("Deaf", .clientStreaming)
}

actor Elsewhere {
  func reverse(_ message: RawMessage) -> RawMessage { RawMessage(message.bytes.reversed()) }
}

/// The service that tests call, and what they can see of it.
final class TestService: RPCService {
  let held = Event()
  let cancelled = Event()
  let flooded = Tally()
  /// Lets the stubborn handlers end.
  let released = Event()
  let elsewhere = Elsewhere()

  func register(in router: inout ServerRouter) {
    registerUnary(in: &router)
    registerCompressed(in: &router)
    registerUnusual(in: &router)
    router.serverStreaming(Methods.count) {
      (request: RawMessage, response: ResponseWriter<RawMessage>, _) in
      for number in 0..<(Int(request.text) ?? 0) {
        try await response.write(RawMessage(Array("\(number)".utf8)))
      }
    }
    router.serverStreaming(Methods.flood) {
      [flooded] (request: RawMessage, response: ResponseWriter<RawMessage>, _) in
      let message = RawMessage([UInt8](repeating: 1, count: 10_000))
      for _ in 0..<(Int(request.text) ?? 0) {
        try await response.write(message)
        flooded.add()
      }
    }
    router.clientStreaming(Methods.join) { (requests: RequestStream<RawMessage>, _) in
      var joined = RawMessage()
      for try await request in requests { joined.bytes += request.bytes }
      return joined
    }
    router.bidirectional(Methods.chat) {
      (requests: RequestStream<RawMessage>, response: ResponseWriter<RawMessage>, _) in
      for try await request in requests {
        if request.text == "enough" {
          throw RPCStatus(code: .outOfRange, message: "that is enough")
        }
        try await response.write(request)
      }
    }
  }

  private func registerCompressed(in router: inout ServerRouter) {
    router.unary(Methods.packed) { (request: RawMessage, context) in
      context.setResponseEncoding(.gzip)
      return request
    }
    router.unary(Methods.compressed) { (request: RawMessage, context) -> RawMessage in
      context.isRequestCompressed ? request : "plain"
    }
    router.serverStreaming(Methods.mixed) {
      (request: RawMessage, response: ResponseWriter<RawMessage>, context) in
      context.setResponseEncoding(.gzip)
      try await response.write(request)
      try await response.write(request, compressed: false)
      try await response.write(request)
    }
  }

  private func registerUnusual(in router: inout ServerRouter) {
    router.unary(Methods.reflect) { (_: RawMessage, context) in
      for name in ["grpc-mine", "connection", "x-answer", "BAD NAME", "content-length"] {
        context.setTrailingMetadata(name, "v")
      }
      let names = context.metadata.entries.map(\.key).joined(separator: " ")
      return RawMessage(Array(names.utf8))
    }
    router.unary(Methods.detailed) { (_: RawMessage, _) -> RawMessage in
      throw RPCStatus(
        code: .resourceExhausted, message: "full", errorDetails: ErrorDetailTests.all)
    }
    router.unary(Methods.verbose) { (_: RawMessage, _) -> RawMessage in
      throw RPCStatus(
        code: .failedPrecondition, message: String(repeating: "ä", count: 10_000),
        details: [UInt8](repeating: 1, count: 10_000))
    }
    router.serverStreaming(Methods.quiet) {
      [held, cancelled] (_: RawMessage, response: ResponseWriter<RawMessage>, _) in
      response.sendHeaders()
      try await Self.hold(held, cancelled)
    }
    router.unary(Methods.stubborn) { [released] (_: RawMessage, _) -> RawMessage in
      // Does not care whether it is cancelled.
      await released.wait()
      return RawMessage()
    }
    router.clientStreaming(Methods.deaf) {
      [held, cancelled] (_: RequestStream<RawMessage>, _) -> RawMessage in
      try await Self.hold(held, cancelled)
      return RawMessage()
    }
  }

  /// Returns when the call is cancelled, with an error.
  private static func hold(_ held: Event, _ cancelled: Event) async throws {
    held.happen()
    let never = Event()
    await withTaskCancellationHandler {
      await never.wait()
    } onCancel: {
      cancelled.happen()
      never.happen()
    }
    throw CancellationError()
  }

  private func registerUnary(in router: inout ServerRouter) {
    router.unary(Methods.echo) { (request: RawMessage, _) in request }
    router.unary(Methods.big) { (request: RawMessage, _) in request }
    router.setMaxRequestBytes(32 << 20, for: Methods.big)
    router.unary(Methods.fail) { (request: RawMessage, context) -> RawMessage in
      context.setTrailingMetadata("trail", "er")
      if request.text == "plain" { throw NotForCallers() }
      throw RPCStatus(
        code: .notFound, message: "naïve 100 % ☃", details: [1, 2, 3],
        metadata: ["reason": "because"])
    }
    router.unary(Methods.hold) { [held, cancelled] (_: RawMessage, _) -> RawMessage in
      try await Self.hold(held, cancelled)
      return RawMessage()
    }
    router.unary(Methods.metadata) { (_: RawMessage, context) in
      context.setInitialMetadata("first", "in")
      context.setTrailingMetadata("last", "out")
      let text = context.metadata.strings(for: "word").joined(separator: ",")
      let bytes = context.metadata.bytes(for: "data-bin").map { "\($0)" }.joined(separator: ",")
      return RawMessage(Array("\(text) \(bytes) \(context.peer.prefix(14))".utf8))
    }
    router.unary(Methods.elsewhere) { [elsewhere] (request: RawMessage, _) in
      await elsewhere.reverse(request)
    }
  }
}

struct NotForCallers: Error {}

/// A server with the test service, and a channel to it.
struct Fixture {
  let service: TestService
  let server: RPCServer
  let channel: RPCChannel

  static func run(
    configuration: RPCServerConfiguration = .init(),
    channelConfiguration: RPCChannelConfiguration = .init(),
    prepare: (inout ServerRouter) -> Void = { _ in },
    _ body: (Fixture) async throws -> Void
  ) async throws {
    let service = TestService()
    var router = ServerRouter()
    router.add(service)
    prepare(&router)
    let server = try await RPCServer.start(router: router, configuration: configuration)
    let channel = try RPCChannel(
      target: server.addresses[0], configuration: channelConfiguration)
    do {
      try await body(Fixture(service: service, server: server, channel: channel))
    } catch {
      await channel.close()
      await server.shutdownGracefully(grace: .zero)
      throw error
    }
    await channel.close()
    await server.shutdownGracefully(grace: .zero)
  }

  /// An address that nobody else uses.
  static func freeAddress() -> String {
    "unix:/tmp/martlet-rpc-test-\(UInt64.random(in: 0 ... .max)).sock"
  }

  func expectEcho(_ text: String) async throws {
    let reply = try await echo(text)
    #expect(reply == text)
  }

  func echo(_ text: String, options: CallOptions = .init()) async throws -> String {
    let reply: RawMessage = try await channel.unary(
      Methods.echo, RawMessage(Array(text.utf8)), options: options)
    return reply.text
  }
}

/// The status that `body` fails with; nil when it does not.
func status(of body: () async throws -> Void) async -> RPCStatus? {
  do {
    try await body()
    return nil
  } catch let status as RPCStatus {
    return status
  } catch {
    return RPCStatus(code: .unknown, message: "not a status: \(error)")
  }
}
