import MartletStore
import Synchronization

/// The first failure to write a file. From then on nothing more is written to it, or told from it:
/// what is on the medium is known only to the next process that recovers it.
final class FirstFailure: Sendable {
  private let failure = Mutex<StoreFailure?>(nil)

  func check() throws(StoreFailure) {
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  func note(_ error: StoreFailure) {
    failure.withLock { $0 = $0 ?? error }
  }
}
