/// `echo`: returns its payload and the payload's content type. With no payload it is the task that
/// does nothing.
package struct EchoHandler: TaskHandler {
  package let kind = "echo"

  package init() {}

  package func run(_ context: HandlerContext) async throws(HandlerFailure) -> HandlerResult {
    HandlerResult(data: context.payload, contentType: context.contentType)
  }
}
