import MartletAPI
import MartletClient

let martlet = try MartletClient(target: "127.0.0.1:7411")
let task = try await martlet.tasks.submit(
  API.TaskSpec(kind: "echo", payload: Array("hello".utf8)), to: "mails")
let ended = try await martlet.tasks.waitUntilEnded(task.value.id)
print(ended.id, ended.state, String(decoding: ended.result?.data ?? [], as: UTF8.self))

let feed = martlet.watchEvents(
  from: .beginning, filter: EventFilter(pools: ["mails"]), untilNow: true)
for try await event in feed { print(event.revision, event.type, event.taskId) }
await martlet.close()
