internal import MartletClient

/// Shows how far the demo is: a bar on a terminal, else a line each second.
struct DemoDisplay {
  private let session: Session
  private let display: ProgressDisplay
  private let total: Int
  private let start: ContinuousClock.Instant
  private var shownAt: ContinuousClock.Instant?

  init(session: Session, total: Int, start: ContinuousClock.Instant) {
    self.session = session
    self.total = total
    self.start = start
    display = ProgressDisplay(session.surroundings)
  }

  /// Draws at most ten times a second on a terminal, else once a second.
  mutating func show(ended: Int, now: ContinuousClock.Instant) {
    let pause = display.isVisible ? Duration.milliseconds(100) : .seconds(1)
    guard now - (shownAt ?? start) >= pause else { return }
    shownAt = now
    let note = Self.note(ended: ended, of: total, after: now - start)
    if display.isVisible {
      let share = Double(ended) / Double(max(1, total))
      display.draw(ProgressLine(title: "digests", share: share, note: note))
    } else {
      session.remark(note)
    }
  }

  func clear() { display.clear() }

  /// `1200 of 4105 ended, 1180/s, 3s left`.
  static func note(ended: Int, of total: Int, after elapsed: Duration) -> String {
    let counted = "\(ended) of \(total) ended"
    let rate = Double(ended) / max(elapsed.seconds, 0.001)
    guard rate >= 0.1 else { return counted }
    let left = Duration.seconds(Int64((Double(total - ended) / rate).rounded(.up)))
    let digits = rate < 10 ? 1 : 0
    return "\(counted), \(rate.text(digits: digits))/s, \(left.text) left"
  }
}
