/// The limits of a check, each for one expectation.
package struct CheckTiming: Sendable {
  /// How long the worker may take for what it should do at once: 1 s or more.
  package var step = Duration.seconds(5)
  /// For what must not wait for anything: the time in which an offer has to be accepted.
  package var prompt = Duration.seconds(2)
  /// From the start of a process to its first hello.
  package var start = Duration.seconds(20)
  /// From the end of a stream, or of a server that refuses, to the next hello.
  package var reconnect = Duration.seconds(10)
  /// The worker says something at least so often.
  package var talk = Duration.seconds(11)
  /// After so long a silence of the server the worker has given its stream up.
  package var silence = Duration.seconds(35)
  /// How long a worker may take to stop.
  package var stop = Duration.seconds(15)

  package init() {}
}
