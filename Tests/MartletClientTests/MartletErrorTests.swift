import MartletClient
import MartletFakes
import Testing

@Suite("MartletError")
struct MartletErrorTests {
  @Test("details become fields")
  func details() {
    let status = FakeNode.status(
      .invalidArgument, "FIELD_INVALID", "the request is not valid",
      violations: [("spec.kind", "must not be empty"), ("spec.priority", "must be 0 to 10")],
      metadata: ["a": "b"])
    let error = MartletError(status, target: "h:1")
    #expect(error.reason == .fieldInvalid)
    #expect(error.violations.map(\.field) == ["spec.kind", "spec.priority"])
    #expect(error.metadata == ["a": "b"])
    #expect(
      error.description
        == "the request is not valid: `spec.kind` must not be empty; `spec.priority` must be 0 to 10."
    )
  }

  @Test("a sentence says what happened and what to do")
  func sentences() {
    let full = MartletError(FakeNode.queueFull(), target: "h:1")
    #expect(full.summary == "The pool \"p\" has no room for that")
    #expect(
      full.description
        == "The pool \"p\" has no room for that: 7 of at most 7 tasks wait; try again later "
        + "(the server asks for 2s).")
    #expect(
      MartletError(FakeNode.unavailable, target: "h:1").description
        == "the server at h:1 cannot be reached (connection refused): start it, or give the "
        + "address of one that runs.")
    #expect(
      MartletError(RPCStatus(code: .deadlineExceeded, message: "x")).description
        == "the time limit passed before the server had answered: allow more time, or see whether "
        + "the server is overloaded.")
    #expect(
      MartletError(RPCStatus(code: .permissionDenied, message: "Not for you.")).description
        == "Not for you.")
  }

  @Test("trouble with a connection names the address once")
  func connectionTrouble() {
    let message = "cannot connect to h:1: connection refused"
    let error = MartletError(RPCStatus(code: .unavailable, message: message), target: "h:1")
    #expect(error.summary == "the server at h:1 cannot be reached (connection refused)")
  }

  @Test("details that are damaged or of another server leave code and message")
  func damagedDetails() {
    let status = RPCStatus(code: .notFound, message: "gone", details: [0xff, 0xff, 0x01])
    let error = MartletError(status)
    #expect(error.code == .notFound)
    #expect(error.reason == nil)
    #expect(error.description == "gone.")
  }

  @Test("a reason of a newer server is kept")
  func newReason() {
    let error = MartletError(FakeNode.status(.aborted, "BRAND_NEW", "no"))
    #expect(error.reason == MartletError.Reason(rawValue: "BRAND_NEW"))
  }
}
