internal import MartletRPC

/// What channels say about themselves.
extension ChannelzMessage {
  static func channel(_ channel: RPCChannelSnapshot) -> GRPCChannelz.Channel {
    .init(
      ref: .init(channelId: Int64(channel.id), name: channel.target),
      data: data(channel.target, channel.state, channel.calls, trace(channel)),
      subchannelRef: channel.subchannels.map(reference))
  }

  static func subchannel(_ subchannel: RPCSubchannelSnapshot) -> GRPCChannelz.Subchannel {
    .init(
      ref: reference(subchannel),
      data: data(
        subchannel.address, subchannel.state, subchannel.calls,
        trace(subchannel.trace) { _ in nil }),
      socketRef: subchannel.connections.map(reference))
  }

  private static func reference(
    _ subchannel: RPCSubchannelSnapshot
  ) -> GRPCChannelz.SubchannelRef {
    .init(subchannelId: Int64(subchannel.id), name: subchannel.address)
  }

  private static func data(
    _ target: String, _ state: RPCConnectivity, _ calls: RPCCallCounts,
    _ trace: GRPCChannelz.ChannelTrace
  ) -> GRPCChannelz.ChannelData {
    .init(
      state: .init(state: self.state(state)), target: target, trace: trace,
      callsStarted: Int64(calls.started), callsSucceeded: Int64(calls.succeeded),
      callsFailed: Int64(calls.failed),
      lastCallStartedTimestamp: timestamp(calls.lastStartedAt))
  }

  private static func state(
    _ state: RPCConnectivity
  ) -> GRPCChannelz.ChannelConnectivityState.State {
    switch state {
    case .idle: .idle
    case .connecting: .connecting
    case .ready: .ready
    case .transientFailure: .transientFailure
    case .shutdown: .shutdown
    }
  }

  // MARK: Traces

  /// Subchannels that are gone have a number in it, and no name.
  private static func trace(_ channel: RPCChannelSnapshot) -> GRPCChannelz.ChannelTrace {
    let names = Dictionary(
      channel.subchannels.map { ($0.id, $0.address) }, uniquingKeysWith: { first, _ in first })
    return trace(channel.trace) { event in
      event.subchannel.map { id in
        .subchannelRef(.init(subchannelId: Int64(id), name: names[id] ?? ""))
      }
    }
  }

  private static func trace(
    _ trace: RPCTrace, child: (RPCTraceEvent) -> GRPCChannelz.ChannelTraceEvent.OneOf_ChildRef?
  ) -> GRPCChannelz.ChannelTrace {
    .init(
      numEventsLogged: Int64(trace.eventsLogged), creationTimestamp: timestamp(trace.createdAt),
      events: trace.events.map { event in
        .init(
          description: event.description, severity: severity(event.severity),
          timestamp: timestamp(event.at), childRef: child(event))
      })
  }

  private static func severity(
    _ severity: RPCTraceEvent.Severity
  ) -> GRPCChannelz.ChannelTraceEvent.Severity {
    switch severity {
    case .info: .ctInfo
    case .warning: .ctWarning
    }
  }
}
