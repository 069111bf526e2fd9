import CSQLite
import Glibc
import MartletStore

/// Spreads what a thread of SQLite's writes over time, so that flushes of other files find little
/// before them.
///
/// A medium with a cache of its own, as most have, flushes all of it or nothing: a flush of some
/// kilobytes waits for every megabyte that was written to another file just before. So a thread
/// that moves much and that nobody waits for hands it to the medium in pieces, with a pause after
/// each. While it pauses, the log's own flushes take the pieces along.
///
/// Used by the thread that made it.
final class PacedWrites {
  /// What a flush may find before it. It takes about half a millisecond.
  private static let pieceBytes = 256 << 10
  /// After a piece: more than the log takes from one flush to the next when it is busy.
  private static let pauseNanoseconds = 1_000_000

  private var descriptor: Int32 = -1
  private var range = 0..<0
  private var byteCount = 0

  /// Runs `body`, in which all that SQLite writes on this thread is paced.
  static func during<Value>(
    _ body: () throws(StoreFailure) -> Value
  ) throws(StoreFailure) -> Value {
    let writes = PacedWrites()
    return try withExtendedLifetime(writes) { () throws(StoreFailure) in
      pthread_setspecific(key, Unmanaged.passUnretained(writes).toOpaque())
      defer { pthread_setspecific(key, nil) }
      return try body()
    }
  }

  /// Puts itself between SQLite and the system. To be called once, before the first database is
  /// opened.
  static func install() {
    guard let system = sqlite3_vfs_find("unix"), let set = system.pointee.xSetSystemCall,
      let current = system.pointee.xGetSystemCall
    else { return }
    // SQLite was built to use one of them.
    for name in ["pwrite", "pwrite64"] where current(system, name) != nil {
      _ = set(system, name, unsafeBitCast(write, to: sqlite3_syscall_ptr.self))
    }
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  private static let write: @convention(c) (Int32, UnsafeRawPointer?, Int, off_t) -> Int = {
    descriptor, bytes, count, offset in
    let written = pwrite(descriptor, bytes, count, offset)
    if written > 0, let writes = pthread_getspecific(key) {
      Unmanaged<PacedWrites>.fromOpaque(writes).takeUnretainedValue()
        .wrote(offset..<offset + written, to: descriptor)
    }
    return written
  }

  private func wrote(_ bytes: Range<Int>, to file: Int32) {
    if file != descriptor {
      descriptor = file
      range = bytes
    } else {
      range = min(range.lowerBound, bytes.lowerBound)..<max(range.upperBound, bytes.upperBound)
    }
    byteCount += bytes.count
    if byteCount < Self.pieceBytes { return }
    martlet_write_out(file, range.lowerBound, range.count)
    descriptor = -1
    byteCount = 0
    var pause = timespec(tv_sec: 0, tv_nsec: Self.pauseNanoseconds)
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nil)
  }
}
