/// What a session knows of limits that no event says: who stands in line for which key, who may
/// take next, what offers to workers have set aside, and when leases end.
///
/// Calls and pools stand in one line for each key, first come, first served. A pool stands in it
/// for all its tasks that need that key; whose turn it is of them, the pool's own order says.
struct LimitBook: Sendable {
  typealias LineNumber = Int32

  struct Place: Sendable {
    var waiter: PermitWaiter
    var claim: PermitClaim
    var line: LineNumber
    var deadline: Elapsed
    var origin: Origin
  }

  enum Entry: Hashable, Sendable {
    case call(PermitWaiter)
    case pool(PoolID)
  }

  struct Turn: Sendable {
    /// Permits that are set aside for the pool in this step.
    var left: Int
    /// Whether it has used any, or called a task up.
    var hasUsed = false
  }

  struct Line: Sendable {
    var key: LimitKey
    /// Some calls of it may have left.
    var entries: ContiguousArray<Entry> = []
    var first = 0
    var pools: Set<PoolID> = []
    /// Without those that left.
    var calls = 0
    /// Pools that have parked tasks for it, some of which may be gone.
    var parkers: Set<PoolID> = []
    var turns: [PoolID: Turn] = [:]
    /// Its tasks need the key no more: whoever stands in it may go.
    var isDissolved = false
    /// When it is looked at next; `never` if that is not set.
    var alarm = Elapsed.never
  }

  enum Subject: Sendable {
    case line(LineNumber)
    case lease(PermitID)
    case wait(PermitWaiter)
  }

  private(set) var lines: [LineNumber: Line] = [:]
  private var numbers: [LimitKey: LineNumber] = [:]
  private var lastNumber: LineNumber = -1
  private(set) var places: [PermitWaiter: Place] = [:]
  var grants = CallGrants()
  var offered = OfferedPermits()
  private var alarms = AlarmHeap<Subject>()
  /// Lines at which somebody may take something.
  private(set) var touched: [LineNumber] = []
  /// Lines that have changed in this step.
  private var changed: Set<LineNumber> = []
  /// Of each pool: lines in which it does not stand though it has parked tasks for them. It stands
  /// in again when it has slots.
  private(set) var dormant: [PoolID: [LineNumber]] = [:]
  private var poolTurns: [PoolID: [LineNumber]] = [:]
  /// Tasks that one step may still park.
  var parksLeft = 0
  /// Pools of which one step could not see all.
  var sliced: Set<PoolID> = []
  var scopes: [LimitScope.Key: LimitScope] = [:]

  static let parksPerStep = 2_000
  static let linesPerStep = 2_000
  static let turnsPerLine = 1_000

  // MARK: - Lines

  var hasLines: Bool { !lines.isEmpty }

  func number(of key: LimitKey) -> LineNumber? { numbers.isEmpty ? nil : numbers[key] }

  subscript(number: LineNumber) -> Line? { lines[number] }

  private mutating func line(of key: LimitKey) -> LineNumber {
    if let number = numbers[key] { return number }
    repeat { lastNumber = lastNumber == .max ? 0 : lastNumber + 1 } while lines[lastNumber] != nil
    numbers[key] = lastNumber
    lines[lastNumber] = Line(key: key)
    return lastNumber
  }

  /// The pool waits for its turn.
  @discardableResult
  mutating func stand(_ pool: PoolID, for key: LimitKey) -> LineNumber {
    let number = line(of: key)
    stand(pool, in: number)
    return number
  }

  mutating func stand(_ pool: PoolID, in number: LineNumber) {
    changed.insert(number)
    guard lines[number]?.pools.insert(pool).inserted == true else { return }
    lines[number]?.entries.append(.pool(pool))
  }

  mutating func parks(_ pool: PoolID, in number: LineNumber) {
    lines[number]?.parkers.insert(pool)
  }

  mutating func stand(
    _ waiter: PermitWaiter, _ claim: PermitClaim, for key: LimitKey, until deadline: Elapsed,
    _ origin: Origin
  ) {
    let number = line(of: key)
    changed.insert(number)
    places[waiter] = Place(
      waiter: waiter, claim: claim, line: number, deadline: deadline, origin: origin)
    lines[number]?.entries.append(.call(waiter))
    lines[number]?.calls += 1
    sound(at: deadline, .wait(waiter))
  }

  @discardableResult
  mutating func leave(_ waiter: PermitWaiter) -> Place? {
    guard let place = places.removeValue(forKey: waiter) else { return nil }
    lines[place.line]?.calls -= 1
    changed.insert(place.line)
    return place
  }

  /// Whose turn it is; those that left are dropped.
  mutating func firstEntry(of number: LineNumber) -> Entry? {
    while let line = lines[number], line.first < line.entries.count {
      let entry = line.entries[line.first]
      let isThere =
        switch entry {
        case .call(let waiter): places[waiter]?.line == number
        case .pool(let pool): line.pools.contains(pool)
        }
      if isThere { return entry }
      dropFirst(of: number)
    }
    return nil
  }

  mutating func takeFirst(of number: LineNumber) -> Entry? {
    guard let entry = firstEntry(of: number) else { return nil }
    dropFirst(of: number)
    switch entry {
    case .call: break
    case .pool(let pool): lines[number]?.pools.remove(pool)
    }
    return entry
  }

  private mutating func dropFirst(of number: LineNumber) {
    guard let line = lines[number] else { return }
    lines[number]?.first += 1
    if line.first + 1 == line.entries.count {
      lines[number]?.entries.removeAll()
      lines[number]?.first = 0
    } else if line.first > 64, line.first * 2 > line.entries.count {
      lines[number]?.entries.removeFirst(line.first + 1)
      lines[number]?.first = 0
    }
  }

  func isEmpty(_ number: LineNumber) -> Bool {
    guard let line = lines[number] else { return true }
    return line.pools.isEmpty && line.calls == 0
  }

  /// Nobody stands in it, and nothing is parked for it.
  mutating func drop(_ number: LineNumber) {
    guard let line = lines.removeValue(forKey: number) else { return }
    if numbers[line.key] == number { numbers[line.key] = nil }
  }

  /// Tasks of the limit need other keys now, or none: the old lines may go, calls get new ones.
  mutating func dissolve(_ limit: LimitID) {
    let old = lines.filter { $0.value.key.limit == limit && !$0.value.isDissolved }
    for (number, line) in old.sorted(by: { $0.key < $1.key }) {
      lines[number]?.isDissolved = true
      numbers[line.key] = nil
      touch(number)
      let calls = line.entries[line.first...].compactMap { entry -> Place? in
        if case .call(let waiter) = entry, places[waiter]?.line == number {
          leave(waiter)
        } else {
          nil
        }
      }
      for place in calls {
        stand(place.waiter, place.claim, for: line.key, until: place.deadline, place.origin)
      }
    }
  }

  mutating func forgetParker(_ pool: PoolID, of number: LineNumber) {
    lines[number]?.parkers.remove(pool)
  }

  // MARK: - Steps

  mutating func touch(_ key: LimitKey) {
    if let number = number(of: key) { touch(number) }
  }

  mutating func touch(_ limit: LimitID) {
    let numbers = lines.filter { $0.value.key.limit == limit }.keys.sorted()
    for number in numbers { touch(number) }
  }

  mutating func touch(_ number: LineNumber) {
    if touched.last != number { touched.append(number) }
  }

  mutating func takeTouched() -> [LineNumber] {
    if touched.isEmpty { return [] }
    let part = Array(touched.prefix(Self.linesPerStep))
    touched.removeFirst(part.count)
    var seen: Set<LineNumber> = []
    return part.filter { lines[$0] != nil && seen.insert($0).inserted }
  }

  mutating func change(_ number: LineNumber) { changed.insert(number) }

  mutating func takeChanged() -> [LineNumber] {
    if changed.isEmpty { return [] }
    defer { changed.removeAll(keepingCapacity: changed.count < 4_096) }
    return changed.sorted()
  }

  /// Permits of the line that are set aside for pools in this step.
  func turnsLeft(of number: LineNumber) -> Int {
    lines[number]?.turns.values.reduce(0) { $0 + $1.left } ?? 0
  }

  mutating func giveTurn(_ pool: PoolID, at number: LineNumber) {
    changed.insert(number)
    if lines[number]?.turns[pool] == nil { poolTurns[pool, default: []].append(number) }
    lines[number]?.turns[pool, default: Turn(left: 0)].left += 1
  }

  func turns(of pool: PoolID) -> [LineNumber] { poolTurns.isEmpty ? [] : poolTurns[pool] ?? [] }

  mutating func noteUse(_ pool: PoolID, at number: LineNumber) {
    lines[number]?.turns[pool]?.hasUsed = true
  }

  /// The pool takes what was set aside for it.
  mutating func useTurn(_ pool: PoolID, for key: LimitKey) {
    guard let number = number(of: key), let turn = lines[number]?.turns[pool], turn.left > 0 else {
      return
    }
    lines[number]?.turns[pool]?.left -= 1
    lines[number]?.turns[pool]?.hasUsed = true
  }

  mutating func takeTurns(of number: LineNumber) -> [(pool: PoolID, turn: Turn)] {
    guard let turns = lines[number]?.turns, !turns.isEmpty else { return [] }
    lines[number]?.turns = [:]
    return turns.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  mutating func forgetTurns() {
    if !poolTurns.isEmpty { poolTurns.removeAll(keepingCapacity: true) }
  }

  mutating func leave(_ pool: PoolID, _ number: LineNumber) {
    guard let line = lines[number], line.pools.contains(pool) else { return }
    lines[number]?.pools.remove(pool)
    lines[number]?.entries = ContiguousArray(
      line.entries[line.first...].filter { $0 != .pool(pool) })
    lines[number]?.first = 0
  }

  mutating func letRest(_ pool: PoolID, at number: LineNumber) {
    dormant[pool, default: []].append(number)
  }

  /// Some lines that the pool is to stand in again.
  mutating func wake(_ pool: PoolID, limit: Int) -> [LineNumber] {
    guard !dormant.isEmpty, let lines = dormant[pool] else { return [] }
    let part = Array(lines.prefix(limit))
    dormant[pool] = lines.count > part.count ? Array(lines.dropFirst(part.count)) : nil
    return part
  }

  /// The offer is over, whatever came of it.
  mutating func endOffer(of task: TaskID) {
    for key in offered.release(task) { touch(key) }
  }

  // MARK: - Time

  var isIdle: Bool { lines.isEmpty && alarms.isEmpty }

  var nextDeadline: Elapsed? { alarms.first }

  mutating func setAlarm(of number: LineNumber, at time: Elapsed) {
    guard let alarm = lines[number]?.alarm, time < alarm else { return }
    lines[number]?.alarm = time
    sound(at: time, .line(number))
  }

  mutating func hold(_ id: PermitID, until expires: Elapsed) {
    if grants.hold(id, until: expires) { sound(at: expires, .lease(id)) }
  }

  /// Nobody holds it any more.
  mutating func free(_ record: PermitRecord) {
    grants.forget(record)
    touch(record.limitKey)
  }

  /// Calls of the pool's tasks: the pool is gone.
  mutating func forget(_ pool: PoolID) { dormant[pool] = nil }

  mutating func takeDue(at now: Elapsed) -> Subject? { alarms.takeFirst(at: now) }

  mutating func silenceAlarm(of number: LineNumber) { lines[number]?.alarm = .never }

  mutating func sound(at time: Elapsed, _ subject: Subject) {
    if alarms.count > 2 * (grants.holds.count + places.count + lines.count) + 1_024 { dropAlarms() }
    alarms.push(subject, at: time)
  }

  private mutating func dropAlarms() {
    var seen: Set<PermitID> = []
    var seenLines: Set<LineNumber> = []
    alarms.filter { subject in
      switch subject {
      case .line(let number): lines[number] != nil && seenLines.insert(number).inserted
      case .lease(let id): grants.holds[id] != nil && seen.insert(id).inserted
      case .wait(let waiter): places[waiter] != nil
      }
    }
  }
}
