import MartletCore
import MartletServer
import Testing

@Suite("Handlers: echo, fail, sleep")
struct SmallHandlerTests {
  @Test("echo returns payload and content type")
  func echo() async throws {
    let context = HandlerContext.attempt(payload: "\u{0}any bytes", contentType: "text/plain")
    let result = try await EchoHandler().run(context)
    #expect(result == HandlerResult(data: Array("\u{0}any bytes".utf8), contentType: "text/plain"))
  }

  @Test("fail fails as told")
  func fails() async {
    let payload = #"{"code": "BROKEN", "message": "no", "retryable": false}"#
    #expect(
      await FailHandler().failure(of: payload)
        == HandlerFailure(code: "BROKEN", message: "no", retryable: false))
    let unasked = await FailHandler().failure(of: "")
    #expect(unasked?.code == "FAILED")
    #expect(unasked?.retryable == true)
  }

  @Test("fail asks for a delay, names a class, or gives its attempt back")
  func failsWithWishes() async {
    #expect(
      await FailHandler().failure(of: #"{"class": "network", "retry_delay_ms": 250}"#)
        == HandlerFailure(
          code: "FAILED", message: "failed as asked", retryable: true, failureClass: "network",
          retryDelay: .milliseconds(250)))
    #expect(
      await FailHandler().failure(of: #"{"snooze_ms": 0}"#) == .snooze(for: .zero))
    for payload in [
      #"{"retry_delay_ms": -1}"#, #"{"snooze_ms": 86400001}"#, #"{"class": "No Class"}"#,
    ] {
      #expect(await FailHandler().failure(of: payload)?.code == "INVALID_PAYLOAD")
    }
  }

  @Test("fail with times succeeds from the attempt after them")
  func failsSomeTimes() async throws {
    let payload = #"{"times": 2}"#
    #expect(await FailHandler().failure(of: payload, attempt: 1) != nil)
    #expect(await FailHandler().failure(of: payload, attempt: 2) != nil)
    #expect(try await FailHandler().text(of: payload, attempt: 3) == #"{"attempt":3}"#)
  }

  @Test("sleep sleeps as long as told, and reports its steps")
  func sleeps() async throws {
    let link = AttemptStub()
    let start = ContinuousClock.now
    let result = try await SleepHandler().run(
      .attempt(payload: #"{"milliseconds": 20, "steps": 4}"#, link: link))
    #expect(ContinuousClock.now - start >= .milliseconds(20))
    #expect(result == HandlerResult())
    #expect(link.reported.map(\.percent) == [25, 50, 75])
  }

  @Test("sleep ends at once when it is told to stop")
  func sleepIsCancelled() async {
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let link = AttemptStub { _ in start.finish() }
    let context = HandlerContext.attempt(payload: #"{"seconds": 3600, "steps": 1000}"#, link: link)
    let short = HandlerContext.attempt(payload: #"{"milliseconds": 1, "steps": 2}"#, link: link)
    let sleep = Task { () -> Result<HandlerResult, HandlerFailure> in
      do throws(HandlerFailure) {
        _ = try await SleepHandler().run(short)
        return .success(try await SleepHandler().run(context))
      } catch {
        return .failure(error)
      }
    }
    for await _ in started {}
    sleep.cancel()
    #expect(await sleep.value == .failure(.cancelled))
  }

  @Test(
    "sleep refuses what is no length",
    arguments: [
      "", "{}", "[]", "nonsense", #"{"milliseconds": 1, "seconds": 1}"#, #"{"seconds": -1}"#,
      #"{"seconds": 86401}"#, #"{"seconds": 1e300}"#, #"{"seconds": "1"}"#,
      #"{"seconds": 1, "steps": 0}"#, #"{"seconds": 1, "steps": 1001}"#,
    ])
  func sleepRefuses(payload: String) async {
    let failure = await SleepHandler().failure(of: payload)
    #expect(failure?.code == "INVALID_PAYLOAD")
    #expect(failure?.retryable == false)
  }

  @Test("the standard registry knows its kinds, and no others")
  func registry() {
    let registry = HandlerRegistry.standard(fileRoots: .none)
    #expect(registry.kinds == ["echo", "fail", "file.digest", "sleep"])
    #expect(registry.handler(for: "echo") is EchoHandler)
    #expect(registry.handler(for: "ECHO") == nil)
  }
}
