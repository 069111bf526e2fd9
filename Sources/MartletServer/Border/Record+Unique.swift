import MartletAPI
import MartletCore

extension LogAPI.RequestStamp {
  init(_ stamp: RequestStamp) {
    self.init(
      keyHigh: stamp.key.high, keyLow: stamp.key.low, fingerprint: stamp.fingerprint)
    switch stamp.answer {
    case .ownTasks: break
    case .whole(let tasks): answer = tasks.map(\.rawValue)
    case .elsewhere: answeredElsewhere = true
    }
  }

  func value(id: String) -> RequestStamp {
    var stamp = RequestStamp(
      id: id, key: .init(high: keyHigh, low: keyLow), fingerprint: fingerprint)
    if answeredElsewhere {
      stamp.answer = .elsewhere
    } else if !answer.isEmpty {
      stamp.answer = .whole(answer.map(AnsweredTask.init(rawValue:)))
    }
    return stamp
  }
}

extension LogAPI.UniqueRule {
  init(_ rule: UniqueRule) {
    self.init(
      key: rule.key, scope: UInt32(rule.scope.rawValue),
      finishedWithin: rule.finishedWithin?.nanoseconds, waitingOnly: rule.waitingOnly,
      onConflict: UInt32(rule.onConflict.rawValue))
  }

  var value: UniqueRule? {
    guard let scope = UInt8(exactly: scope).flatMap(UniqueRule.Scope.init(rawValue:)),
      let conflict = UInt8(exactly: onConflict).flatMap(UniqueRule.Conflict.init(rawValue:))
    else { return nil }
    return UniqueRule(
      key: key, scope: scope, finishedWithin: finishedWithin.map(Span.init(nanoseconds:)),
      waitingOnly: waitingOnly, onConflict: conflict)
  }
}
