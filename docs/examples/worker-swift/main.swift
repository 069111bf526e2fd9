// A worker that serves the kinds which `martlet worker check` asks for. SIGTERM lets it finish what
// it runs, or save and give it back.
import Foundation
import MartletWorker

var handlers = TaskHandlers()

handlers.register("check.echo") { context in
  TaskContent(context.payload, contentType: context.contentType)
}

handlers.register("check.fail") { context in
  throw TaskFailure(code: "CHECK", message: "asked to fail: \(context.text)")
}

// Until it is told to stop, or for so many milliseconds.
handlers.register("check.wait") { context in
  let milliseconds = Int(context.text) ?? 1_000_000_000
  try? await Task.sleep(for: .milliseconds(milliseconds))
  return TaskContent(text: "waited")
}

// The task that sleeps is not the one that is cancelled.
handlers.register("check.stubborn") { context in
  let milliseconds = Int(context.text) ?? 0
  try? await Task { try await Task.sleep(for: .milliseconds(milliseconds)) }.value
  return TaskContent(text: "done")
}

// Goes on from where the attempt before it was.
handlers.register("check.steps") { context in
  guard let count = Int(context.text), count >= 0 else {
    throw TaskFailure(code: "INVALID_PAYLOAD", message: "not a number", isRetryable: false)
  }
  let start = context.checkpoint.flatMap { Int($0.text) } ?? 0
  for step in (start..<max(start, count)).map({ $0 + 1 }) {
    try await Task.sleep(for: .milliseconds(50))
    context.reportProgress(percent: Double(100 * step) / Double(count), step: "step \(step)")
    try await context.saveCheckpoint(TaskContent(text: "\(step)"))
  }
  return TaskContent(text: "\(max(0, count - start))")
}

handlers.register("check.log") { context in
  context.log(context.text)
  return TaskContent()
}

extension TaskContext {
  var text: String { String(decoding: payload, as: UTF8.self) }
}

let environment = ProcessInfo.processInfo.environment
let server = environment["MARTLET_SERVER"] ?? MartletClient.defaultTarget
let slots = environment["SLOTS"].flatMap { Int($0) } ?? 8
let worker = MartletWorker(
  handlers, of: try MartletClient(target: server), name: "swift-example", slots: slots)
try await worker.runUntilSignal()
