internal import MartletRPC

extension LimitClient {
  /// Waits for permits of a concurrency limit, and holds them for as long as the sequence is read:
  /// the server renews them, and takes them back when nobody holds the iterator any more, or the
  /// reader's task is cancelled.
  ///
  /// The first element is the grant, each further one tells a renewal, a third of the lease later.
  /// Throws `.limitExceeded` if they were not to be had in time, `.permitsNotHeld` if they were
  /// lost, `.limitNotHeld` of a rate or a window, and UNAVAILABLE with the connection: then take
  /// them for lost. Not resumed by itself.
  ///
  /// - Parameters:
  ///   - owner: Who is to hold them: 1 to 255 bytes.
  ///   - lease: 1 s to 24 h.
  ///   - wait: How long to wait in line, at most 24 h; zero: not at all.
  public func hold(
    _ name: String, key: String = "", units: Int = 1, owner: String,
    lease: Duration = .seconds(15), wait: Duration = .zero
  ) -> PermitHold {
    PermitHold(
      runner: runner,
      request: API.HoldPermitsRequest(
        limit: name, key: key, units: Int64(units), owner: owner,
        lease: WellKnown.Duration(lease), wait: WellKnown.Duration(wait)))
  }
}

/// Permits that are held while this is read; see `LimitClient.hold`.
public struct PermitHold: AsyncSequence, Sendable {
  let runner: CallRunner
  let request: API.HoldPermitsRequest

  public func makeAsyncIterator() -> Iterator {
    Iterator(
      stream: runner.stream(API.LimitServiceMethods.holdPermits, request).makeAsyncIterator(),
      target: runner.target)
  }

  public struct Iterator: AsyncIteratorProtocol {
    var stream: ResponseStream<API.HoldPermitsResponse>.Iterator
    let target: String

    public mutating func next() async throws -> API.Permits? {
      do {
        return try await stream.next()?.permits
      } catch let status as RPCStatus {
        throw MartletError(status, target: target)
      }
    }
  }
}
