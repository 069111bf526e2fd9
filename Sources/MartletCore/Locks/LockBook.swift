/// What a session knows of locks that no event says: when leases end, and who stands in line.
struct LockBook: Sendable {
  struct Hold: Sendable {
    var token: Revision
    var expires: Elapsed
    /// The call that stood in line for it, as long as that may still be given up.
    var waiter: LockWaiter?
  }

  struct Place: Sendable {
    var waiter: LockWaiter
    var claim: LockClaim
    var deadline: Elapsed
    var origin: Origin
  }

  private enum Subject: Sendable {
    case hold(String, Revision)
    case wait(LockWaiter)
  }

  private struct Alarm: Sendable {
    var at: Elapsed
    var number: UInt64
    var subject: Subject

    func precedes(_ other: Alarm) -> Bool { (at, number) < (other.at, other.number) }
  }

  /// Those who wait for one lock; some of them may have left.
  private struct Line: Sendable {
    var waiters: ContiguousArray<LockWaiter> = []
    var first = 0
    /// Without those that left.
    var count = 0
  }

  private(set) var holds: [String: Hold] = [:]
  private var places: [LockWaiter: Place] = [:]
  private var lines: [String: Line] = [:]
  private var alarms: ContiguousArray<Alarm> = []
  private var alarmCount: UInt64 = 0
  /// Locks that fell free while somebody waited.
  private(set) var freed: [String] = []

  /// What is to be done because it is time.
  enum Due: Sendable {
    case hold(String)
    case wait(Place)
  }

  // MARK: - Holds

  mutating func hold(_ name: String, token: Revision, until expires: Elapsed) {
    if let known = holds[name], known.token == token {
      holds[name]?.expires = expires
      // A shorter lease than before may be over before its alarm.
      if expires < known.expires { sound(at: expires, .hold(name, token)) }
      return
    }
    holds[name] = Hold(token: token, expires: expires, waiter: nil)
    sound(at: expires, .hold(name, token))
  }

  mutating func granted(_ name: String, to waiter: LockWaiter?) { holds[name]?.waiter = waiter }

  mutating func free(_ name: String) {
    holds[name] = nil
    if lines[name] != nil { freed.append(name) }
  }

  mutating func takeFreed() -> String? { freed.isEmpty ? nil : freed.removeLast() }

  // MARK: - Lines

  func waiters(for name: String) -> Int { lines.isEmpty ? 0 : lines[name]?.count ?? 0 }

  mutating func stand(_ place: Place) {
    places[place.waiter] = place
    lines[place.claim.name, default: Line()].waiters.append(place.waiter)
    lines[place.claim.name]?.count += 1
    sound(at: place.deadline, .wait(place.waiter))
  }

  @discardableResult
  mutating func leave(_ waiter: LockWaiter) -> Place? {
    guard let place = places.removeValue(forKey: waiter) else { return nil }
    let name = place.claim.name
    lines[name]?.count -= 1
    tidy(name)
    return place
  }

  mutating func takeFirst(for name: String) -> Place? {
    while let line = lines[name], line.first < line.waiters.count {
      let waiter = line.waiters[line.first]
      lines[name]?.first += 1
      guard let place = places.removeValue(forKey: waiter) else { continue }
      lines[name]?.count -= 1
      tidy(name)
      return place
    }
    return nil
  }

  /// Forgets a line that nobody stands in, and from time to time those who left it.
  private mutating func tidy(_ name: String) {
    guard let line = lines[name] else { return }
    if line.count == 0 {
      lines[name] = nil
    } else if line.waiters.count > 2 * line.count + 64 {
      lines[name]?.waiters = ContiguousArray(
        line.waiters[line.first...].filter { places[$0] != nil })
      lines[name]?.first = 0
    }
  }

  /// Entries that are kept, those of what is over included.
  var alarmRoom: Int { alarms.count }
  func lineRoom(of name: String) -> Int { lines[name]?.waiters.count ?? 0 }

  // MARK: - Time

  /// Whether nobody holds or wants anything.
  var isIdle: Bool { alarms.isEmpty && freed.isEmpty }

  /// When something may be due: perhaps too early, never too late.
  var nextDeadline: Elapsed? { alarms.first?.at }

  mutating func takeDue(at now: Elapsed) -> Due? {
    while let first = alarms.first, first.at <= now {
      removeFirstAlarm()
      switch first.subject {
      case .hold(let name, let token):
        guard let hold = holds[name], hold.token == token else { continue }
        if hold.expires <= now { return .hold(name) }
        sound(at: hold.expires, first.subject)
      case .wait(let waiter):
        if let place = leave(waiter) { return .wait(place) }
      }
    }
    return nil
  }

  private mutating func sound(at time: Elapsed, _ subject: Subject) {
    if alarms.count > 2 * (holds.count + places.count) + 1_024 { dropSilentAlarms() }
    alarmCount += 1
    push(Alarm(at: time, number: alarmCount, subject: subject))
  }

  /// Without those of leases and waits that are over.
  private mutating func dropSilentAlarms() {
    var seen: Set<String> = []
    // A sorted array is a heap, and of the alarms of one lease the first is enough.
    alarms.sort { $0.precedes($1) }
    alarms = alarms.filter { alarm in
      switch alarm.subject {
      case .hold(let name, let token):
        holds[name]?.token == token && seen.insert(name).inserted
      case .wait(let waiter): places[waiter] != nil
      }
    }
  }

  private mutating func push(_ alarm: Alarm) {
    alarms.append(alarm)
    var index = alarms.count - 1
    while index > 0, alarms[index].precedes(alarms[(index - 1) / 2]) {
      alarms.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func removeFirstAlarm() {
    guard let last = alarms.popLast(), !alarms.isEmpty else { return }
    alarms[0] = last
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < alarms.count && alarms[child].precedes(alarms[least]) { least = child }
      guard least != index else { return }
      alarms.swapAt(index, least)
      index = least
    }
  }
}
