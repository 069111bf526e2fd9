import Dispatch
import MartletServer

/// `block`: holds its thread, as a handler does that reads a slow disk, until the test releases it.
final class BlockHandler: TaskHandler {
  let kind = "block"
  private let gate = DispatchSemaphore(value: 0)

  func run(_ context: HandlerContext) async throws(HandlerFailure) -> HandlerResult {
    wait()
    return HandlerResult()
  }

  private func wait() { gate.wait() }

  /// Lets so many attempts go on.
  func release(_ count: Int) {
    for _ in 0..<count { gate.signal() }
  }
}
