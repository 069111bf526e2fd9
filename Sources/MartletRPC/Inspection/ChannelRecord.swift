/// What a channel keeps for whoever looks inside: its calls, the states in which it and its
/// subchannels were seen, and what became of them. Told the time, in nanoseconds of the loop's
/// clock.
struct ChannelRecord {
  var callsStarted = 0
  var callsFailed = 0
  /// When a call last began that could not be sent at once; connections know of the others.
  var lastCallWaitedAt: UInt64 = 0
  private(set) var state = RPCConnectivity.idle
  private(set) var trace: TraceLog
  /// By the machine's numbers.
  private(set) var subchannels: [Int: SubchannelRecord] = [:]

  init(_ machine: ChannelMachine, target: String, at now: UInt64) {
    trace = TraceLog(at: now)
    trace.add(.init(text: "created for \(target)", at: now))
    note(machine, because: nil, at: now)
  }

  /// Writes down what has changed since the last time. The clock is read only if something has.
  /// `reason`: why something that was there is there no more.
  mutating func note(
    _ machine: ChannelMachine, because reason: String?, at now: @autoclosure () -> UInt64
  ) {
    for subchannel in machine.subchannels {
      let state = machine.isClosed ? .shutdown : subchannel.connectivity
      if let record = subchannels[subchannel.id] {
        record.note(state, because: reason, at: now())
      } else {
        add(subchannel, at: now())
      }
    }
    if subchannels.count > machine.subchannels.count { dropUnknown(to: machine, at: now()) }
    let new = machine.connectivity
    guard new != state else { return }
    let why = new.mayBe(because: reason ?? machine.failure, after: state)
    trace.add(from: state, to: new, because: why, at: now())
    state = new
  }

  private mutating func add(_ subchannel: Subchannel, at now: UInt64) {
    let record = SubchannelRecord(address: subchannel.address, at: now)
    subchannels[subchannel.id] = record
    trace.add(
      .init(text: "subchannel for \(record.address) created", at: now, subchannel: record.id))
    record.note(subchannel.connectivity, because: nil, at: now)
  }

  private mutating func dropUnknown(to machine: ChannelMachine, at now: UInt64) {
    let known = Set(machine.subchannels.map(\.id))
    for (id, record) in subchannels.sorted(by: { $0.key < $1.key }) where !known.contains(id) {
      record.note(.shutdown, because: nil, at: now)
      subchannels[id] = nil
      trace.add(
        .init(text: "subchannel for \(record.address) removed", at: now, subchannel: record.id))
    }
  }
}

/// The same for a subchannel, for as long as it or a connection of it is there.
///
/// Touched on its channel's loop only.
final class SubchannelRecord {
  let id = InspectionID.next()
  let address: String
  /// What its connections had done that are gone.
  var past = ConnectionCounters()
  private(set) var state = RPCConnectivity.idle
  private(set) var trace: TraceLog

  init(address: RPCAddress, at now: UInt64) {
    self.address = address.text
    trace = TraceLog(at: now)
    trace.add(.init(text: "created for \(self.address)", at: now))
  }

  func note(_ new: RPCConnectivity, because reason: String?, at now: @autoclosure () -> UInt64) {
    guard new != state else { return }
    trace.add(from: state, to: new, because: new.mayBe(because: reason, after: state), at: now())
    state = new
  }
}

extension RPCConnectivity {
  /// The reason, if it is one for this state: a connection was lost, or could not be made.
  fileprivate func mayBe(because reason: String?, after old: RPCConnectivity) -> String? {
    self == .transientFailure || self != .ready && (old == .ready || old == .connecting)
      ? reason : nil
  }
}

extension RPCAddress {
  /// In the form that is read.
  fileprivate var text: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    case .inProcess(let name): "in-process:\(name)"
    }
  }
}
