internal import MartletRPC

extension LockClient {
  /// Waits for the lock, and holds it for as long as the sequence is read: the server renews it,
  /// and releases it when nobody holds the iterator any more, or the reader's task is cancelled.
  ///
  /// The first element is the grant, each further one tells a renewal, a third of the lease later.
  /// Throws `.lockHeld` if the lock was not to be had in time, `.lockNotHeld` if it was lost, and
  /// UNAVAILABLE with the connection: then take it for lost. Not resumed by itself.
  ///
  /// - Parameters:
  ///   - owner: Who is to hold it: 1 to 255 bytes. The holder itself counts once more.
  ///   - lease: 1 s to 24 h.
  ///   - wait: How long to wait in line, at most 24 h; zero: not at all.
  public func hold(
    _ name: String, owner: String, lease: Duration = .seconds(15), wait: Duration = .zero
  ) -> LockHold {
    LockHold(
      runner: runner,
      request: API.HoldLockRequest(
        name: name, owner: owner, lease: WellKnown.Duration(lease),
        wait: WellKnown.Duration(wait)))
  }
}

/// A lock that is held while this is read; see `LockClient.hold`.
public struct LockHold: AsyncSequence, Sendable {
  let runner: CallRunner
  let request: API.HoldLockRequest

  public func makeAsyncIterator() -> Iterator {
    Iterator(
      stream: runner.stream(API.LockServiceMethods.holdLock, request).makeAsyncIterator(),
      target: runner.target)
  }

  public struct Iterator: AsyncIteratorProtocol {
    var stream: ResponseStream<API.HoldLockResponse>.Iterator
    let target: String

    public mutating func next() async throws -> API.Lock? {
      do {
        return try await stream.next()?.lock
      } catch let status as RPCStatus {
        throw MartletError(status, target: target)
      }
    }
  }
}
