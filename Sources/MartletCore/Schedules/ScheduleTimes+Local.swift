extension ScheduleTimes {
  /// What the clocks of its zone show, with their offset: `2026-03-29T03:00:00+02:00`.
  package func localTime(of time: WallTime) -> String {
    let offset = offset(at: time.nanoseconds.dividedDown(by: 1_000_000_000))
    let local = (time + .seconds(offset)).rfc3339.dropLast()
    let minutes = abs(offset) / 60
    let (hour, minute) = (minutes / 60, minutes % 60)
    let sign = offset < 0 ? "-" : "+"
    return "\(local)\(sign)\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
  }
}
