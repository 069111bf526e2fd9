internal import MartletClient

/// The tasks' results against those of `sha256sum`, file by file.
struct DemoComparison: Equatable {
  /// Files whose digests are the same.
  var equal = 0
  /// Files that neither could read.
  var unreadable = 0
  /// What is not as it should be, a line each.
  var mismatches: [String] = []
  var bytes: Int64 = 0
  var lines: Int64 = 0
  /// Failed tasks by code, each with one of its messages.
  var failures: [String: Failures] = [:]
  /// Files that can be read, but not by this server: it was not told to.
  var notAllowed = 0

  struct Failures: Equatable {
    var count: Int
    var message: String
    var path: String
  }

  init(_ outcome: DemoRun.Outcome, _ reference: [String: String]) {
    for (id, path) in outcome.paths.sorted(by: { $0.value < $1.value }) {
      compare(path, outcome.ledger.stories[id]?.end, reference[path])
    }
    mismatches += outcome.ledger.faults
    let strangers = outcome.ledger.stories.keys.count { outcome.paths[$0] == nil }
    if strangers > 0 { mismatches.append("\(strangers) tasks came that were not submitted") }
  }

  private mutating func compare(_ path: String, _ end: DemoLedger.End?, _ expected: String?) {
    let name = TerminalText.harmless(path)
    switch (end, expected) {
    case (.succeeded(let digest), let expected?):
      bytes += digest.bytes
      lines += digest.lines
      if digest.sha256 == expected, digest.path == path {
        equal += 1
      } else {
        mismatches.append("\(name): the server says \(digest.sha256), sha256sum \(expected)")
      }
    case (.succeeded, nil):
      mismatches.append("\(name): the server read it, sha256sum could not")
    case (.failed(let failure), let expected):
      note(failure, path: name)
      if expected == nil {
        unreadable += 1
      } else {
        if failure.code == "NOT_ALLOWED" { notAllowed += 1 }
        mismatches.append("\(name): sha256sum read it, the task failed with \(failure.text)")
      }
    case (.cancelled, _): mismatches.append("\(name): the task was cancelled")
    case (.unintelligible, _): mismatches.append("\(name): the task's result is not a digest")
    case (nil, _): mismatches.append("\(name): the task did not end")
    }
  }

  private mutating func note(_ failure: API.Failure, path: String) {
    let code = failure.code.isEmpty ? failure.kind.name : failure.code
    let message = TerminalText.harmless(failure.message)
    failures[code, default: Failures(count: 0, message: message, path: path)].count += 1
  }
}
