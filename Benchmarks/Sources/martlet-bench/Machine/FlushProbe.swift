import Foundation
import Glibc

/// Times flushes of the disk that the server writes to: 4 KiB written to a file that has its size
/// already, then one fdatasync.
///
/// Only used by the bench's own task.
final class FlushProbe {
  private static let blockBytes = 4_096
  private static let blocks = 4_096

  private let descriptor: CInt
  private let block = [UInt8](repeating: 0x5A, count: FlushProbe.blockBytes)
  private var next = 0
  private var latencies = Latencies()

  init(directory: String) throws {
    let path = directory + "/flush"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw BenchProblem.system("open \(path)") }
    for index in 0..<Self.blocks { try write(block: index) }
    guard fsync(descriptor) == 0 else { throw BenchProblem.system("fsync \(path)") }
  }

  deinit { close(descriptor) }

  /// The median of all flushes so far.
  var medianMilliseconds: Double { latencies.percentile(0.5) }
  var p99Milliseconds: Double { latencies.percentile(0.99) }

  func sample(_ count: Int) throws {
    let clock = ContinuousClock()
    for _ in 0..<count {
      try write(block: next)
      next = (next + 1) % Self.blocks
      let start = clock.now
      guard fdatasync(descriptor) == 0 else { throw BenchProblem.system("fdatasync") }
      latencies.add(clock.now - start)
    }
  }

  private func write(block index: Int) throws {
    let count = pwrite(descriptor, block, block.count, off_t(index * block.count))
    guard count == block.count else { throw BenchProblem.system("pwrite") }
  }
}
