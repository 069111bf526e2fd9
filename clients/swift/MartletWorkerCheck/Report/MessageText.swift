internal import MartletAPI

/// Messages in few words, for reports.
enum MessageText {
  static func text(of request: API.WorkRequest) -> String {
    var parts: [String] = []
    if let hello = request.hello { parts.append(text(of: hello)) }
    parts += list("accepts", request.accepts.map(\.lease))
    parts += list("beats", request.beats.map(text))
    parts += list("finishes", request.finishes.map(text))
    parts += list("releases", request.releases.map(\.lease))
    if let credit = request.credit {
      let received = credit.received.map { "received \($0)" } ?? "received unset"
      parts.append("credit(\(credit.more), \(received))")
    }
    if request.draining { parts.append("draining") }
    if let ping = request.ping { parts.append("ping \(ping)") }
    if let pong = request.pong { parts.append("pong \(pong)") }
    return parts.isEmpty ? "an empty message" : parts.joined(separator: " ")
  }

  static func text(of response: API.WorkResponse) -> String {
    var parts: [String] = []
    if let welcome = response.welcome {
      parts.append(
        "welcome(kept \(short(welcome.keptLeases)), lost \(short(welcome.lostLeases)))")
    }
    parts += list("assigns", response.assigns.map(text))
    parts += list("directives", response.directives.map { "\($0.lease) \(word($0.kind))" })
    parts += list("acks", response.acks.map(text))
    if let ping = response.ping { parts.append("ping \(ping)") }
    if let pong = response.pong { parts.append("pong \(pong)") }
    return parts.isEmpty ? "an empty message" : parts.joined(separator: " ")
  }

  /// At most 48 bytes of it, as text where it is text.
  static func text(of bytes: [UInt8]) -> String {
    let isText = bytes.prefix(48).allSatisfy { (32..<127).contains($0) && $0 != 34 }
    guard isText, bytes.count <= 48 else { return "\(bytes.count) bytes" }
    return "'\(String(decoding: bytes, as: UTF8.self))'"
  }

  // MARK: - Parts

  private static func text(of hello: API.WorkerHello) -> String {
    "hello(name '\(hello.name)', instance '\(hello.instance)', \(hello.kinds.count) kinds, "
      + "\(hello.slots) slots, held \(short(hello.heldLeases)))"
  }

  private static func text(of assign: API.Assign) -> String {
    let spec = assign.task?.spec
    return "\(assign.lease) \(spec?.kind ?? "?") \(text(of: spec?.payload ?? []))"
  }

  private static func text(of beat: API.Beat) -> String {
    var text = beat.lease
    if let progress = beat.progress {
      text += " \(progress.percent.map { "\($0)%" } ?? "progress") '\(progress.step)'"
    }
    if let checkpoint = beat.checkpoint {
      text += " checkpoint \(checkpoint.sequence) \(self.text(of: checkpoint.data))"
    }
    return beat.logLines.isEmpty ? text : text + " \(beat.logLines.count) log lines"
  }

  private static func text(of finish: API.Finish) -> String {
    switch finish.outcome {
    case .result(let result)?: "\(finish.lease) result \(text(of: result.data))"
    case .failure(let failure)?: "\(finish.lease) failure '\(failure.message.prefix(80))'"
    case nil: "\(finish.lease) with neither result nor failure"
    }
  }

  private static func text(of ack: API.Ack) -> String {
    var text = "\(ack.lease) \(ack.accepted ? "accepted" : "not accepted")"
    if ack.checkpointSequence > 0 { text += " checkpoint \(ack.checkpointSequence)" }
    return ack.problem.isEmpty ? text : text + " '\(ack.problem)'"
  }

  private static func word(_ kind: API.DirectiveKind) -> String {
    switch kind {
    case .cancel: "CANCEL"
    case .lost: "LOST"
    case .pause: "PAUSE"
    case .unspecified: "UNSPECIFIED"
    case .unrecognized(let number): "kind \(number)"
    }
  }

  private static func list(_ name: String, _ items: [String]) -> [String] {
    items.isEmpty ? [] : ["\(name)\(short(items))"]
  }

  private static func short(_ items: [String]) -> String {
    let more = items.count > 8 ? ", … \(items.count) in all" : ""
    return "[\(items.prefix(8).joined(separator: ", "))\(more)]"
  }
}
