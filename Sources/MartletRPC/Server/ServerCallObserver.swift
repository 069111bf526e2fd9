/// Is told how each call of a method has ended, and changes nothing: for what counts and times
/// calls.
///
/// Much cheaper than an interceptor, which adds a step to every call's chain of async functions;
/// and it learns of calls that an interceptor refused, wherever in the chain that stands. It is not
/// told of requests that no handler could have taken (an unknown method, too many messages).
public protocol ServerCallObserver: Sendable {
  /// The outcome of a call is settled: its answer is on the way, or nobody waits for it any more.
  /// Runs on the call's event loop: must not block.
  /// - Parameter nanoseconds: Since the request was read that let the handler start.
  func callEnded(_ code: StatusCode, nanoseconds: Int64)
}
