/// Bounds how often progress becomes an event: once a second for a task, so many a second in all.
/// In between only the newest value of a task is kept, and becomes the event when it may.
struct ProgressThrottle: Sendable {
  private struct Entry: Sendable {
    var allowedAt: Elapsed
    var held: Progress?
  }

  private static let spacing = Span.seconds(1)

  private var entries: [AttemptToken: Entry] = [:]
  /// Tasks that hold a value, in the order in which it may leave.
  private var waiting: [(at: Elapsed, token: AttemptToken)] = []
  private var windowStart = Elapsed.zero
  private var windowCount = 0

  /// When a held value may leave; nil if none is held.
  var nextDeadline: Elapsed? { waiting.first?.at }

  /// True if the value may become an event now; else it is held.
  mutating func offer(
    _ progress: Progress, of token: AttemptToken, at now: Elapsed, perSecond: Int
  ) -> Bool {
    let entry = entries[token]
    if let entry, entry.allowedAt > now || entry.held != nil {
      if entry.held == nil { hold(token, until: entry.allowedAt) }
      entries[token] = Entry(allowedAt: entry.allowedAt, held: progress)
      return false
    }
    if takeFromWindow(at: now, perSecond: perSecond) {
      entries[token] = Entry(allowedAt: now + Self.spacing, held: nil)
      return true
    }
    let later = windowStart + Self.spacing
    hold(token, until: later)
    entries[token] = Entry(allowedAt: later, held: progress)
    return false
  }

  /// The held values that may leave now.
  mutating func due(at now: Elapsed, perSecond: Int) -> [(AttemptToken, Progress)] {
    var due: [(AttemptToken, Progress)] = []
    while let first = waiting.first, first.at <= now {
      guard let held = entries[first.token]?.held else {
        waiting.removeFirst()
        continue
      }
      guard takeFromWindow(at: now, perSecond: perSecond) else { break }
      waiting.removeFirst()
      entries[first.token] = Entry(allowedAt: now + Self.spacing, held: nil)
      due.append((first.token, held))
    }
    if let first = waiting.first, first.at <= now {
      waiting[0].at = windowStart + Self.spacing
    }
    return due
  }

  /// The newest value that has not become an event.
  func held(_ token: AttemptToken) -> Progress? { entries[token]?.held }

  /// The attempt is over: what it held is in the event that ended it.
  mutating func end(_ token: AttemptToken) { entries[token] = nil }

  private mutating func hold(_ token: AttemptToken, until at: Elapsed) {
    let index = waiting.firstIndex { $0.at > at } ?? waiting.count
    waiting.insert((at, token), at: index)
  }

  private mutating func takeFromWindow(at now: Elapsed, perSecond: Int) -> Bool {
    if now >= windowStart + Self.spacing {
      windowStart = now
      windowCount = 0
    }
    guard windowCount < perSecond else { return false }
    windowCount += 1
    return true
  }
}
