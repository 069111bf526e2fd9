internal import Foundation
internal import MartletWorker
internal import Synchronization

/// A folder of one attempt's own, with its checkpoint.
final class ProgramFolder: Sendable {
  let path: String
  /// What is in the file, as far as the server knows.
  private let known: Mutex<[UInt8]?>

  var checkpointFile: String { "\(path)/checkpoint" }

  init(checkpoint: TaskContent?) throws {
    let root = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var name = Array("\(root)/martlet-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw ProgramFault.system("mkdtemp", errno) }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    known = Mutex(checkpoint?.data)
    if let checkpoint {
      try Data(checkpoint.data).write(to: URL(fileURLWithPath: checkpointFile))
    }
  }

  /// The checkpoint, if the program has written another one since.
  func takeNewCheckpoint() -> TaskContent? {
    guard let data = FileManager.default.contents(atPath: checkpointFile) else { return nil }
    let bytes = Array(data)
    let isNew = known.withLock { known in
      defer { known = bytes }
      return known != bytes
    }
    return isNew ? TaskContent(bytes) : nil
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
