import CLinux
import Glibc

/// A thread of our own, from the system. To be joined or detached once.
///
/// Unchecked: a `pthread_t` is a number that any thread may use; only its C type does not say so.
struct SystemThread: @unchecked Sendable {
  private let handle: pthread_t

  private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Nil if the system has no room for another one. All signals are blocked in it: they are for
  /// the main thread. Of the name, the system keeps 15 bytes.
  static func start(
    name: String, rank: ThreadRank = .first, _ run: @escaping @Sendable () -> Void
  ) -> SystemThread? {
    var allSignals = sigset_t()
    var signalsBefore = sigset_t()
    sigfillset(&allSignals)
    pthread_sigmask(SIG_SETMASK, &allSignals, &signalsBefore)
    defer { pthread_sigmask(SIG_SETMASK, &signalsBefore, nil) }

    let body = Unmanaged.passRetained(
      Body {
        rank.take()
        run()
      })
    var handle = pthread_t()
    let error = pthread_create(
      &handle, nil,
      { body in
        if let body { Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run() }
        return nil
      }, body.toOpaque())
    guard error == 0 else {
      body.release()
      return nil
    }
    pthread_setname_np(handle, shortened(name))
    return SystemThread(handle: handle)
  }

  var isCurrent: Bool { pthread_equal(handle, pthread_self()) != 0 }

  /// Waits for its end. A thread that would wait for itself is detached instead.
  func join() {
    if isCurrent { detach() } else { pthread_join(handle, nil) }
  }

  func detach() { pthread_detach(handle) }

  /// Of the thread that asks.
  static var currentName: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16) { name in
      guard let start = name.baseAddress,
        pthread_getname_np(pthread_self(), start, name.count) == 0
      else { return "" }
      return String(cString: start)
    }
  }

  private static func shortened(_ name: String) -> String {
    var short = name
    while short.utf8.count > 15 { short.removeLast() }
    return short
  }
}

/// Where one thread waits until another lets it go on. Each `unpark` lets one `park` pass, also
/// one that comes later.
///
/// Unchecked: a semaphore lives at one address and is made for use by many threads.
final class Parker: @unchecked Sendable {
  private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func unpark() { sem_post(semaphore) }

  func park() {
    while sem_wait(semaphore) != 0 && errno == EINTR {}
  }

  /// Whether it was let go on before so many seconds had passed.
  func park(seconds: Int) -> Bool {
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &end)
    end.tv_sec += seconds
    while sem_clockwait(semaphore, CLOCK_MONOTONIC, &end) != 0 {
      if errno != EINTR { return false }
    }
    return true
  }
}
