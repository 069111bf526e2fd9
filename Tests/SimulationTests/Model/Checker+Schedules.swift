@testable import MartletCore

extension Checker {
  func check(_ answer: ScheduleAnswer, after command: ScheduleCommand) throws(Violation) {
    let record = answer.record
    guard let schedule = model.schedules[record.id] else {
      // Deleted by this command, or by one of the same commit.
      return try require(
        model.asked.schedules.contains(record.name), "\(record.name) was told and is not there")
    }
    try require(schedule.name == record.name, "\(record.name) was told under another name")
    guard case .trigger = command, let run = answer.run else { return }
    try require(
      schedule.runs.contains { $0.number == run.number && $0.isByHand },
      "\(run) was told and is not in the log")
  }

  func isJustOfSchedule(_ refusal: Refusal, _ command: Command) -> Bool {
    switch refusal {
    case .scheduleNotFound(let name): return model.schedule(named: name) == nil
    case .scheduleExists(let name): return model.schedule(named: name) != nil
    case .scheduleEtagMismatch(let name):
      guard case .schedule(.update(_, let expected, _, _, _)) = command else { return false }
      return expected != model.schedule(named: name)?.specRevision
    case .scheduleNeverFires, .timeZoneUnknown:
      // That a rule has no time is for the tests of rules.
      if case .schedule = command { return true }
      return false
    default: return false
    }
  }
}
