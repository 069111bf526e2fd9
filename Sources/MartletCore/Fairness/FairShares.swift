/// What each fairness key of one pool uses, and whose turn it is among those that use as much. Kept
/// only while a live task of the pool has a key or a weight.
///
/// Among equal shares slots go round by weight: each turn moves a key's own time on by one over its
/// weight, and the key that is furthest behind goes first (stride scheduling). The pool's time
/// moves with each turn by one over the weight of all that wait. A key that comes new, or back,
/// begins at the pool's time: idleness saves up nothing. These times are of the session: a replay
/// need not find them.
struct FairShares: Sendable {
  typealias Share = Int32
  /// A key and a weight: what tasks refer to.
  typealias Claim = Int32
  /// The key of tasks that name none, and the claim of those that say nothing at all.
  static let plain: Int32 = 0

  private struct ClaimEntry: Sendable {
    var share: Share
    var weight: UInt16
    /// Live tasks of the pool. Not counted of the plain claim.
    var tasks = 0
  }

  struct Entry: Sendable {
    var key: String
    /// That of the task which began to wait last.
    fileprivate(set) var weight = 1
    /// With live tasks of the pool. Not counted of the plain key.
    fileprivate(set) var claims = 0
    /// Attempts, and what workers have been offered.
    fileprivate(set) var running = 0
    /// Those in ready queues.
    fileprivate(set) var waiting = 0
    /// Its own time.
    fileprivate(set) var time: Int64 = 0
  }

  /// One turn of a key with weight 1; a multiple of the usual weights.
  private static let turn: Int64 = 2_520_000
  /// How many turns of weight 1 a key may be behind that could not be served meanwhile.
  private static let lagMax = 2 * turn

  private var claims: ContiguousArray<ClaimEntry> = [ClaimEntry(share: plain, weight: 1)]
  private var claimsByFairness: [TaskFairness: Claim] = [:]
  private var freeClaims: [Claim] = []
  private(set) var entries: ContiguousArray<Entry> = [Entry(key: "")]
  private var shares: [String: Share] = [:]
  private var free: [Share] = []
  /// Keys without tasks whose time is ahead of the pool's: forgotten, they would be favoured.
  private var idle: ContiguousArray<Share> = []
  private var firstIdle = 0
  private var now: Int64 = 0
  private var waitingWeight = 0
  /// Keys with tasks in ready queues.
  private(set) var waitingKeys = 0

  /// - Parameter running: Of the tasks that are there already and name no key.
  init(running: Int, waiting: Int) {
    entries[0].running = running
    if waiting > 0 {
      entries[0].waiting = waiting
      waitingWeight = 1
      waitingKeys = 1
    }
  }

  /// No live task has a key or a weight.
  var isEmpty: Bool { claimsByFairness.isEmpty }

  subscript(share: Share) -> Entry { entries[Int(share)] }

  func share(of claim: Claim) -> Share { claims[Int(claim)].share }
  func weight(of claim: Claim) -> UInt16 { claims[Int(claim)].weight }

  /// Whether the turn of one comes before that of another; nil if nothing tells them apart.
  func goesFirst(_ a: Claim, _ b: Claim) -> Bool? {
    let (myShare, theirShare) = (Int(share(of: a)), Int(share(of: b)))
    let mine = entries[myShare].running * Int(weight(of: b))
    let theirs = entries[theirShare].running * Int(weight(of: a))
    if mine != theirs { return mine < theirs }
    let (myTime, theirTime) = (entries[myShare].time, entries[theirShare].time)
    return myTime == theirTime ? nil : myTime < theirTime
  }

  func share(of key: String) -> Share? { key.isEmpty ? Self.plain : shares[key] }

  // MARK: - Tasks

  /// - Parameter fairness: nil: it says nothing.
  mutating func join(_ fairness: TaskFairness?) -> Claim {
    guard let fairness else { return Self.plain }
    let claim = claimsByFairness[fairness] ?? makeClaim(fairness)
    claims[Int(claim)].tasks += 1
    return claim
  }

  mutating func leave(_ claim: Claim) {
    guard claim != Self.plain else { return }
    claims[Int(claim)].tasks -= 1
    guard claims[Int(claim)].tasks == 0 else { return }
    let share = share(of: claim)
    let fairness = TaskFairness(
      key: entries[Int(share)].key, weight: Int(weight(of: claim)))
    claimsByFairness[fairness] = nil
    freeClaims.append(claim)
    guard share != Self.plain else { return }
    entries[Int(share)].claims -= 1
    guard entries[Int(share)].claims == 0 else { return }
    if entries[Int(share)].time <= now { return forget(share) }
    idle.append(share)
  }

  private mutating func makeClaim(_ fairness: TaskFairness) -> Claim {
    let share = makeShare(of: fairness.key)
    if share != Self.plain { entries[Int(share)].claims += 1 }
    let entry = ClaimEntry(share: share, weight: UInt16(clamping: fairness.weight))
    let claim: Claim
    if let reused = freeClaims.popLast() {
      claim = reused
      claims[Int(claim)] = entry
    } else {
      claim = Claim(claims.count)
      claims.append(entry)
    }
    claimsByFairness[fairness] = claim
    return claim
  }

  private mutating func makeShare(of key: String) -> Share {
    if let known = share(of: key) { return known }
    let share: Share
    if let reused = free.popLast() {
      share = reused
      entries[Int(share)] = Entry(key: key)
    } else {
      share = Share(entries.count)
      entries.append(Entry(key: key))
    }
    shares[key] = share
    return share
  }

  private mutating func forget(_ share: Share) {
    shares[entries[Int(share)].key] = nil
    entries[Int(share)] = Entry(key: "")
    free.append(share)
  }

  // MARK: - What they do

  mutating func wait(_ claim: Claim) {
    let (index, weight) = (Int(share(of: claim)), weight(of: claim))
    if entries[index].waiting == 0 {
      entries[index].time = max(entries[index].time, now)
      waitingKeys += 1
    } else {
      waitingWeight -= entries[index].weight
    }
    entries[index].waiting += 1
    entries[index].weight = Int(weight)
    waitingWeight += Int(weight)
  }

  mutating func waitNoMore(_ claim: Claim) {
    let index = Int(share(of: claim))
    entries[index].waiting -= 1
    guard entries[index].waiting == 0 else { return }
    waitingWeight -= entries[index].weight
    waitingKeys -= 1
  }

  mutating func run(_ claim: Claim) { entries[Int(share(of: claim))].running += 1 }
  mutating func runNoMore(_ claim: Claim) { entries[Int(share(of: claim))].running -= 1 }

  /// A slot goes to a waiting task of the key.
  mutating func takeTurn(_ claim: Claim) {
    let index = Int(share(of: claim))
    let began = max(entries[index].time, now - Self.lagMax)
    now = max(now + Self.turn / Int64(max(waitingWeight, 1)), began)
    entries[index].time = began + Self.turn / Int64(weight(of: claim))
    forgetIdle()
  }

  private mutating func forgetIdle() {
    while firstIdle < idle.count {
      let index = Int(idle[firstIdle])
      // One that had tasks meanwhile is in the list once more when it is idle again.
      if entries[index].claims == 0, !entries[index].key.isEmpty {
        if entries[index].time > now { break }
        forget(idle[firstIdle])
      }
      firstIdle += 1
    }
    guard firstIdle > 1_024, firstIdle * 2 > idle.count else { return }
    idle.removeFirst(firstIdle)
    firstIdle = 0
  }
}
