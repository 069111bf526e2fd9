internal import MartletHTTP2
internal import NIOCore

extension ChannelDriver {
  /// On the loop.
  func snapshot() -> RPCChannelSnapshot {
    let times = LoopTimes(of: loop)
    var bySubchannel: [Int: [ClientConnection]] = [:]
    for connection in draining + connections.values {
      bySubchannel[connection.record.id, default: []].append(connection)
    }
    let all = draining.map(\.record) + record.subchannels.values
    let records = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }.values
      .sorted { $0.id < $1.id }
    var lastCallAt = record.lastCallWaitedAt
    let subchannels = records.map { record in
      let connections = bySubchannel[record.id] ?? []
      var counters = record.past
      for connection in connections { counters.add(connection.counters) }
      lastCallAt = max(lastCallAt, counters.lastStreamAt)
      return record.snapshot(counters, connections.compactMap { $0.snapshot(times) }, times)
    }
    let failed = record.callsFailed
    return RPCChannelSnapshot(
      id: id, target: target, state: record.state,
      calls: RPCCallCounts(
        started: record.callsStarted, succeeded: record.callsStarted - activeCalls - failed,
        failed: failed, lastStartedAt: times.optional(lastCallAt)),
      trace: record.trace.snapshot(times), subchannels: subchannels)
  }
}

extension SubchannelRecord {
  /// `counters`: of all its connections, those that are gone included.
  func snapshot(
    _ counters: ConnectionCounters, _ connections: [RPCConnectionSnapshot], _ times: LoopTimes
  ) -> RPCSubchannelSnapshot {
    let ended = counters.streamsSucceeded + counters.streamsFailed
    return RPCSubchannelSnapshot(
      id: id, address: address, state: state,
      calls: RPCCallCounts(
        started: counters.streamsStarted, succeeded: counters.callsSucceeded,
        // A call may have its status a moment before its stream is closed.
        failed: max(0, ended - counters.callsSucceeded),
        lastStartedAt: times.optional(counters.lastStreamAt)),
      trace: trace.snapshot(times), connections: connections.sorted { $0.id < $1.id })
  }
}

extension ClientConnection {
  /// Nil: it is not open. On the loop.
  func snapshot(_ times: LoopTimes) -> RPCConnectionSnapshot? {
    guard let context else { return nil }
    let isInProcess = record.address.hasPrefix("in-process:")
    func text(_ address: SocketAddress?) -> String {
      isInProcess ? "in-process" : address?.text ?? "unix:"
    }
    return RPCConnectionSnapshot(
      id: socketID, local: text(context.localAddress), remote: text(context.remoteAddress),
      counters, session.windows, security.describe(context.channel), times)
  }
}
