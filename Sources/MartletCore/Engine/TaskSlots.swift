/// Where live tasks lie: a slab of fixed chunks, so that growing never copies them. A slot also has
/// the links of the list that its task is in.
struct TaskSlots: Sendable {
  typealias Place = TaskTable.Place

  struct Slot: Sendable {
    var task: LiveTask
    /// A worker has been offered the task: it is PENDING, and in no ready queue. Here, where the
    /// task leaves room for it.
    var isOffered = false
    var previous: Place = TaskTable.nowhere
    var next: Place = TaskTable.nowhere
    var timer: Int32 = -1
  }

  /// What only limits and shares ask of a task.
  private struct Standing: Equatable, Sendable {
    var line: Int32 = -1
    var claim = FairShares.plain
  }

  private static let chunkSize = 1024

  private var chunks: [ContiguousArray<Slot>] = []
  /// As many chunks, or fewer; empty where every task has the standing that each begins with: a
  /// million tasks without limits and keys pay nothing for it.
  private var standings: [ContiguousArray<Standing>] = []
  private var free: [Place] = []

  subscript(place: Place) -> Slot {
    _read { yield chunks[Int(place) / Self.chunkSize][Int(place) % Self.chunkSize] }
    _modify { yield &chunks[Int(place) / Self.chunkSize][Int(place) % Self.chunkSize] }
  }

  mutating func allocate(_ task: LiveTask) -> Place {
    if let place = free.popLast() {
      self[place] = Slot(task: task)
      setStanding(Standing(), of: place)
      return place
    }
    if chunks.last.map({ $0.count == Self.chunkSize }) ?? true {
      var chunk = ContiguousArray<Slot>()
      chunk.reserveCapacity(Self.chunkSize)
      chunks.append(chunk)
    }
    let last = chunks.count - 1
    chunks[last].append(Slot(task: task))
    return Place(last * Self.chunkSize + chunks[last].count - 1)
  }

  /// The slot may be given to another task.
  mutating func release(_ place: Place) {
    self[place].task.notes = nil
    free.append(place)
  }

  /// What says, with its selector, which queue of its pool a task is in.
  func queue(of place: Place) -> (state: TaskState, priority: UInt8, kind: KindID, isOffered: Bool)
  {
    (
      self[place].task.state, self[place].task.priority, self[place].task.kind,
      self[place].isOffered
    )
  }

  // MARK: - Limits and shares

  /// The line of a limit that the task waits in: it is PENDING, and in no ready queue; -1: none.
  func line(of place: Place) -> Int32 { standing(of: place).line }

  mutating func setLine(_ line: Int32, of place: Place) {
    var standing = standing(of: place)
    standing.line = line
    setStanding(standing, of: place)
  }

  /// Of its pool: whose share it counts for, and by what weight.
  func claim(of place: Place) -> FairShares.Claim { standing(of: place).claim }

  mutating func setClaim(_ claim: FairShares.Claim, of place: Place) {
    var standing = standing(of: place)
    standing.claim = claim
    setStanding(standing, of: place)
  }

  private func standing(of place: Place) -> Standing {
    let chunk = Int(place) / Self.chunkSize
    guard chunk < standings.count, !standings[chunk].isEmpty else { return Standing() }
    return standings[chunk][Int(place) % Self.chunkSize]
  }

  private mutating func setStanding(_ standing: Standing, of place: Place) {
    let chunk = Int(place) / Self.chunkSize
    if chunk >= standings.count || standings[chunk].isEmpty {
      if standing == Standing() { return }
      while standings.count <= chunk { standings.append([]) }
      standings[chunk] = ContiguousArray(repeating: Standing(), count: Self.chunkSize)
    }
    standings[chunk][Int(place) % Self.chunkSize] = standing
  }

  // MARK: - Lists

  mutating func append(_ place: Place, to list: inout TaskList) {
    self[place].previous = list.tail
    self[place].next = TaskTable.nowhere
    if list.tail == TaskTable.nowhere {
      list.head = place
    } else {
      self[list.tail].next = place
    }
    list.tail = place
    list.count += 1
  }

  /// Puts the task back where it belongs: before those that joined later.
  mutating func reinsert(_ place: Place, into list: inout TaskList) {
    let joined = self[place].task.joined
    var next = list.head
    while next != TaskTable.nowhere, self[next].task.joined < joined { next = self[next].next }
    guard next != TaskTable.nowhere else { return append(place, to: &list) }
    let previous = self[next].previous
    self[place].previous = previous
    self[place].next = next
    self[next].previous = place
    if previous == TaskTable.nowhere {
      list.head = place
    } else {
      self[previous].next = place
    }
    list.count += 1
  }

  mutating func remove(_ place: Place, from list: inout TaskList) {
    let (previous, next) = (self[place].previous, self[place].next)
    if previous == TaskTable.nowhere {
      list.head = next
    } else {
      self[previous].next = next
    }
    if next == TaskTable.nowhere {
      list.tail = previous
    } else {
      self[next].previous = previous
    }
    list.count -= 1
  }
}
