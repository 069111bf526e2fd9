/// The Swift tasks in which the handlers of one event loop run.
///
/// Handlers that start in one turn of the loop run one after the other in one task, for as long as
/// none of them waits: to resume a task costs as much as a simple handler, to make one twice that.
/// A handler that waits keeps its task, and the handlers after it go on in another. So each handler
/// has a task of its own from its first wait on, and cancelling that task concerns no other; a task
/// that was cancelled is not used again.
///
/// `@unchecked Sendable`: touched on the loop only.
final class HandlerPool: @unchecked Sendable {
  /// Tasks that may wait for work; one more ends instead.
  private static let idleMax = 1024

  private let loop: RPCEventLoop
  @exclusivity(unchecked) private var idle: ContiguousArray<HandlerRunner> = []
  @exclusivity(unchecked) private var pending: ContiguousArray<Unmanaged<ServerCall>> = []
  @exclusivity(unchecked) private var pendingStart = 0
  @exclusivity(unchecked) private var isScheduled = false

  init(loop: RPCEventLoop) { self.loop = loop }

  var hasRoom: Bool { idle.count < Self.idleMax }

  /// Runs the call's handler before the end of this turn.
  func run(_ call: ServerCall) {
    pending.append(Unmanaged.passRetained(call))
    guard !isScheduled else { return }
    isScheduled = true
    loop.execute { self.runPending() }
  }

  private func runPending() {
    while pendingStart < pending.count {
      if let runner = idle.popLast() {
        loop.runInline { runner.resume() }
      } else {
        HandlerRunner(pool: self).start(on: loop)
      }
    }
    pending.removeAll(keepingCapacity: pending.count < 4096)
    pendingStart = 0
    isScheduled = false
  }

  /// The next call whose handler is to run; the taker owns the reference.
  func takePending() -> Unmanaged<ServerCall>? {
    guard pendingStart < pending.count else { return nil }
    defer { pendingStart &+= 1 }
    return pending[pendingStart]
  }

  func park(_ runner: HandlerRunner) { idle.append(runner) }
}

/// One task that runs handlers, one after the other.
///
/// `@unchecked Sendable`: touched on the loop only.
final class HandlerRunner: @unchecked Sendable {
  private let pool: HandlerPool
  @exclusivity(unchecked) private var task: Task<Void, Never>?
  @exclusivity(unchecked) private var continuation: UnsafeContinuation<Void, Never>?

  init(pool: HandlerPool) { self.pool = pool }

  func start(on loop: RPCEventLoop) {
    let task = Task.immediate(executorPreference: loop) { [self] in await runAll() }
    self.task = task
  }

  func resume() {
    guard let continuation else { return }
    self.continuation = nil
    continuation.resume()
  }

  /// Cancels the handler that is waiting.
  func cancel() { task?.cancel() }

  private func runAll() async {
    while !Task.isCancelled {
      if let call = pool.takePending()?.takeRetainedValue() {
        call.runner = self
        await Self.run(call)
        call.handlerEnded()
      } else if pool.hasRoom {
        await withUnsafeContinuation { continuation in
          self.continuation = continuation
          pool.park(self)
        }
      } else {
        break
      }
    }
    task = nil
  }

  /// Calls that the handler makes end by its own deadline.
  private static func run(_ call: ServerCall) async {
    guard call.deadline > 0 else { return await call.run() }
    await InheritedDeadline.$nanoseconds.withValue(call.deadline) { await call.run() }
  }
}
