import MartletClient
import MartletCore
import MartletServer
import Testing

/// What those saw who held a lock.
private actor Tally {
  private(set) var tokens: [UInt64] = []
  private(set) var most = 0
  private var inside = 0

  func enter(_ token: UInt64) {
    inside += 1
    most = max(most, inside)
    tokens.append(token)
  }

  func leave() { inside -= 1 }
}

@Suite("Locks through the client", .serialized, .timeLimit(.minutes(2)))
struct LockTests {
  @Test("one holds at a time, and tokens rise", arguments: StoreKind.allCases)
  func oneAtATime(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let locks = world.client.locks
      let tally = Tally()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<20 {
          group.addTask {
            try await locks.withLock("l") { lock in
              await tally.enter(lock.token)
              try await Task.sleep(for: .milliseconds(5))
              await tally.leave()
            }
          }
        }
        try await group.waitForAll()
      }
      let tokens = await tally.tokens
      #expect(await tally.most == 1)
      #expect(tokens == Set(tokens).sorted() && tokens.count == 20)
      #expect(try await locks.list().locks.isEmpty)
    }
  }

  @Test("what is thrown under a lock releases it, and what is held is refused")
  func refusals() async throws {
    try await World.run(on: .memory) { world in
      let locks = world.client.locks
      let lock = try await locks.acquire("l", owner: "a").value
      let held = await #expect(throws: MartletError.self) {
        try await locks.withLock("l", wait: .zero) { _ in }
      }
      #expect(held?.reason == .lockHeld && held?.metadata["owner"] == "a")
      #expect(try await locks.get("l").value.token == lock.token)
      try await locks.release("l", owner: "a", token: lock.token)
      await #expect(throws: CancellationError.self) {
        try await locks.withLock("l") { _ in throw CancellationError() }
      }
      let gone = await #expect(throws: MartletError.self) { try await locks.get("l") }
      #expect(gone?.reason == .lockNotFound)
    }
  }

  @Test("a lock that is lost cancels what is done under it")
  func lost() async throws {
    try await World.run(on: .memory) { world in
      let locks = world.client.locks
      let start = ContinuousClock.now
      let error = await #expect(throws: MartletError.self) {
        try await locks.withLock("l", lease: .seconds(3)) { _ in
          try await locks.breakLock("l", reason: "test")
          try await Task.sleep(for: .seconds(60))
        }
      }
      #expect(error?.reason == .lockNotHeld && ContinuousClock.now - start < .seconds(30))
    }
  }

  @Test("a call that is cancelled while it waits leaves the line")
  func cancelled() async throws {
    try await World.run(on: .memory) { world in
      let locks = world.client.locks
      let lock = try await locks.acquire("l", owner: "a").value
      let waiting = Task { try await locks.acquire("l", owner: "b", wait: .seconds(60)) }
      while try await locks.get("l").value.waiters == 0 {
        try await Task.sleep(for: .milliseconds(5))
      }
      waiting.cancel()
      while try await locks.get("l").value.waiters > 0 {
        try await Task.sleep(for: .milliseconds(5))
      }
      try await locks.release("l", owner: "a", token: lock.token)
      #expect(try await locks.acquire("l", owner: "c").value.owner == "c")
    }
  }

  @Test("a stream holds a lock while it is read")
  func stream() async throws {
    try await World.run(on: .memory) { world in
      let locks = world.client.locks
      var tokens: [UInt64] = []
      for try await lock in locks.hold("l", owner: "a", lease: .seconds(3)) {
        tokens.append(lock.token)
        if tokens.count == 3 { break }
      }
      #expect(Set(tokens).count == 1)
      let next = try await locks.acquire("l", owner: "b", wait: .seconds(60)).value
      #expect(next.token > tokens[0])
    }
  }

  @Test("a restart takes no lock away")
  func restart() async throws {
    try await World.run(on: .sqlite) { world in
      let lock = try await world.client.locks.acquire("l", owner: "a", lease: .seconds(60)).value
      try await world.restart()
      let renewed = try await world.client.locks.renew("l", owner: "a", token: lock.token).value
      #expect(renewed.token == lock.token && renewed.acquireTime == lock.acquireTime)
    }
  }
}
