package import MartletCore
package import MartletStore

/// Which rows answer for a range of time: whole steps of whole seconds, minutes or hours.
package struct StatsSpan: Hashable, Sendable {
  package var resolution: StatsResolution
  /// Of that resolution.
  package var buckets: Range<Int64>
  package var bucketsPerStep: Int64

  package static let stepsMax: Int64 = 1_000
  /// Lengths of steps that are chosen for who names none: the first that makes at most 60 of them.
  private static let steps: [Int64] = [
    1, 5, 10, 60, 300, 600, 1_800, 3_600, 3 * 3_600, 6 * 3_600, 86_400, 7 * 86_400,
  ]
  private static let stepsWanted: Int64 = 60

  /// Widens the range to whole steps. Steps become longer where shorter ones are no longer kept, or
  /// would be too many.
  ///
  /// - Parameter step: Seconds; nil: chosen.
  package init(from start: WallTime, to end: WallTime, step: Int64? = nil, now: WallTime) {
    let first = StatsFold.second(of: start)
    // The second that is open belongs to what is up to now.
    let whole = end + Span(nanoseconds: 999_999_999)
    let last =
      max(first, end < now ? StatsFold.second(of: whole) - 1 : StatsFold.second(of: now)) + 1
    let length = last - first
    var step = step ?? Self.steps.first { length - 1 <= $0 * Self.stepsWanted } ?? 14 * 86_400
    let age = StatsFold.second(of: now) - first
    for resolution in StatsResolution.allCases.dropFirst() {
      let finer = resolution == .minute ? StatsResolution.second : .minute
      guard age > finer.kept.nanoseconds / 1_000_000_000, step % resolution.seconds != 0 else {
        continue
      }
      step = (step / resolution.seconds + 1) * resolution.seconds
    }
    while length > step * (Self.stepsMax - 1) { step *= 2 }
    resolution = StatsResolution.allCases.last { step % $0.seconds == 0 } ?? .second
    let low = Self.floor(first, step)
    let high = max(low + step, -Self.floor(-last, step))
    buckets = low / resolution.seconds..<high / resolution.seconds
    bucketsPerStep = step / resolution.seconds
  }

  private static func floor(_ value: Int64, _ step: Int64) -> Int64 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: step)
    return (remainder < 0 ? quotient - 1 : quotient) * step
  }

  package var stepCount: Int { Int(Int64(buckets.count) / bucketsPerStep) }
  package var stepSeconds: Int64 { bucketsPerStep * resolution.seconds }
  /// Of it, those that have begun, for rates; 1 at least.
  package func seconds(until now: WallTime) -> Int64 {
    max(1, min(seconds, StatsFold.second(of: now) + 1 - buckets.lowerBound * resolution.seconds))
  }

  package var seconds: Int64 { Int64(buckets.count) * resolution.seconds }

  package func step(of bucket: Int64) -> Int { Int((bucket - buckets.lowerBound) / bucketsPerStep) }

  package func start(ofStep step: Int) -> WallTime {
    time(buckets.lowerBound + Int64(step) * bucketsPerStep)
  }

  package var start: WallTime { time(buckets.lowerBound) }
  package var end: WallTime { time(buckets.upperBound) }

  private func time(_ bucket: Int64) -> WallTime {
    WallTime(nanoseconds: bucket &* resolution.seconds &* 1_000_000_000)
  }

  /// As long, and ends where this one begins.
  package var before: StatsSpan {
    var span = self
    span.buckets = buckets.lowerBound - Int64(buckets.count)..<buckets.lowerBound
    return span
  }
}
