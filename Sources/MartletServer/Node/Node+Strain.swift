import Logging
import MartletCore
import Synchronization

/// Want of disk or memory: new tasks are refused, all else goes on.
extension Node {
  func setDiskIsLow(_ isLow: Bool, free: Int) {
    guard changeStrain({ $0.diskIsLow = isLow }) else { return }
    _ = runner.add(.change { $0.setDiskIsLow(isLow) })
    let text = isLow ? "the disk is almost full: submits are refused" : "the disk has room again"
    logger.warning("\(text)", metadata: ["free_bytes": "\(free)"])
  }

  /// What the process holds.
  func setMemory(bytes: Int) {
    var isTight = false
    let changed = changeStrain { strain in
      _ = strain.memory.saw(bytes: bytes)
      isTight = strain.memory.isTight
    }
    let tight = isTight
    metrics.holds(memory: bytes, isTight: tight)
    guard changed else { return }
    _ = runner.add(.change { $0.setMemoryIsTight(tight) })
    let text =
      tight
      ? "the process holds more memory than limit-memory-bytes: submits are refused"
      : "the process holds less memory again: submits are taken"
    logger.warning(
      "\(text)", metadata: ["bytes": "\(bytes)", "limit": "\(limits.memoryBytes)"])
  }

  /// True if it makes another answer; whoever wants to know is told.
  private func changeStrain(_ body: (inout NodeStrain) -> Void) -> Bool {
    let (changed, tell) = status.withLock { status in
      let before = status.strain.reasons
      body(&status.strain)
      let after = status.strain.reasons
      let tell = before.isEmpty == after.isEmpty ? nil : status.onSubmissions
      return (before != after, tell.map { tell in { tell(after.isEmpty) } })
    }
    tell?()
    return changed
  }

  /// False while new tasks are refused, all of them.
  package var takesSubmissions: Bool { strain.reasons.isEmpty }

  var strain: NodeStrain { status.withLock { $0.strain } }
}
