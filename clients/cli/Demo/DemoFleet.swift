internal import Foundation
internal import Synchronization

/// Worker processes that the demo starts: this same program, serving `file.digest`. They end with
/// the demo, however that ends, since their standard inputs do.
final class DemoFleet: Sendable {
  /// A process and the pipe whose end tells it to go.
  ///
  /// `@unchecked Sendable`: touched under the fleet's lock only.
  private struct Member: @unchecked Sendable {
    let process: Process
    let leash: Pipe
  }

  /// Only workers with the label `demo` and this value are offered the demo's tasks.
  let name: String
  let count: Int
  private let members: Mutex<[Member]>
  private let wasKilled = Mutex(false)

  /// Slots of each worker.
  static let slots = 4

  init(count: Int, name: String, root: String, server: String) throws {
    self.name = name
    self.count = count
    var started: [Member] = []
    for number in 1...count {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments = [
        "worker", "serve-digests", "--root", root, "--label", "demo=\(name)",
        "--name", "demo-\(number)", "--slots", "\(Self.slots)", "--server", server,
      ]
      let leash = Pipe()
      process.standardInput = leash
      process.standardOutput = FileHandle.nullDevice
      do {
        try process.run()
      } catch {
        throw CommandFailure(.other, "a worker cannot be started: \(error.localizedDescription).")
      }
      started.append(Member(process: process, leash: leash))
    }
    members = Mutex(started)
  }

  /// SIGKILL for one of them: it says nothing more. Once, whoever asks how often.
  func killOne() {
    let isFirst = wasKilled.withLock { wasKilled in
      defer { wasKilled = true }
      return !wasKilled
    }
    guard isFirst else { return }
    members.withLock { members in
      if let first = members.first { kill(first.process.processIdentifier, SIGKILL) }
    }
  }

  var hasKilled: Bool { wasKilled.withLock { $0 } }

  /// Lets them go, and waits until they have.
  func stop() {
    members.withLock { members in
      for member in members { try? member.leash.fileHandleForWriting.close() }
      for member in members { member.process.waitUntilExit() }
      members = []
    }
  }
}
