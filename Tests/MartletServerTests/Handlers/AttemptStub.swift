import MartletServer
import Synchronization

/// Stands for who runs an attempt: keeps what a handler reports.
final class AttemptStub: HandlerLink {
  private let reports = Mutex<[HandlerProgress]>([])
  private let onReport: @Sendable (HandlerProgress) -> Void

  init(onReport: @escaping @Sendable (HandlerProgress) -> Void = { _ in }) {
    self.onReport = onReport
  }

  var reported: [HandlerProgress] { reports.withLock { $0 } }
  var stopReason: HandlerStopReason? { .cancelRequested }

  func report(_ progress: HandlerProgress) {
    reports.withLock { $0.append(progress) }
    onReport(progress)
  }
}

extension HandlerContext {
  /// An attempt at a task with this payload.
  static func attempt(
    _ number: Int = 1, payload: String = "", contentType: String = "application/json",
    link: AttemptStub = AttemptStub()
  ) -> HandlerContext {
    HandlerContext(
      taskID: "0000000000001", kind: "test", pool: "tests", attempt: number,
      payload: Array(payload.utf8), contentType: contentType, link: link)
  }
}

extension TaskHandler {
  /// What the handler makes of the payload, as text.
  func text(of payload: String, attempt: Int = 1) async throws -> String {
    String(decoding: try await run(.attempt(attempt, payload: payload)).data, as: UTF8.self)
  }

  /// How it fails with the payload; nil if it does not.
  func failure(of payload: String, attempt: Int = 1) async -> HandlerFailure? {
    do {
      _ = try await run(.attempt(attempt, payload: payload))
      return nil
    } catch {
      return error
    }
  }
}
