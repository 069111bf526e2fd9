import MartletClient
import MartletCore
import MartletServer
import Testing

extension World {
  fileprivate func listed(_ filter: String) async throws -> [API.Task] {
    try await tasks.list(filter: filter).reduce(into: []) { $0.append($1.asChanged) }
  }

  fileprivate func got(_ id: String) async throws -> API.Task {
    try await tasks.get(id, view: .basic).value.asChanged
  }
}

extension API.Task {
  /// Without what only a look says.
  fileprivate var asChanged: Self {
    var task = self
    task.waitingFor = ""
    return task
  }
}

@Suite("UpdateTask", .serialized, .timeLimit(.minutes(2)))
struct UpdateTests {
  @Test(
    "changes priority, due time and labels of a waiting task, wherever it is looked at",
    arguments: StoreKind.allCases)
  func changes(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let id = try await world.tasks.submit(.unserved, to: "work").id
      let due = WellKnown.Timestamp(seconds: 2_000_000_000)
      let told = try await world.tasks.update(
        id, priority: 9, dueTime: due, labels: ["customer": "7"], reason: "urgent"
      ).value
      #expect(told.state == .scheduled && told.dueTime == due)
      #expect(told.spec?.priority == 9 && told.spec?.labels == ["customer": "7"])
      #expect(try await world.got(id) == told)
      let filter = "labels.customer = \"7\" AND priority = 9"
      #expect(try await world.listed(filter) == [told])
      let event = try #require(try await world.events(.init(types: [.taskUpdated])).first)
      #expect(event.labels == ["customer": "7"] && event.priority == 9 && event.dueTime == due)
      #expect(event.actor == "tester" && event.reason == "urgent")
      #expect(event.state == .scheduled && event.revision == told.revision)
      try await world.restart()
      #expect(try await world.got(id) == told)
      #expect(try await world.listed(filter) == [told])
      let ended = try await world.tasks.cancel(id).value
      #expect(ended.spec?.priority == 9 && ended.spec?.labels == ["customer": "7"])
      #expect(try await world.tasks.waitUntilEnded(id, view: .basic) == ended)
      let again = try await world.tasks.retry(id).value
      #expect(again.spec?.priority == 9 && again.spec?.labels == ["customer": "7"])
    }
  }

  @Test("is seen by who waits for the task", arguments: StoreKind.allCases)
  func waits(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let id = try await world.tasks.submit(.unserved, to: "work").id
      var isChanged = false
      for try await task in world.tasks.wait(id) {
        if task.state.isTerminal {
          #expect(task.spec?.labels == ["a": "b"] && task.spec?.priority == 0)
        } else if isChanged {
          #expect(task.spec?.labels == ["a": "b"] && task.spec?.priority == 0)
          try await world.tasks.cancel(id)
        } else {
          isChanged = true
          try await world.tasks.update(id, priority: 0, labels: ["a": "b"])
        }
      }
      #expect(isChanged)
    }
  }

  @Test(
    "refuses what is wrong, naming the field, and changes nothing", arguments: StoreKind.allCases)
  func refuses(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let task = try await world.tasks.submit(.unserved, to: "work").value
      let wrong = try await refusal {
        try await world.tasks.update(
          task.id, priority: 11, dueTime: .init(seconds: 9_000_000_000), labels: ["": ""])
      }
      #expect(wrong.reason == .fieldInvalid)
      #expect(
        wrong.violations.map(\.field) == ["task.priority", "task.due_time", "task.labels[\"\"]"])
      let changed = try await refusal {
        try await world.tasks.update(task.id, priority: 1, ifRevision: task.revision + 1)
      }
      #expect(changed.code == .aborted && changed.reason == .revisionMismatch)
      #expect(try await world.tasks.get(task.id, view: .basic).value.revision == task.revision)
      let ended = try await world.tasks.cancel(task.id).value
      let late = try await refusal { try await world.tasks.update(task.id, priority: 1) }
      #expect(late.code == .failedPrecondition && late.reason == .taskTerminal)
      #expect(try await world.tasks.get(task.id, view: .basic).value == ended)
      let nowhere = try await refusal {
        try await world.tasks.update("0000000000077", priority: 1)
      }
      #expect(nowhere.reason == .taskNotFound)
    }
  }

  @Test("refuses a task that runs", arguments: StoreKind.allCases)
  func running(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let id = try await world.started(.gate)
      let refused = try await refusal { try await world.tasks.update(id, priority: 1) }
      #expect(refused.code == .failedPrecondition && refused.reason == .taskRunning)
      gate.open()
    }
  }
}
