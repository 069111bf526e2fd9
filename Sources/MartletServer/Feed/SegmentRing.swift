import MartletCore

/// The newest segments, by rising revision and without gaps, as many as fit into a number of bytes.
struct SegmentRing: Sendable {
  /// The first `dropped` entries are nil: their memory is free at once, the places later.
  private var entries: [Segment?] = []
  private var dropped = 0
  private var byteCount = 0

  /// Adds the next segment and lets the oldest go; the newest stays, whatever its size.
  mutating func append(_ segment: Segment, bytesMax: Int) {
    entries.append(segment)
    byteCount += segment.bytes.count
    while byteCount > bytesMax, entries.count - dropped > 1 {
      byteCount -= entries[dropped]?.bytes.count ?? 0
      entries[dropped] = nil
      dropped += 1
    }
    if dropped > 256, dropped * 2 > entries.count {
      entries.removeFirst(dropped)
      dropped = 0
    }
  }

  func segment(holding revision: Revision) -> Segment? {
    place(of: revision).flatMap { entries[$0] }
  }

  /// From the one that holds the revision on, as many as fit, at least one; none if it is not here.
  func segments(from revision: Revision, bytesMax: Int) -> [Segment] {
    guard let start = place(of: revision) else { return [] }
    var found: [Segment] = []
    var size = 0
    for case let segment? in entries[start...] {
      size += segment.bytes.count
      if size > bytesMax, !found.isEmpty { break }
      found.append(segment)
    }
    return found
  }

  private func place(of revision: Revision) -> Int? {
    guard let oldest = first(dropped), let newest = entries.last ?? nil,
      revision >= oldest, revision <= newest.lastRevision
    else { return nil }
    var low = dropped
    var high = entries.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if first(middle).map({ $0 <= revision }) ?? true { low = middle } else { high = middle - 1 }
    }
    return low
  }

  private func first(_ place: Int) -> Revision? {
    place < entries.count ? entries[place]?.firstRevision : nil
  }
}
