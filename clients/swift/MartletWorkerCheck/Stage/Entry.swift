internal import MartletAPI

/// One thing that happened between the worker and the server that is played to it.
struct Entry: Sendable {
  enum Event: Sendable {
    /// The worker opened a stream.
    case came
    case said(API.WorkRequest)
    case told(API.WorkResponse)
    /// The worker will say nothing more on this stream.
    case left
    /// The stream is gone, as the server sees it.
    case broke(String)
    /// What the server did that is no message.
    case did(String)
    /// With the status of the process; 128 and more for a signal.
    case exited(Int32)
  }

  var time: ContinuousClock.Instant
  /// The number of the stream; 0: none.
  var line: Int
  var event: Event

  /// As a line of a report, with the time since the scenario began.
  func text(since start: ContinuousClock.Instant) -> String {
    let milliseconds = max(.zero, time - start) / .milliseconds(1)
    let place = line == 0 ? "" : " stream \(line)"
    return "\(Int(milliseconds)) ms\(place) \(words)"
  }

  private var words: String {
    switch event {
    case .came: "worker opens the stream"
    case .said(let request): "worker: \(MessageText.text(of: request))"
    case .told(let response): "server: \(MessageText.text(of: response))"
    case .left: "worker ends its side"
    case .broke(let how): "the stream is gone: \(how)"
    case .did(let what): "server: \(what)"
    case .exited(let status): "the worker exits with \(status)"
    }
  }
}
