/// One value of a row, from one run.
struct Measurement {
  var row: Row
  /// In the row's unit, before any flush is taken off.
  var value: Double
  /// So many times the median flush of the whole run is taken off the value, which is in ms.
  var flushes = 0
  /// What a reader should know beside the value; of several runs the last one's is shown.
  var note = ""

  init(_ row: Row, _ value: Double, lessFlushes flushes: Int = 0, note: String = "") {
    self.row = row
    self.value = value
    self.flushes = flushes
    self.note = note
  }
}

/// A set of times of which single ones are asked for by rank.
struct Latencies {
  private(set) var milliseconds: [Double] = []

  var count: Int { milliseconds.count }

  mutating func add(_ latency: Duration) { milliseconds.append(latency.inMilliseconds) }

  mutating func add(_ other: Latencies) { milliseconds += other.milliseconds }

  /// The smallest value that at least this share (0 to 1) of all values does not exceed; NaN if
  /// there is none.
  func percentile(_ share: Double) -> Double {
    let sorted = milliseconds.sorted()
    guard !sorted.isEmpty else { return .nan }
    let rank = Int((share * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }
}

extension [Double] {
  /// NaN if there is none.
  var median: Double {
    guard !isEmpty else { return .nan }
    let sorted = sorted()
    let middle = count / 2
    return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

extension Duration {
  var inSeconds: Double { self / .seconds(1) }
  var inMilliseconds: Double { self / .milliseconds(1) }
  var inMicroseconds: Double { self / .microseconds(1) }
}
