import MartletServer

/// `report`: says how far it is, once, and ends.
struct ReportHandler: TaskHandler {
  let kind = "report"

  func run(_ context: HandlerContext) async throws(HandlerFailure) -> HandlerResult {
    context.report(
      HandlerProgress(percent: 40, step: "reading", counters: ["bytes": 4_096, "files": 2]))
    return HandlerResult()
  }
}
