import MartletServer
import MartletStore

/// What an operator is told when a store refuses: which file, and what to do.
enum StartProblem {
  static func text(_ problem: Recovery.Problem, directory: String) -> String {
    switch problem {
    case .store(let failure): text(failure, directory: directory)
    case .inconsistent(let reason):
      "the data in \(directory) does not fit together: \(reason); "
        + "restore both files from one backup"
    }
  }

  static func text(_ failure: StoreFailure, directory: String) -> String {
    switch failure {
    case .writeFailed(directory, let reason):
      "the folder \(directory) cannot be made: \(reason); "
        + "make it for this user, or choose another with --data-dir"
    case .writeFailed(let file, let reason):
      "writing \(file) failed: \(reason); make room or mend the disk, then start again: "
        + "nothing that was acknowledged is lost"
    case .readFailed(let file, let reason):
      "reading \(file) failed: \(reason); check the disk and the permissions of \(directory)"
    case .corrupted(let file, let reason):
      "\(file) in \(directory) is damaged: \(reason); restore it from a backup"
    case .inUse(let directory, let owner):
      "\(directory) is in use by another process (\(owner)); "
        + "stop it, or choose another folder with --data-dir"
    case .newerFormat(let file, let found, let known):
      "\(file) in \(directory) has format \(found), this martletd knows up to \(known); "
        + "start the newer martletd that wrote it"
    case .compacted, .notConsecutive:
      "the log in \(directory) is not what the server wrote: \(failure); restore it from a backup"
    }
  }
}
