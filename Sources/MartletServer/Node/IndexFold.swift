import MartletAPI
package import MartletCore
import MartletProtobuf
package import MartletStore

/// Turns segments into the net change of the index: a task that came and went since the last
/// transaction is one row, written once.
package struct IndexFold: Sendable {
  package private(set) var catalog: Catalog
  private var batch: IndexBatch
  private var inserts: [TaskID: Int] = [:]
  private var updates: [TaskID: Int] = [:]
  private var touchedPools: Set<PoolID> = []
  private var touchedCounts: Set<Counters.Key> = []
  private var requests: [RememberedRequest.Key: Int] = [:]
  private var knownKinds: Int
  private var policies: [TaskPolicy: [UInt8]] = [:]
  /// Tasks come in runs of the same policy.
  private var newestPolicy: (value: TaskPolicy, bytes: [UInt8])?
  package private(set) var eventCount = 0

  package init(catalog: Catalog) {
    self.catalog = catalog
    batch = IndexBatch(appliedThrough: catalog.revision)
    knownKinds = catalog.kinds.names.count
  }

  package var isEmpty: Bool { eventCount == 0 }

  package mutating func apply(_ segment: SealedSegment) {
    for event in segment.events {
      catalog.evolve(event, at: segment.stamp)
      switch event.body {
      case .task(let change): apply(change, revision: event.revision, at: segment.stamp)
      case .pool(let change): touchedPools.insert(change.pool)
      case .tasksPurged(let purge): apply(purge)
      case .eventsPurged: break
      }
    }
    eventCount += segment.events.count
  }

  /// The change since the last time this was called.
  package mutating func take() -> IndexBatch {
    batch.appliedThrough = catalog.revision
    batch.facts = facts()
    let full = batch
    batch = IndexBatch(appliedThrough: catalog.revision)
    inserts.removeAll(keepingCapacity: true)
    updates.removeAll(keepingCapacity: true)
    requests.removeAll(keepingCapacity: true)
    touchedPools.removeAll(keepingCapacity: true)
    touchedCounts.removeAll(keepingCapacity: true)
    knownKinds = catalog.kinds.names.count
    eventCount = 0
    return full
  }

  // MARK: - Events

  private mutating func apply(_ event: TaskEvent, revision: Revision, at stamp: Stamp) {
    touchedCounts.insert(Counters.Key(pool: event.pool, kind: event.kind))
    touchedPools.insert(event.pool)
    let status = row(event, revision: revision)
    if case .submitted(let submission) = event.change {
      insert(event, submission, status: status, revision: revision, at: stamp)
    } else if let place = inserts[event.task] {
      batch.inserts[place].status = status
    } else if let place = updates[event.task] {
      batch.updates[place].status = status
    } else {
      updates[event.task] = batch.updates.count
      batch.updates.append((event.task, status))
    }
  }

  private mutating func insert(
    _ event: TaskEvent, _ submission: TaskSubmission, status: TaskStatusRow, revision: Revision,
    at stamp: Stamp
  ) {
    inserts[event.task] = batch.inserts.count
    batch.inserts.append(
      TaskRow(
        submission: TaskSubmissionRow(
          id: event.task, pool: event.pool, kind: event.kind, priority: submission.priority,
          createTime: stamp.time, submitRevision: revision, deadline: submission.deadline,
          labels: event.labels, policy: encoded(submission.policy),
          spec: LogAPI.Spec(submission).protobufBytes(), payload: submission.payload),
        status: status))
    guard let request = submission.request else { return }
    if let place = requests[request.key], batch.requests[place].fingerprint == request.fingerprint,
      batch.requests[place].time == stamp.time
    {
      batch.requests[place].tasks.append(event.task)
    } else {
      requests[request.key] = batch.requests.count
      batch.requests.append(
        RememberedRequest(
          key: request.key, fingerprint: request.fingerprint, tasks: [event.task],
          revision: revision, time: stamp.time))
    }
  }

  private mutating func apply(_ purge: TasksPurged) {
    for entry in purge.entries {
      batch.deletes.append(entry.task)
      touchedPools.insert(entry.pool)
      touchedCounts.insert(Counters.Key(pool: entry.pool, kind: entry.kind))
    }
  }

  private func row(_ event: TaskEvent, revision: Revision) -> TaskStatusRow {
    let status = event.status
    var result: [UInt8]?
    if case .succeeded(let value) = event.change { result = LogAPI.Result(value).protobufBytes() }
    return TaskStatusRow(
      state: status.state, attempt: status.attempt, attemptsForgiven: status.attemptsForgiven,
      revision: revision, due: status.due, dueTime: status.dueTime,
      startTime: status.notes?.startTime, finishTime: status.finishTime,
      status: status.notes.map { LogAPI.Notes($0).protobufBytes() } ?? [], result: result)
  }

  private mutating func encoded(_ policy: TaskPolicy) -> [UInt8] {
    if let newestPolicy, newestPolicy.value == policy { return newestPolicy.bytes }
    let bytes = lookUp(policy)
    newestPolicy = (policy, bytes)
    return bytes
  }

  private mutating func lookUp(_ policy: TaskPolicy) -> [UInt8] {
    if let known = policies[policy] { return known }
    if policies.count > 1_000 { policies.removeAll() }
    let bytes = LogAPI.Policy(policy).protobufBytes()
    policies[policy] = bytes
    return bytes
  }

  // MARK: - Facts

  private func facts() -> [String: [UInt8]?] {
    var facts: [String: [UInt8]?] = [:]
    facts["engine"] = CatalogFacts.engine(catalog)
    for kind in knownKinds..<catalog.kinds.names.count {
      facts[CatalogFacts.kindKey(kind)] = Array(catalog.kinds.names[kind].utf8)
    }
    for pool in touchedPools {
      facts.updateValue(
        catalog.pools[pool].map(CatalogFacts.pool), forKey: CatalogFacts.poolKey(pool))
    }
    for key in touchedCounts {
      facts.updateValue(
        catalog.counters.counts[key].map { CatalogFacts.counts($0, kind: key.kind) },
        forKey: CatalogFacts.countsKey(key))
    }
    return facts
  }
}
