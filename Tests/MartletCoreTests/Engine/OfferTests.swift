import MartletCore
import Testing

@Suite("Offers to workers")
struct OfferTests {
  let world = World()

  init() throws { try world.createPool(slots: 3, retry: RetryPolicy(jitter: 0)) }

  @Test("a task whose kind a worker serves is offered, and runs when the worker accepts")
  func accept() throws {
    let worker = try world.connect("w1", name: "ann").worker
    let task = try world.submitOne(.remote())
    #expect(world.task(task)?.state == .pending)
    #expect(world.newest.words == ["submitted"])
    let offers = world.offers()
    #expect(offers.map(\.lease.task) == [task])
    #expect(offers.map(\.worker) == [worker])
    #expect(try world.pool().inUse == 1)
    #expect(try world.accept(offers).isEmpty)
    #expect(world.newest.words == ["started"])
    #expect(world.task(task)?.notes?.assignment?.worker.name == "ann")
    try world.finish(offers[0].lease, data: [7])
    #expect(world.newest.words == ["succeeded"])
    #expect(try world.pool().inUse == 0)
  }

  @Test("an offer leaves only when what it rests on is durable")
  func durableFirst() throws {
    try world.connect()
    var pipeline = world.pipeline
    let draft = TaskDraft.remote()
    pipeline.run(
      .submit(pool: "p", tasks: [draft], request: nil, history: nil, origin: World.user),
      ticket: nil, at: world.now)
    #expect(pipeline.takeNotices().isEmpty)
    _ = pipeline.seal()
    #expect(pipeline.takeNotices().isEmpty)
    pipeline.segmentDurable()
    #expect(pipeline.takeNotices().count == 1)
  }

  @Test("what is not accepted in time goes to another, and the silent one gets nothing more")
  func lapse() throws {
    let first = try world.connect("w1", credit: 5).worker
    let task = try world.submitOne(.remote())
    let lapsed = world.offers()[0]
    #expect(lapsed.worker == first)
    let second = try world.connect("w2", credit: 1).worker
    world.pass(.milliseconds(1_999))
    #expect(world.offers().isEmpty)
    world.pass(.milliseconds(1))
    let again = world.offers()
    #expect(again.map(\.worker) == [second])
    #expect(again[0].lease.epoch > lapsed.lease.epoch)
    #expect(try world.lost(.accept(first, [lapsed.lease])).map(\.lease) == [lapsed.lease])
    #expect(world.task(task)?.state == .pending)
    #expect(try world.accept(again).isEmpty)
    // It has spoken: it is offered tasks again.
    try world.submitOne(.remote())
    #expect(world.offers().map(\.worker) == [first])
  }

  @Test("a task whose offer lapsed keeps its place in the queue")
  func order() throws {
    let worker = try world.connect(credit: 1).worker
    let tasks = try world.submit(.remote(), .remote(), .remote())
    #expect(world.offers().map(\.lease.task) == [tasks[0]])
    world.pass(.seconds(2))
    try world.run(.worker(.credit(worker, more: 3, seen: nil)))
    #expect(world.offers().map(\.lease.task) == tasks)
  }

  @Test("offers take slots, and credit bounds them")
  func bounds() throws {
    let worker = try world.connect(credit: 2).worker
    try world.submit(.remote(), .remote(), .remote(), .remote(), .remote())
    #expect(world.offers().count == 2)
    try world.run(.worker(.credit(worker, more: 10, seen: nil)))
    #expect(world.offers().count == 1, "the pool has three slots")
    #expect(try world.pool().inUse == 3)
  }

  @Test("credit counts from the offers that the worker has seen")
  func creditRace() throws {
    let worker = try world.connect(credit: 2).worker
    try world.submit(.remote(), .remote())
    #expect(world.offers().count == 2)
    // Written before the two arrived.
    try world.run(.worker(.credit(worker, more: 2, seen: 0)))
    try world.submitOne(.remote())
    #expect(world.offers().isEmpty)
    try world.run(.worker(.credit(worker, more: 1, seen: 2)))
    #expect(world.offers().count == 1)
  }

  @Test("a negative credit is none")
  func negative() throws {
    let worker = try world.connect(credit: 2).worker
    try world.run(.worker(.credit(worker, more: -5, seen: nil)))
    try world.submitOne(.remote())
    #expect(world.offers().isEmpty)
  }

  @Test("a task goes to a worker of its kind and pool that has the labels it asks for")
  func choice() throws {
    try world.createPool("q", slots: 5)
    let gpu = LabelSet(["gpu": "yes", "zone": "a"])
    try world.connect("plain", credit: 9)
    let special = try world.connect("special", labels: gpu, credit: 1).worker
    let other = try world.connect("other", kinds: ["remote", "rare"], pools: ["q"]).worker
    try world.submitOne(.remote(selector: LabelSet(["gpu": "yes"])))
    #expect(world.offers().map(\.worker) == [special])
    try world.submitOne(.remote("rare"))
    #expect(world.offers().isEmpty)
    try world.submitOne(.remote("rare"), to: "q")
    #expect(world.offers().map(\.worker) == [other])
    try world.submitOne(.remote(selector: LabelSet(["gpu": "no"])))
    #expect(world.offers().isEmpty)
  }

  @Test("what nobody serves, and a selector that matches nobody, block no other task")
  func blocksNothing() throws {
    try world.connect(credit: 9)
    try world.submit(.remote("unknown"), .remote(selector: LabelSet(["a": "b"])))
    let task = try world.submitOne(.remote())
    #expect(world.offers().map(\.lease.task) == [task])
  }

  @Test("the worker with the most credit gets the next task")
  func mostCredit() throws {
    let small = try world.connect("small", credit: 1).worker
    let large = try world.connect("large", credit: 3).worker
    try world.submit(.remote(), .remote(), .remote())
    #expect(world.offers().map(\.worker) == [large, large, small])
  }

  @Test("a server's own handler comes first, but not for a task that selects workers")
  func ownHandler() throws {
    let worker = try world.connect(kinds: ["work"]).worker
    try world.submitOne()
    #expect(world.newest.words == ["submitted", "started"])
    try world.submitOne(TaskDraft(kind: "work", selector: .none))
    #expect(world.offers().isEmpty)
    #expect(throws: Never.self) {
      try world.submitOne(TaskDraft(kind: "work", selector: LabelSet(["a": "b"])))
    }
    #expect(world.offers().isEmpty)
    try world.run(.worker(.drain(worker)))
  }

  @Test("a cancelled task is no longer offered, and its late acceptance is refused")
  func cancelled() throws {
    let worker = try world.connect().worker
    let task = try world.submitOne(.remote())
    let offers = world.offers()
    try world.cancel(task)
    #expect(world.newest.words == ["cancelled"])
    #expect(try world.pool().inUse == 0)
    #expect(
      try world.lost(.accept(worker, offers.map(\.lease)))
        == [LostLease(lease: offers[0].lease, attempt: 0)])
  }

  @Test("in a pool that was paused meanwhile an acceptance comes too late")
  func paused() throws {
    try world.connect()
    let task = try world.submitOne(.remote())
    let offers = world.offers()
    try world.run(.pausePool(name: "p", origin: World.user))
    #expect(try world.accept(offers).count == 1)
    #expect(world.task(task)?.state == .pending)
    try world.run(.resumePool(name: "p", origin: World.user))
    #expect(world.offers().map(\.lease.task) == [task])
  }

  @Test("an acceptance at the deadline, or when slots have gone, comes too late")
  func tooLate() throws {
    try world.connect()
    let deadline = world.now.wall + .seconds(1)
    try world.submitOne(TaskDraft(kind: "remote", deadline: deadline))
    let offers = world.offers()
    world.now.elapsed = world.now.elapsed + .seconds(1)
    world.now.wall = deadline
    #expect(try world.accept(offers).count == 1)
    #expect(world.newest.words == ["failed"])
    let spec = PoolSpec(slots: 1, queueCapacity: 9, retry: .init(), runTimeout: .seconds(60))
    try world.submit(.remote(), .remote())
    let two = world.offers()
    try world.run(.updatePool(name: "p", expected: nil, change: { $0 = spec }, origin: World.user))
    #expect(try world.accept(two).count == 1)
    #expect(world.newest.words == ["started"])
  }

  @Test("a worker that was silent and speaks is offered what has waited")
  func speaksAgain() throws {
    let worker = try world.connect(credit: 2).worker
    let task = try world.submitOne(.remote())
    _ = world.offers()
    world.pass(.seconds(2))
    #expect(world.offers().isEmpty)
    _ = try world.lost(.renew(worker, []))
    #expect(world.offers().map(\.lease.task) == [task])
  }

  @Test("slots that workers' tasks take first are not counted on for a full queue")
  func capacity() throws {
    try world.createPool("q", slots: 1, capacity: 1)
    try world.connect(credit: 5)
    #expect(throws: Refusal.queueFull(pool: "q", capacity: 1, waiting: 0)) {
      try world.submit(.remote(), TaskDraft(kind: "work"), to: "q")
    }
  }

  @Test("a draining worker is offered nothing more and finishes what it has")
  func drain() throws {
    let worker = try world.connect().worker
    let task = try world.submitOne(.remote())
    let offers = world.offers()
    try world.accept(offers)
    try world.run(.worker(.drain(worker)))
    try world.submitOne(.remote())
    #expect(world.offers().isEmpty)
    try world.finish(offers[0].lease)
    #expect(world.task(task) == nil)
  }

  @Test("a worker that nobody knows is told so")
  func unknown() throws {
    let id = WorkerID(rawValue: 99)
    for command in [
      WorkerCommand.credit(id, more: 1, seen: nil), .accept(id, []), .renew(id, []), .drain(id),
    ] {
      #expect(throws: Refusal.workerNotFound(id)) { try world.run(.worker(command)) }
    }
    try world.run(.worker(.disconnect(id)))
  }
}
