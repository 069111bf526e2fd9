import MartletClient
import MartletFakes
import Testing

@testable import martlet

@Suite("Stories and explanations")
struct StoryTests {
  @Test("trace shows each stretch with its time, and sums up")
  func trace() async throws {
    let failure = API.Failure(
      kind: .handler, code: "NOT_A_FILE", message: "it is a folder", attempt: 1)
    try await CommandWorld.with(FakeNode { _ in .fail(failure) }) { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      await world.run("task", "submit", "p", "file.digest", "{}").isOK()
      let shown = await world.run("task", "trace", "@last")
      #expect(shown.status == .ok)
      #expect(shown.lines.first?.hasPrefix("START") == true)
      #expect(shown.output.contains("SUBMITTED"))
      #expect(
        shown.output.contains(/RUNNING 1 +eve +FAILED HANDLER NOT_A_FILE: it is a folder/))
      #expect(shown.lines.last == "3s in all: queued 1s, ran 2s in 1 attempt")
      let json = await world.run("task", "trace", "@last", "--output", "json")
      #expect(json.output.hasPrefix(#"{"task_id":"0000000000001","state":"FAILED","#))
      #expect(json.output.contains(#""type":"QUEUED""#))
      #expect(json.output.contains(#""outcome":"FAILED""#))
      #expect(json.output.contains(#""queue_wait":"1s""#))
      #expect(await world.run("task", "trace", "0000000000009").status == .notFound)
    }
  }

  @Test("explain says each cause and what would end it")
  func explain() async throws {
    try await CommandWorld.with(FakeNode { _ in .hang }) { world in
      await world.run("pool", "create", "p", "--slots", "1").isOK()
      await world.run("task", "submit", "p", "echo").isOK()
      #expect(await world.run("task", "explain", "@last").output.contains("RUNNING"))
      await world.run("task", "pause", "@last").isOK()
      let shown = await world.run("task", "explain", "@last")
      #expect(shown.lines.first?.hasPrefix("CAUSE") == true)
      #expect(shown.output.contains(/PAUSED +it was paused by ada +ResumeTask/))
      #expect(shown.output.contains(/NO_FREE_SLOT +the pool's one slot is in use +more slots/))
      let json = await world.run("task", "explain", "@last", "-o", "json")
      #expect(json.output.contains(#""type":"NO_FREE_SLOT""#))
      #expect(json.output.contains(#""tasks_ahead":0"#))
    }
  }

  @Test("explain of a pool says how many tasks each cause holds")
  func explainPool() async throws {
    try await CommandWorld.with { world in
      await world.run("pool", "create", "p", "--slots", "2").isOK()
      let free = await world.run("pool", "explain", "p")
      #expect(free.lines.last == "Nothing holds back what it has.")
      await world.run("pool", "pause", "p").isOK()
      let held = await world.run("pool", "explain", "p")
      #expect(held.lines.first == "p is PAUSED: 0 of 2 slots in use, 4 PENDING")
      #expect(held.output.contains(/POOL_PAUSED +4 +the pool p is paused +ResumePool/))
      let json = await world.run("pool", "explain", "p", "-o", "json")
      #expect(json.output.contains(#""tasks":4"#))
      #expect(await world.run("pool", "explain", "none").status == .notFound)
    }
  }
}
