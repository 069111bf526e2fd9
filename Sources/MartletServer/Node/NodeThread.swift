import Glibc

/// A thread of our own: joined, never detached.
///
/// Unchecked: the handle is written once before any other thread can see the object.
final class NodeThread: @unchecked Sendable {
  private var handle = pthread_t()

  private final class Body {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// - Parameter name: At most 15 bytes; shown by `top -H`.
  init(name: String, _ run: @escaping @Sendable () -> Void) {
    let body = Unmanaged.passRetained(Body(name: name, run: run))
    let failure = pthread_create(
      &handle, nil,
      { pointer in
        guard let pointer else { return nil }
        let body = Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue()
        Self.show(body.name)
        body.run()
        return nil
      }, body.toOpaque())
    precondition(failure == 0, "the system has no thread left for \(name)")
  }

  /// `pthread_setname_np` is not in the overlay of the C library; the kernel takes it as a file.
  private static func show(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY)
    guard file >= 0 else { return }
    _ = write(file, name, name.utf8.count)
    close(file)
  }

  func join() { pthread_join(handle, nil) }
}
