import Logging
import MartletAPI
import MartletCore
import MartletStore

/// What is said to workers, with what they are handed of the tasks that they are offered.
extension Node {
  /// Clients of others refuse messages above 4 MiB.
  private static let messageBytesMax = 1 << 20

  /// In as few messages as it takes.
  func responses(_ items: [WorkerOutbox.Item]) async -> [API.WorkResponse] {
    var responses: [API.WorkResponse] = []
    var response = API.WorkResponse()
    var offers: [Offer] = []
    for item in items {
      switch item {
      case .offer(let offer): offers.append(offer)
      case .directive(let directive): response.directives.append(directive)
      case .ack(let ack): response.acks.append(ack)
      case .ping(let number): response.ping = number
      case .pong(let number): response.pong = number
      }
    }
    var bytes = 0
    for assign in await assigns(offers) {
      let size =
        (assign.task?.roughByteCount ?? 0) + (assign.checkpoint?.data.count ?? 0)
        + assign.dependencies.reduce(100) { $0 + ($1.result?.data.count ?? 0) + 40 }
      if bytes > 0, bytes + size > Self.messageBytesMax {
        responses.append(response)
        response = API.WorkResponse()
        bytes = 0
      }
      bytes += size
      response.assigns.append(assign)
    }
    if response != API.WorkResponse() { responses.append(response) }
    return responses
  }

  /// What cannot be read is not assigned: its offer lapses, and the log says why.
  func assigns(_ offers: [Offer]) async -> [API.Assign] {
    if offers.isEmpty { return [] }
    do {
      let marks = offers.compactMap { offer in
        offer.status.notes?.checkpoint.map { (offer.lease.task, $0) }
      }
      let checkpoints = marks.isEmpty ? [:] : try await checkpoints(marks)
      let found = try await submissions(offers.map { ($0.lease.task, $0.submitRevision) })
      var assigns: [API.Assign] = []
      for offer in offers {
        guard let submitted = found[offer.lease.task] else { continue }
        var assign = API.Assign(
          offer, submitted, checkpoint: checkpoints[offer.lease.task],
          stopTime: stopTime(of: offer))
        let submission = submitted.submission
        if submission.policy.flow?.wantsResults == true, let waited = submission.dependencies {
          assign.dependencies = try await outcomes(of: waited.tasks).map { .init($0) }
        }
        assigns.append(assign)
      }
      return assigns
    } catch {
      logger.error("tasks could not be read for their workers: \(error)")
      return []
    }
  }

  private func stopTime(of offer: Offer) -> WallTime? {
    offer.stopAt == .never ? nil : NodeClock.wall + (offer.stopAt - clock.elapsed)
  }
}
