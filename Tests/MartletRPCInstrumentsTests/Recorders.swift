import Logging
import ServiceContextModule
import Synchronization
import Tracing

/// Keeps what is logged.
final class LogLines: Sendable {
  struct Line: Sendable {
    var level: Logger.Level
    var metadata: [String: String]
  }

  struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let metadata = (event.metadata ?? [:]).mapValues { "\($0)" }
      lines.state.withLock { $0.append(Line(level: event.level, metadata: metadata)) }
    }
  }

  private let state = Mutex<[Line]>([])
  var all: [Line] { state.withLock { $0 } }
  var handler: Handler { Handler(lines: self) }
}

enum ParentKey: ServiceContextKey { typealias Value = String }

/// Keeps the spans that are made, and reads `traceparent` as it is.
final class RecordingTracer: Tracer {
  private let state = Mutex<[RecordedSpan]>([])
  var spans: [RecordedSpan] { state.withLock { $0 } }

  func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> RecordedSpan {
    let span = RecordedSpan(operationName, context())
    state.withLock { $0.append(span) }
    return span
  }

  func forceFlush() {}

  func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    injector.inject(
      "of \(context[ParentKey.self] ?? "nobody")", forKey: "traceparent", into: &carrier)
  }

  func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    context[ParentKey.self] = extractor.extract(key: "traceparent", from: carrier)
  }
}

final class RecordedSpan: Span {
  private struct State {
    var attributes = SpanAttributes()
    var status: SpanStatus?
    var hasEnded = false
  }

  let name: String
  let context: ServiceContext
  private let state = Mutex(State())

  init(_ name: String, _ context: ServiceContext) {
    self.name = name
    self.context = context
  }

  var parent: String? { context[ParentKey.self] }
  var hasEnded: Bool { state.withLock { $0.hasEnded } }
  var isError: Bool { state.withLock { $0.status?.code == .error } }
  var code: Int64? {
    guard
      case .int64(let code)? = attributes.get("rpc.grpc.status_code")
    else { return nil }
    return code
  }

  var operationName: String {
    get { name }
    set { _ = newValue }
  }
  var attributes: SpanAttributes {
    get { state.withLock { $0.attributes } }
    set { state.withLock { $0.attributes = newValue } }
  }
  var isRecording: Bool { true }
  func setStatus(_ status: SpanStatus) { state.withLock { $0.status = status } }
  func addEvent(_ event: SpanEvent) {}
  func addLink(_ link: SpanLink) {}
  func recordError<Instant: TracerInstant>(
    _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
  ) {}
  func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    state.withLock { $0.hasEnded = true }
  }
}
