import MartletAPI
import MartletCore
import MartletRPC
import MartletStore
import Synchronization

/// Turns what a worker says into commands, and their answers into acknowledgements.
final class WorkerDesk: Sendable {
  let outbox: WorkerOutbox
  private let node: Node
  private let id: WorkerID
  private let heardAt: Atomic<Int64>

  init(node: Node, id: WorkerID, outbox: WorkerOutbox) {
    self.node = node
    self.id = id
    self.outbox = outbox
    heardAt = Atomic(MonotonicTime.now)
  }

  /// In the order of the fields' numbers.
  func take(_ request: API.WorkRequest) {
    heardAt.store(MonotonicTime.now, ordering: .relaxed)
    if !request.accepts.isEmpty { accept(request.accepts.map(\.lease)) }
    if !request.beats.isEmpty { beat(request.beats) }
    if !request.finishes.isEmpty {
      node.settle(request.finishes) { [self] acks in answer(acks.map { .ack($0) }) }
    }
    for release in request.releases { take(release) }
    if let credit = request.credit { take(credit) }
    if request.draining { post(.drain(id)) }
    if let number = request.ping { outbox.add(.pong(number)) }
  }

  /// Sends a sign of life every so often; throws when the worker has given none for long.
  func watch(every interval: Duration) async throws {
    let patience = 4 * Int64(interval / .nanoseconds(1))
    var number: UInt64 = 0
    while !Task.isCancelled {
      do { try await Task.sleep(for: interval) } catch { return }
      if MonotonicTime.now - heardAt.load(ordering: .relaxed) > patience {
        throw RPCStatus(
          code: .deadlineExceeded, message: "The worker said nothing for too long.")
      }
      number += 1
      outbox.add(.ping(number))
    }
  }

  private func answer(_ items: [WorkerOutbox.Item]) {
    node.workers.answer(items, by: outbox)
  }

  private func post(_ command: WorkerCommand) { node.post(.worker(command)) }

  private func take(_ credit: API.Credit) {
    guard (0...10_000).contains(credit.more) else {
      let problem = "credit.more must be 0 to 10000, not \(credit.more)"
      return outbox.add(.ack(.refused("", problem)))
    }
    post(.credit(id, more: Int(credit.more), seen: credit.received))
  }

  // MARK: - Leases

  private func accept(_ texts: [String]) {
    let leases = readable(texts)
    guard !leases.isEmpty else { return }
    node.ask(.worker(.accept(id, leases))) { [self] content in
      if case .answer(.leases(let report)) = content {
        answer(report.lost.map { .ack(.lost($0)) })
      }
    }
  }

  private func beat(_ beats: [API.Beat]) {
    let leases = readable(beats.map(\.lease))
    guard !leases.isEmpty else { return }
    node.ask(.worker(.renew(id, leases))) { [self] content in
      if case .answer(.leases(let report)) = content {
        answer(
          report.lost.map { .directive(.lost($0.lease)) } + WorkerOutbox.items(for: report))
      }
    }
    for beat in beats {
      guard let lease = Lease(beat.lease) else { continue }
      node.note(beat, of: lease)
      if let checkpoint = beat.checkpoint {
        node.settle(checkpoint, of: beat.lease) { [self] in answer([.ack($0)]) }
      }
    }
  }

  private func readable(_ texts: [String]) -> [Lease] {
    texts.compactMap { text in
      if let lease = Lease(text) { return lease }
      outbox.add(.ack(.refused(text.prefixed(bytes: 64), "no lease of this server")))
      return nil
    }
  }

  private func take(_ release: API.Release) {
    node.settle(release) { [self] in answer([.ack($0)]) }
  }
}
