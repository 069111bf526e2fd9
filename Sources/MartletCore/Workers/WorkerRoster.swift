/// The workers of this session, and which of them a task goes to.
struct WorkerRoster: Sendable {
  private(set) var workers: [WorkerID: Worker] = [:]
  private var byInstance: [String: WorkerID] = [:]
  /// Those that serve a kind, in the order in which they came.
  private var byKind: [String: [WorkerID]] = [:]
  private var last: UInt64 = 0

  /// Changed in place: each task that begins or ends changes the set of its worker's tasks.
  subscript(id: WorkerID) -> Worker? {
    _read { yield workers[id] }
    _modify { yield &workers[id] }
  }

  subscript(instance: String) -> Worker? { byInstance[instance].flatMap { workers[$0] } }

  var isEmpty: Bool { workers.isEmpty }

  var all: [Worker] { workers.values.sorted { $0.id < $1.id } }

  /// A worker comes, or comes again: the same instance supersedes its old stream and keeps its
  /// number and its leases.
  mutating func connect(_ hello: WorkerHello, at now: Elapsed) -> (id: WorkerID, isNew: Bool) {
    if let known = byInstance[hello.identity.instance], let old = workers[known] {
      removeKinds(of: old)
      var worker = Worker(id: known, hello, at: now)
      worker.tasks = old.tasks
      insert(worker)
      return (known, false)
    }
    // Never given again, also after a restart: an operator may hold on to one.
    last = max(last + 1, UInt64(clamping: now.nanoseconds / 1_000_000))
    let worker = Worker(id: WorkerID(rawValue: last), hello, at: now)
    byInstance[hello.identity.instance] = worker.id
    insert(worker)
    return (worker.id, true)
  }

  mutating func remove(_ id: WorkerID) {
    guard let worker = workers.removeValue(forKey: id) else { return }
    removeKinds(of: worker)
    if byInstance[worker.identity.instance] == id { byInstance[worker.identity.instance] = nil }
  }

  private mutating func insert(_ worker: Worker) {
    workers[worker.id] = worker
    for kind in worker.kinds { byKind[kind, default: []].append(worker.id) }
  }

  private mutating func removeKinds(of worker: Worker) {
    for kind in worker.kinds {
      byKind[kind]?.removeAll { $0 == worker.id }
      if byKind[kind]?.isEmpty == true { byKind[kind] = nil }
    }
  }

  /// The one with the most credit of those that may have the task; among equals the one that was
  /// offered the least, then the one that came first.
  func choose(kind: String, pool: String, selector: LabelSet) -> WorkerID? {
    guard let candidates = byKind[kind] else { return nil }
    var best: (id: WorkerID, credit: Int, offered: UInt64)?
    for id in candidates {
      guard let worker = workers[id], worker.hindrance == nil,
        worker.mismatch(pool: pool, selector: selector) == nil
      else { continue }
      if let best, (best.credit, worker.offered) >= (worker.credit, best.offered) { continue }
      best = (id, worker.credit, worker.offered)
    }
    return best?.id
  }

  /// Those that serve the kind, in the order in which they came.
  func serving(_ kind: String) -> [Worker] { (byKind[kind] ?? []).compactMap { workers[$0] } }

  func servingCount(_ kind: String) -> Int { byKind[kind]?.count ?? 0 }

  /// Whether anybody who is there, busy or not, would take such a task.
  func isServed(kind: String, pool: String, selector: LabelSet) -> Bool {
    byKind[kind]?.contains {
      workers[$0].map {
        $0.isConnected && $0.mismatch(pool: pool, selector: selector) == nil
      } ?? false
    } ?? false
  }
}
