internal import MartletClient

extension JSON {
  init(_ worker: API.Worker) {
    var fields: [Field] = []
    fields.add("id", worker.id)
    fields.add("name", worker.name)
    fields.add("instance", worker.instance)
    fields.append(Field("kinds", .array(worker.kinds.map { .string($0) })))
    fields.append(Field("pools", .array(worker.pools.map { .string($0) })))
    fields.append(Field("labels", JSON(worker.labels)))
    fields.add("slots", .integer(Int64(worker.slots)))
    fields.add("credit", .integer(Int64(worker.credit)))
    fields.append(Field("tasks", .array(worker.tasks.map { .string($0) })))
    fields.append(Field("draining", .bool(worker.draining)))
    fields.append(Field("connected", .bool(worker.connected)))
    fields.add("age", worker.age.map { JSON($0) })
    fields.add("silence", worker.silence.map { JSON($0) })
    self = .object(fields)
  }
}
