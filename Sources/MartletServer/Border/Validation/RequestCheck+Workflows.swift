import MartletAPI
import MartletCore

struct CheckedWorkflowList: Sendable {
  var name: String
  var states: Set<WorkflowState>
  var pageSize: Int
  /// The last one of the page before.
  var after: WorkflowID?
  /// The state that the first page was read from.
  var first: Revision?
  var hash: UInt64
}

extension RequestCheck {
  private static let weightRange: ClosedRange<Int32> = 1...1_000_000

  static func workflow(
    _ request: API.SubmitWorkflowRequest, limits: Limits
  ) throws(InvalidRequest) -> WorkflowDraft {
    var check = RequestCheck(limits: limits)
    if request.name.isEmpty { check.fail(.request, "name", "must be 1 to 127 bytes") }
    check.text(request.name, bytesMax: 127, .request, "name")
    if !request.pool.isEmpty { check.poolName(request.pool, "pool") }
    let levels = check.levels(request.levels)
    let tasks = check.tasks(request, levels)
    check.text(request.requestId, bytesMax: 127, .request, "request_id")
    try check.conclude()
    return WorkflowDraft(
      name: request.name, levels: levels, toleratesFailures: request.tolerateFailures,
      requestID: request.requestId,
      fingerprint: request.requestId.isEmpty ? 0 : RequestFingerprint.value(request),
      tasks: tasks)
  }

  private mutating func levels(_ specs: [API.WorkflowLevelSpec]) -> [WorkflowLevel] {
    if specs.isEmpty { return [WorkflowLevel(name: "", weight: 1)] }
    if specs.count > limits.workflowLevels {
      fail(
        .request, "levels", "must be at most \(limits.workflowLevels), not \(specs.count)")
    }
    var names: Set<String> = []
    return specs.prefix(limits.workflowLevels).enumerated().map { index, spec in
      let path = FieldPath(root: .levels(index))
      if spec.name.isEmpty { fail(path, "name", "must be 1 to 63 bytes") }
      text(spec.name, bytesMax: 63, path, "name")
      if !names.insert(spec.name).inserted {
        fail(path, "name", "must be one that no other level has")
      }
      let weight = spec.weight.map { number($0, in: Self.weightRange, path, "weight") } ?? 1
      return WorkflowLevel(name: spec.name, weight: UInt32(clamping: weight))
    }
  }

  private mutating func tasks(
    _ request: API.SubmitWorkflowRequest, _ levels: [WorkflowLevel]
  ) -> [WorkflowDraft.Task] {
    let count = request.tasks.count
    guard (1...limits.batchTasks).contains(count) else {
      fail(.request, "tasks", "must be 1 to \(limits.batchTasks) tasks, not \(count)")
      return []
    }
    let places = Dictionary(
      levels.enumerated().map { ($1.name, UInt8(clamping: $0)) },
      uniquingKeysWith: { first, _ in first })
    var lastKind = ""
    var tasks: [WorkflowDraft.Task] = []
    tasks.reserveCapacity(count)
    for (index, task) in request.tasks.enumerated() {
      tasks.append(self.task(task, index, request.pool, places, lastKind: &lastKind))
    }
    var drafts = tasks.map(\.draft)
    dependencies(of: request.tasks.map { $0.spec ?? .init() }, &drafts) {
      FieldPath(root: .workflowSpecs($0))
    }
    for index in tasks.indices { tasks[index].draft = drafts[index] }
    return tasks
  }

  private mutating func task(
    _ task: API.WorkflowTaskSpec, _ index: Int, _ pool: String, _ levels: [String: UInt8],
    lastKind: inout String
  ) -> WorkflowDraft.Task {
    let path = FieldPath(root: .workflowTasks(index))
    let name = task.pool.isEmpty ? pool : task.pool
    if !NameRule.isPool(name) {
      fail(path, "pool", "must be the name of a pool, here or for the workflow")
    }
    var draft = TaskDraft(kind: "")
    if let spec = task.spec {
      draft = self.draft(spec, FieldPath(root: .workflowSpecs(index)), lastKind: &lastKind)
    } else {
      fail(path, "spec", "must be set")
    }
    if draft.unique != nil {
      fail(FieldPath(root: .workflowSpecs(index)), "unique", "must not be set in a workflow")
    }
    let level = task.level.isEmpty ? 0 : levels[task.level]
    if level == nil {
      fail(path, "level", "must be the name of a level, not `\(task.level.shortened)`")
    }
    let weight = task.weight.map { number($0, in: Self.weightRange, path, "weight") } ?? 1
    return WorkflowDraft.Task(
      pool: name, draft: draft, level: level ?? 0, weight: UInt32(clamping: weight))
  }

  static func workflowID(_ text: String, reason: String = "") throws(InvalidRequest) -> WorkflowID {
    var check = RequestCheck(limits: Limits())
    check.reason(reason)
    if WorkflowID(text) == nil {
      check.fail(.request, "id", "must be the id of a workflow: w and a number")
    }
    try check.conclude()
    return WorkflowID(text) ?? WorkflowID(rawValue: 0)
  }

  static func list(
    _ request: API.ListWorkflowsRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedWorkflowList {
    var check = RequestCheck(limits: limits)
    check.text(request.name, bytesMax: 127, .request, "name")
    var states: Set<WorkflowState> = []
    for (index, state) in request.states.enumerated() {
      if let known = UInt8(exactly: state.rawValue).flatMap(WorkflowState.init(rawValue:)) {
        states.insert(known)
      } else {
        check.fail(.request, "states", .index(index), "must be a WorkflowState, and not 0")
      }
    }
    var hash = StableHash.of(request.name, seed: 0x776F_726B_666C_6F77)
    for state in states.map(\.rawValue).sorted() { hash = hash &* 31 &+ UInt64(state) }
    var list = CheckedWorkflowList(
      name: request.name, states: states, pageSize: check.pageSize(request.pageSize), hash: hash)
    if !request.pageToken.isEmpty {
      if let token = PageToken(parsing: request.pageToken, listHash: hash),
        let id = WorkflowID(String(decoding: token.position, as: UTF8.self))
      {
        list.after = id
        list.first = token.first
      } else {
        check.fail(
          .request, "page_token", "must be empty or the token of a page of the same list",
          reason: .pageToken)
      }
    }
    try check.conclude()
    return list
  }
}
