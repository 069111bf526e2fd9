/// A worker's number in this process of the server.
package struct WorkerID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static func < (a: WorkerID, b: WorkerID) -> Bool { a.rawValue < b.rawValue }
}

/// What a worker says of itself when it comes.
package struct WorkerHello: Hashable, Sendable {
  package var identity: WorkerIdentity
  /// The kinds that it serves; not empty.
  package var kinds: Set<String>
  /// The pools that it takes tasks of; empty: all.
  package var pools: Set<String>
  /// What tasks may select workers by.
  package var labels: LabelSet
  /// How many attempts it makes at once, for people: what it gets, its credit says.
  package var slots: Int
  /// What it runs already, all of it; nil: it does not say, and keeps what it has.
  package var held: [Lease]?

  package init(
    identity: WorkerIdentity, kinds: Set<String>, pools: Set<String> = [],
    labels: LabelSet = .none, slots: Int, held: [Lease]? = []
  ) {
    self.identity = identity
    self.kinds = kinds
    self.pools = pools
    self.labels = labels
    self.slots = slots
    self.held = held
  }
}

/// What the engine knows of a worker in this session.
package struct Worker: Hashable, Sendable {
  package let id: WorkerID
  package internal(set) var identity: WorkerIdentity
  package internal(set) var kinds: Set<String>
  package internal(set) var pools: Set<String>
  package internal(set) var labels: LabelSet
  package internal(set) var slots: Int
  /// Leases that it may be offered beside those it has been.
  package internal(set) var credit = 0
  /// Offers that were made on its stream, in all.
  package internal(set) var offered: UInt64 = 0
  /// It asks for nothing more; what it has it finishes.
  package internal(set) var isDraining = false
  /// Its stream stands.
  package internal(set) var isConnected = true
  /// It let an offer lapse and has said nothing since.
  package internal(set) var isSilent = false
  package internal(set) var connectedAt: Elapsed
  package internal(set) var heardAt: Elapsed
  /// The tasks that it holds leases of, offers not included.
  package internal(set) var tasks: Set<TaskID> = []

  init(id: WorkerID, _ hello: WorkerHello, at now: Elapsed) {
    self.id = id
    identity = hello.identity
    kinds = hello.kinds
    pools = hello.pools
    labels = hello.labels
    slots = hello.slots
    connectedAt = now
    heardAt = now
  }
}
