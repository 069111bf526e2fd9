import MartletAPI
import MartletCore
import Testing

@testable import MartletServer

@Suite("The check of an UpdateTask")
struct UpdateCheckTests {
  static let now = WallTime(nanoseconds: 1_767_225_600_000_000_000)
  static let id = TaskID(rawValue: 77).description

  private func fields(_ request: API.UpdateTaskRequest) -> [String] {
    do throws(InvalidRequest) {
      _ = try RequestCheck.update(request, now: Self.now, limits: Limits())
      return []
    } catch {
      return error.violations.map(\.field)
    }
  }

  private func change(
    _ fields: API.UpdateTaskFields?, _ paths: String...
  ) throws -> TaskUpdate {
    try RequestCheck.update(
      .init(id: Self.id, task: fields, updateMask: .init(paths: paths)), now: Self.now,
      limits: Limits()
    ).change
  }

  @Test("finds everything that is wrong at once")
  func findsAll() {
    #expect(fields(.init(id: Self.id)) == ["update_mask"])
    let request = API.UpdateTaskRequest(
      id: "x", task: .init(priority: 11, dueTime: .init(seconds: 0, nanos: -1), labels: ["": ""]),
      updateMask: .init(paths: ["priority", "state", "labels", "due_time"]),
      reason: String(repeating: "r", count: 1_025))
    #expect(
      fields(request) == [
        "id", "update_mask.paths[1]", "task.priority", "task.due_time", "task.labels[\"\"]",
        "reason",
      ])
  }

  @Test("takes due times of up to ten years from now, and any past one")
  func dueTimes() throws {
    let seconds = Self.now.nanoseconds / 1_000_000_000
    let latest = seconds + 3_653 * 86_400
    for (second, isGood) in [
      (latest, true), (latest + 1, false), (9_000_000_000, false), (Int64.max, false),
      (0, true), (-62_135_596_800, true),
    ] {
      let request = API.UpdateTaskRequest(
        id: Self.id, task: .init(dueTime: .init(seconds: second)),
        updateMask: .init(paths: ["due_time"]))
      #expect(fields(request) == (isGood ? [] : ["task.due_time"]))
    }
  }

  @Test("changes what the mask names, and looks at nothing else")
  func followsMask() throws {
    let given = API.UpdateTaskFields(priority: 99, labels: ["a": "b"])
    #expect(try change(given, "labels", "labels") == TaskUpdate(labels: LabelSet(["a": "b"])))
    let nothing = TaskUpdate(priority: 5, due: .now, labels: LabelSet.none)
    #expect(try change(nil, "*") == nothing)
    #expect(try change(.init(priority: 0), "priority") == TaskUpdate(priority: 0))
  }
}
