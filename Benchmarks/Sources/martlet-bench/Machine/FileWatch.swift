import Foundation
import Glibc

/// Notes when something is done to a file, by anyone: inotify, read by a thread of its own.
struct FileWatch: Sendable {
  enum Deed: Sendable {
    case opened
    case written

    var mask: UInt32 { UInt32(self == .opened ? IN_OPEN : IN_MODIFY) }
  }

  private let descriptor: CInt
  private let watch: CInt

  /// - Parameter note: Called on the thread, as soon as the kernel has told. Deeds of one moment may
  ///   come as one.
  init(
    _ path: String, _ deed: Deed, note: @escaping @Sendable (ContinuousClock.Instant) -> Void
  ) throws {
    let descriptor = inotify_init1(CInt(O_CLOEXEC))
    guard descriptor >= 0 else { throw BenchProblem.system("inotify_init") }
    watch = inotify_add_watch(descriptor, path, deed.mask)
    guard watch >= 0 else {
      let problem = BenchProblem.system("watching \(path)")
      close(descriptor)
      throw problem
    }
    self.descriptor = descriptor
    Thread.detachNewThread { Self.read(descriptor, deed.mask, note) }
  }

  /// Ends the thread, which the last event wakes.
  func stop() { inotify_rm_watch(descriptor, watch) }

  private static func read(
    _ descriptor: CInt, _ mask: UInt32, _ note: (ContinuousClock.Instant) -> Void
  ) {
    defer { close(descriptor) }
    let clock = ContinuousClock()
    let eventBytes = MemoryLayout<inotify_event>.size
    var buffer = [UInt8](repeating: 0, count: 64 * eventBytes)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      let now = clock.now
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      var place = 0
      while place + eventBytes <= count {
        let event = buffer.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
        }
        if event.mask & UInt32(IN_IGNORED) != 0 { return }
        if event.mask & mask != 0 { note(now) }
        place += eventBytes + Int(event.len)
      }
    }
  }
}
