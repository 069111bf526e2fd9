/// What somebody wants to see of the live state.
package enum Query: Sendable {
  case pool(String)
  case pools
  case task(TaskID)
  case tasks([TaskID])
  /// Why a task does not run, or what holds a pool back.
  case explainTask(TaskID)
  case explainPool(String)
  /// As `tasks`, with the cause that each waits for.
  case waitingTasks([TaskID])
  /// The small half of the state: names, pools, counters.
  case catalog
  /// All workers, or one.
  case workers
  case worker(WorkerID)
  /// All operations on many tasks, newest first, or one.
  case bulks
  case bulk(BulkID)
  case workflow(WorkflowID)
  /// How long the newest workflows of that name took that succeeded.
  case workflowDurations(String, limit: Int)
  /// All groups, by name, or one.
  case groups
  case group(String)
  case schedule(String)
  case schedules(ScheduleListing)
  case lock(String)
  case locks(LockListing)
  /// With the state of one key.
  case limit(String, key: String)
  case limits(LimitListing)
  /// What a command would be refused for; nothing is changed.
  case rehearsal(Command)
}

/// What was seen; it may be told once the revision it was seen at is durable.
package enum Sight: Sendable {
  indirect case pool(PoolView)
  case pools([PoolView])
  case task(TaskView?)
  case tasks([TaskView])
  /// nil of a task that is not live.
  indirect case explanation(TaskExplanation?)
  indirect case poolExplanation(PoolExplanation)
  indirect case catalog(Catalog)
  case workers([Worker])
  case bulks([BulkRecord])
  indirect case workflow(WorkflowRecord)
  case spans([Span])
  case groups([GroupView])
  indirect case schedule(ScheduleRecord)
  case schedules(SchedulePage)
  case lock(LockView)
  case locks(LockPage)
  indirect case limit(LimitView)
  case limits(LimitPage)
  case rehearsed
}

extension Engine {
  package func see(_ query: Query, at now: Instant) throws(Refusal) -> Sight {
    switch query {
    case .pool(let name):
      let pool = try pool(named: name)
      guard let view = view(pool: pool.id, at: now.elapsed) else { throw .poolNotFound(name) }
      return .pool(view)
    case .pools:
      return .pools(
        catalog.poolsByName.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
          .compactMap { view(pool: $0.value, at: now.elapsed) })
    case .task(let id):
      var looks = WorkerLooks()
      return .task(view(task: id, at: now, &looks))
    case .tasks(let ids): return .tasks(ids.compactMap { view(task: $0) })
    case .explainTask(let id): return .explanation(explain(id, at: now))
    case .explainPool(let name):
      return .poolExplanation(explain(pool: try pool(named: name), at: now))
    case .waitingTasks(let ids):
      var looks = WorkerLooks()
      return .tasks(ids.compactMap { view(task: $0, at: now, &looks) })
    case .catalog: return .catalog(catalog)
    case .workers: return .workers(workers)
    case .worker(let id):
      guard let worker = state.session.roster[id] else { throw .workerNotFound(id) }
      return .workers([worker])
    case .bulks: return .bulks(catalog.bulks.all)
    case .bulk(let id):
      guard let record = catalog.bulks[id] else { throw .bulkNotFound(id) }
      return .bulks([record])
    case .workflow(let id):
      guard let record = catalog.workflows[id] else { throw .workflowNotFound(id) }
      return .workflow(record)
    case .workflowDurations(let name, let limit):
      return .spans(catalog.workflows.durations(of: name, limit: limit))
    case .groups: return .groups(groupViews())
    case .group(let name): return .groups([view(of: try group(named: name))])
    case .schedule(let name): return .schedule(try schedule(named: name))
    case .schedules(let listing): return .schedules(catalog.schedules.page(listing))
    case .lock(let name): return .lock(try see(lock: name, at: now.elapsed))
    case .locks(let listing): return .locks(see(listing, at: now.elapsed))
    case .limit(let name, let key):
      return .limit(try see(limit: name, key: key, at: now.elapsed))
    case .limits(let listing): return .limits(see(listing, at: now.elapsed))
    case .rehearsal(let command):
      _ = try decide(command, at: now)
      return .rehearsed
    }
  }
}
