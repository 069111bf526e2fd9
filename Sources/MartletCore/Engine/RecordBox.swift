/// A record of a table that is copied whole: the copy costs a reference for each. Never changed,
/// but replaced.
final class RecordBox<Record: Hashable & Sendable>: Hashable, Sendable {
  let record: Record

  init(_ record: Record) { self.record = record }

  static func == (a: RecordBox, b: RecordBox) -> Bool { a === b || a.record == b.record }
  func hash(into hasher: inout Hasher) { hasher.combine(record) }
}
