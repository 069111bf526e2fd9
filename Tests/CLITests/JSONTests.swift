import Foundation
import MartletClient
import Testing

@testable import martlet

@Suite("JSON")
struct JSONTests {
  @Test("text is escaped as JSON wants it")
  func escapes() throws {
    let text = "a\"b\\c\n\u{1}\u{7f}ü🦅"
    let json = JSON.array([.string(text)]).text
    let read = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String]
    #expect(read == [text])
    #expect(!json.contains("\n"))
  }

  @Test("a task has its fields in snake case, times as RFC 3339, spans in seconds")
  func task() {
    var spec = API.TaskSpec(kind: "echo", json: "{}", labels: ["b": "2", "a": "1"])
    spec.runTimeout = WellKnown.Duration(.milliseconds(1_500))
    var task = API.Task(id: "t", pool: "p", spec: spec, state: .failed, attempt: 2)
    task.createTime = WellKnown.Timestamp(seconds: 0, nanos: 5)
    task.failure = API.Failure(kind: .handler, code: "NOT_FOUND", message: "no", attempt: 2)
    task.revision = 7
    #expect(
      JSON(task).text
        == #"{"id":"t","pool":"p","state":"FAILED","attempt":2,"spec":{"kind":"echo","#
        + #""payload":"e30=","payload_text":"{}","content_type":"application/json","#
        + #""labels":{"a":"1","b":"2"},"run_timeout":"1.5s"},"failure":{"kind":"HANDLER","#
        + #""code":"NOT_FOUND","message":"no","attempt":2,"retryable":false},"#
        + #""create_time":"1970-01-01T00:00:00.000000005Z","worker":"","actor":"","request_id":"","#
        + #""cancel_reason":"","revision":7}"#)
  }

  @Test("bytes that are no text are base 64 only")
  func bytes() {
    let result = API.TaskResult(data: [0xff, 0x00], contentType: "x/y")
    #expect(JSON(result).text == #"{"data":"/wA=","content_type":"x/y"}"#)
  }

  @Test(
    "spans are written as protobuf's JSON has them",
    arguments: [
      (Duration.zero, "0s"), (.milliseconds(1_500), "1.5s"), (.nanoseconds(1), "0.000000001s"),
      (.milliseconds(-250), "-0.25s"), (.seconds(7_200), "7200s"),
    ])
  func spans(span: Duration, text: String) {
    #expect(JSON(WellKnown.Duration(span)) == .string(text))
  }

  @Test("an event of a pool has no fields of tasks")
  func event() {
    let event = API.Event(
      revision: 3, type: .poolPaused, pool: "p",
      poolChange: API.PoolChange(state: .paused, etag: "e"))
    #expect(
      JSON(event, cursor: "c").text
        == #"{"revision":3,"type":"POOL_PAUSED","pool":"p","actor":"","reason":"","#
        + #""pool_change":{"state":"PAUSED","etag":"e"},"cursor":"c"}"#)
  }
}
