internal import Dispatch

/// Ticks until it is let go of, on a thread that no handler can block.
///
/// `@unchecked Sendable`: Dispatch's timers may be used from any thread.
final class WorkerTimer: @unchecked Sendable {
  private let source: any DispatchSourceTimer

  init(every interval: Duration, _ body: @escaping @Sendable () -> Void) {
    source = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "martlet.worker"))
    let nanoseconds = Int(interval / .nanoseconds(1))
    source.schedule(
      deadline: .now() + .nanoseconds(nanoseconds), repeating: .nanoseconds(nanoseconds),
      leeway: .nanoseconds(nanoseconds / 10))
    source.setEventHandler(handler: body)
    source.resume()
  }

  deinit { source.cancel() }
}
