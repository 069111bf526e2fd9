internal import Synchronization

/// Numbers that tell what can be looked into apart, from 1 up: the servers and channels of a
/// process, their parts and their connections.
enum InspectionID {
  private static let last = Atomic<Int>(0)

  static func next() -> Int { last.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// The servers, or the channels, of the process, for looking inside. Being listed keeps nothing
/// alive.
final class InspectionRegistry<Element: AnyObject & Sendable>: Sendable {
  private struct Entry: Sendable {
    weak let element: Element?
  }

  private let entries = Mutex<[Int: Entry]>([:])

  func add(_ element: Element, id: Int) {
    entries.withLock { $0[id] = Entry(element: element) }
  }

  func remove(_ id: Int) { entries.withLock { _ = $0.removeValue(forKey: id) } }

  /// By rising number.
  var all: [Element] {
    let entries = entries.withLock { $0 }
    return entries.sorted { $0.key < $1.key }.compactMap(\.value.element)
  }
}
