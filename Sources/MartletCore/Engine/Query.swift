/// What somebody wants to see of the live state.
package enum Query: Sendable {
  case pool(String)
  case pools
  case task(TaskID)
  case tasks([TaskID])
  /// The small half of the state: names, pools, counters.
  case catalog
  /// All workers, or one.
  case workers
  case worker(WorkerID)
}

/// What was seen; it may be told once the revision it was seen at is durable.
package enum Sight: Sendable {
  case pool(PoolView)
  case pools([PoolView])
  case task(TaskView?)
  case tasks([TaskView])
  case catalog(Catalog)
  case workers([Worker])
}

extension Engine {
  package func see(_ query: Query, at now: Elapsed) throws(Refusal) -> Sight {
    switch query {
    case .pool(let name):
      let pool = try pool(named: name)
      guard let view = view(pool: pool.id, at: now) else { throw .poolNotFound(name) }
      return .pool(view)
    case .pools:
      return .pools(
        catalog.poolsByName.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
          .compactMap { view(pool: $0.value, at: now) })
    case .task(let id): return .task(view(task: id))
    case .tasks(let ids): return .tasks(ids.compactMap { view(task: $0) })
    case .catalog: return .catalog(catalog)
    case .workers: return .workers(workers)
    case .worker(let id):
      guard let worker = state.session.roster[id] else { throw .workerNotFound(id) }
      return .workers([worker])
    }
  }
}
