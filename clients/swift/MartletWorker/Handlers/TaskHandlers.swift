/// What a worker does for each kind of task.
///
/// ```swift
/// var handlers = TaskHandlers()
/// handlers.register("mail.send", json: { (mail: Mail, context) in try await send(mail) })
/// handlers.register("shout") { context in
///   TaskContent(text: String(decoding: context.payload, as: UTF8.self).uppercased())
/// }
/// ```
public struct TaskHandlers: Sendable {
  /// One attempt: returns the result, or throws. Told to stop by the cancellation of its Swift
  /// task; `TaskContext.stop` says why.
  public typealias Handler = @Sendable (TaskContext) async throws -> TaskContent

  private(set) var byKind: [String: Handler] = [:]
  private var middleware: [any TaskMiddleware] = []

  public init() {}

  /// Kinds that are registered, sorted.
  public var kinds: [String] { byKind.keys.sorted() }

  /// Serves a kind, payload and result being bytes. Of two handlers of a kind the later one counts.
  public mutating func register(_ kind: String, _ handler: @escaping Handler) {
    byKind[kind] = handler
  }

  /// Puts something around all handlers, whenever they are registered. The first one that is added
  /// is the outermost.
  public mutating func use(_ middleware: any TaskMiddleware) {
    self.middleware.append(middleware)
  }

  /// Each kind's handler with what is around it.
  func composed() -> [String: Handler] {
    byKind.mapValues { handler in
      middleware.reversed().reduce(handler) { inner, layer in
        { context in try await layer.intercept(context, next: inner) }
      }
    }
  }
}

/// Something around handlers: tracing, limits, logging, tests.
public protocol TaskMiddleware: Sendable {
  /// Calls `next` once, or not at all, and may change what goes in and comes out.
  func intercept(
    _ context: TaskContext, next: TaskHandlers.Handler
  ) async throws -> TaskContent
}
