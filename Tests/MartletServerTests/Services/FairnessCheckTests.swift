import MartletAPI
import MartletCore
import MartletProtobuf
import MartletStore
import Testing

@testable import MartletServer

@Suite("Fairness keys at the border")
struct FairnessCheckTests {
  private func draft(_ spec: API.TaskSpec) throws(InvalidRequest) -> TaskDraft {
    let request = API.SubmitTaskRequest(pool: "p", spec: spec)
    return try RequestCheck.submission(request, limits: Limits()).drafts[0]
  }

  private func create(_ spec: API.PoolSpec) throws(InvalidRequest) -> PoolSpec {
    try RequestCheck.create(API.CreatePoolRequest(name: "p", spec: spec), limits: Limits()).spec
  }

  @Test("a task that says nothing keeps nothing")
  func plain() throws {
    #expect(try draft(.init(kind: "k")).fairness == nil)
    #expect(try draft(.init(kind: "k", fairnessWeight: 1)).fairness == nil)
    #expect(
      try draft(.init(kind: "k", fairnessKey: "a")).fairness == TaskFairness(key: "a", weight: 1))
    #expect(
      try draft(.init(kind: "k", fairnessWeight: 9)).fairness == TaskFairness(key: "", weight: 9))
  }

  @Test(
    "what is out of range is refused",
    arguments: [
      (API.TaskSpec(kind: "k", fairnessKey: String(repeating: "k", count: 256)), "fairness_key"),
      (API.TaskSpec(kind: "k", fairnessWeight: 0), "fairness_weight"),
      (API.TaskSpec(kind: "k", fairnessWeight: 1_001), "fairness_weight"),
    ])
  func ranges(spec: API.TaskSpec, field: String) {
    #expect(
      fields { () throws(InvalidRequest) in _ = try draft(spec) } == ["spec.\(field)"])
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try create(.init(slots: 1, fairness: .unrecognized(7)))
      } == ["spec.fairness"])
  }

  @Test("a pool's rule is PRIORITY_FIRST if unset, and is shown again")
  func pools() throws {
    #expect(try create(.init(slots: 1)).fairness == .priorityFirst)
    let spec = try create(.init(slots: 1, fairness: .shareFirst))
    #expect(API.PoolSpec(spec).fairness == .shareFirst)
    #expect(LogAPI.PoolSpec(spec).value?.fairness == .shareFirst)
    // As pools were written before there was one.
    var old = LogAPI.PoolSpec(spec)
    old.fairness = 0
    #expect(old.value?.fairness == .priorityFirst)
  }

  @Test("log and index keep key and weight, and filters find the key where it lies")
  func records() throws {
    let fairness = TaskFairness(key: "tenant-7", weight: 3)
    let policy = TaskPolicy(retry: .default, runTimeout: .seconds(9), fairness: fairness)
    let record = LogAPI.Policy(policy)
    #expect(record.value == policy)
    #expect(NoteField.fairnessKey.text(in: record.protobufBytes()) == "tenant-7")
    var draft = TaskDraft(kind: "k")
    draft.fairness = fairness
    #expect(LogAPI.TaskDraft(draft).value == draft)
    #expect(API.TaskSpec(template: draft, isFull: true).fairnessKey == "tenant-7")
    #expect(API.TaskSpec(template: draft, isFull: true).fairnessWeight == 3)
  }
}
