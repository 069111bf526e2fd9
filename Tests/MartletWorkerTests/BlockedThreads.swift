import Foundation

/// Blocks whoever asks, thread and all, until it is released.
final class BlockedThreads: @unchecked Sendable {
  // Unchecked: the state is touched under the condition's lock only.
  private let condition = NSCondition()
  private var isReleased = false

  func block() {
    condition.lock()
    while !isReleased { condition.wait() }
    condition.unlock()
  }

  func release() {
    condition.lock()
    isReleased = true
    condition.broadcast()
    condition.unlock()
  }
}
