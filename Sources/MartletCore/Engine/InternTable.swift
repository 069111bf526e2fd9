/// Values that many tasks share, each kept once and dropped with the last task that has it.
package struct InternTable<Value: Hashable & Sendable>: Sendable {
  package struct Reference: Hashable, Sendable {
    var index: UInt32
  }

  private struct Entry: Sendable {
    var value: Value?
    var uses: Int
  }

  private var entries: ContiguousArray<Entry> = []
  private var indexes: [Value: UInt32] = [:]
  private var free: [UInt32] = []
  /// Tasks come in runs of the same value.
  private var newest: Reference?

  init() {}

  var count: Int { indexes.count }

  subscript(reference: Reference) -> Value {
    guard let value = entries[Int(reference.index)].value else {
      preconditionFailure("a task refers to a value that was released")
    }
    return value
  }

  /// A part of a value, without a copy of the rest.
  func read<Part>(_ reference: Reference, _ part: (Value) -> Part?) -> Part? {
    entries[Int(reference.index)].value.flatMap(part)
  }

  mutating func retain(_ value: Value) -> Reference {
    if let newest, entries[Int(newest.index)].value == value {
      entries[Int(newest.index)].uses += 1
      return newest
    }
    let reference = reference(for: value)
    newest = reference
    return reference
  }

  private mutating func reference(for value: Value) -> Reference {
    if let index = indexes[value] {
      entries[Int(index)].uses += 1
      return Reference(index: index)
    }
    let index: UInt32
    if let reused = free.popLast() {
      index = reused
      entries[Int(index)] = Entry(value: value, uses: 1)
    } else {
      index = UInt32(entries.count)
      entries.append(Entry(value: value, uses: 1))
    }
    indexes[value] = index
    return Reference(index: index)
  }

  mutating func release(_ reference: Reference) {
    let index = Int(reference.index)
    entries[index].uses -= 1
    guard entries[index].uses == 0, let value = entries[index].value else { return }
    indexes[value] = nil
    entries[index].value = nil
    free.append(reference.index)
    if newest == reference { newest = nil }
  }
}

extension InternTable<TaskPolicy> {
  /// Asked of every task that begins to wait or to run.
  func queueTimeout(_ reference: Reference) -> Span? { read(reference) { $0.queueTimeout } }

  func fairness(_ reference: Reference) -> TaskFairness? { read(reference) { $0.fairness } }

  func heartbeatTimeout(_ reference: Reference) -> Span? {
    read(reference) { $0.heartbeatTimeout }
  }
}
