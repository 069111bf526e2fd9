import MartletCore
import MartletRPC
import Synchronization

/// A call that waits for its answer.
struct Caller: Sendable {
  enum Place: Sendable {
    /// Where its continuation is resumed: many of one loop are with one hop.
    case loop(CallLoop)
    /// Wherever the answer becomes free.
    case anywhere
    /// On the engine's thread, within a round of answers.
    case round
  }

  var place: Place
  var resume: @Sendable (Reply) -> Void

  var isOfRound: Bool { if case .round = place { true } else { false } }
}

struct CallAnswer: Sendable {
  var caller: Caller
  var reply: Reply
}

/// Answers that are held back until what they rest on is durable, by rising revision.
struct HeldAnswers: Sendable {
  private var answers: [CallAnswer] = []

  mutating func add(_ more: [CallAnswer]) { answers += more }

  mutating func take(through durable: Revision) -> [CallAnswer] {
    if answers.isEmpty { return [] }
    let count = answers.firstIndex { $0.reply.revision > durable } ?? answers.count
    defer { answers.removeFirst(count) }
    return Array(answers[..<count])
  }
}

/// The engine's thread brings answers, the log's thread lets them go: a caller does not wait for
/// the command that the engine is at when its own is on the medium.
final class AnswerDesk: Sendable {
  private struct State: Sendable {
    var held = HeldAnswers()
    var durable: Revision
  }

  private let state: Mutex<State>

  init(durable: Revision) { state = Mutex(State(durable: durable)) }

  /// Answers in the order of their calls.
  func add(_ answers: [CallAnswer]) {
    if answers.isEmpty { return }
    Self.deliver(
      state.withLock { state in
        state.held.add(answers)
        return state.held.take(through: state.durable)
      })
  }

  /// Everything up to `revision` is on the medium.
  func settle(through revision: Revision) {
    Self.deliver(
      state.withLock { state in
        state.durable = revision
        return state.held.take(through: revision)
      })
  }

  private static func deliver(_ answers: [CallAnswer]) {
    var groups: [CallLoop: [CallAnswer]] = [:]
    for answer in answers {
      if case .loop(let loop) = answer.caller.place {
        groups[loop, default: []].append(answer)
      } else {
        answer.caller.resume(answer.reply)
      }
    }
    for (loop, group) in groups {
      loop.execute { for answer in group { answer.caller.resume(answer.reply) } }
    }
  }
}

/// Callers by ticket; answers come in the order of the calls.
struct CallerQueue {
  private var callers: [Caller?] = []
  private var first: UInt64 = 0
  private var taken = 0

  mutating func add(_ caller: Caller) -> Ticket {
    callers.append(caller)
    return Ticket(rawValue: first + UInt64(callers.count - 1))
  }

  mutating func take(_ ticket: Ticket) -> Caller? {
    let place = Int(bitPattern: UInt(ticket.rawValue &- first))
    guard callers.indices.contains(place), let caller = callers[place] else { return nil }
    callers[place] = nil
    taken = place + 1
    if taken == callers.count {
      first += UInt64(taken)
      callers.removeAll(keepingCapacity: true)
      taken = 0
    } else if taken > 4_096, taken * 2 > callers.count {
      first += UInt64(taken)
      callers.removeFirst(taken)
      taken = 0
    }
    return caller
  }
}
