import MartletWorkerCheck
import Synchronization

/// Starts reference workers within this process.
final class ReferenceLauncher: WorkerLauncher {
  let flaw: Flaw?
  private let count = Atomic<Int>(0)

  init(_ flaw: Flaw? = nil) { self.flaw = flaw }

  func launch(server: String) throws -> any LaunchedWorker {
    let number = count.wrappingAdd(1, ordering: .relaxed).newValue
    return LaunchedReference(server: server, flaw: flaw, number: number)
  }
}

private final class LaunchedReference: LaunchedWorker {
  private let worker: ReferenceWorker
  private let life: Task<Void, Never>
  private let exit: Task<Int32, Never>
  private let end: AsyncStream<Int32>.Continuation

  init(server: String, flaw: Flaw?, number: Int) {
    let (ends, end) = AsyncStream.makeStream(of: Int32.self)
    let worker = ReferenceWorker(target: server, flaw: flaw, number: number, end: end)
    self.end = end
    self.worker = worker
    life = Task { await worker.run() }
    exit = Task { await ends.first { _ in true } ?? 137 }
  }

  func terminate() { Task { await worker.terminate() } }

  func kill() {
    life.cancel()
    end.yield(137)
    end.finish()
  }

  func waitForExit() async -> Int32 { await exit.value }

  var output: String { "" }
}
