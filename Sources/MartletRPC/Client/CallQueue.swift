/// Calls that wait for a connection or for room on one, in their order.
struct CallQueue {
  private var calls: ContiguousArray<ClientCall> = []
  private var start = 0

  var isEmpty: Bool { start == calls.count }

  /// Somebody still waits.
  var hasWaitingCalls: Bool { calls[start...].contains { !$0.isFinished } }

  mutating func append(_ call: ClientCall) { calls.append(call) }

  /// Takes calls off the front for as long as `send` takes them.
  mutating func sendWhile(_ send: (ClientCall) -> Bool) {
    while start < calls.count, send(calls[start]) { start += 1 }
    if start == calls.count {
      calls.removeAll(keepingCapacity: calls.count < 4096)
      start = 0
    } else if start > 1024, start > calls.count / 2 {
      calls.removeFirst(start)
      start = 0
    }
  }

  mutating func takeAll() -> ContiguousArray<ClientCall> {
    defer {
      calls = []
      start = 0
    }
    return ContiguousArray(calls[start...])
  }

  /// Takes out the calls that do not wait for a connection.
  mutating func takeImpatient() -> [ClientCall] {
    let waiting = takeAll().filter { !$0.isFinished }
    calls = ContiguousArray(waiting.filter(\.options.waitForReady))
    return waiting.filter { !$0.options.waitForReady }
  }
}
