internal import MartletAPI
internal import MartletRPC

/// How the server that is played answers; what a scenario changes is put back after it.
struct ServerPolicy: Sendable {
  enum Reception: Sendable {
    case welcome
    /// The stream stands, but nothing is ever said on it.
    case silence
    case refusal(RPCStatus)
  }

  enum Answer: Sendable {
    case accept
    /// No acknowledgement.
    case hold
    /// The lease has ended.
    case lost
    /// What was said makes no sense.
    case problem(String)
  }

  var reception = Reception.welcome
  /// Long, so that no worker gives up what it holds while a scenario has its stream broken.
  var leaseLength = Duration.seconds(10)
  var beatInterval = Duration.milliseconds(300)
  var accepts = Answer.accept
  var finishes = Answer.accept
  var checkpoints = Answer.accept
  /// Leases that the next welcome names as lost.
  var losing: Set<String> = []
  var answersPings = true
}
