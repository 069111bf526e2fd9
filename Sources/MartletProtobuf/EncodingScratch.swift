internal import Glibc

/// A thread's buffer for encoded bytes on their way into an array. It keeps up to 64 KiB.
@usableFromInline
final class EncodingScratch {
  private static let keptByteCount = 64 << 10

  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  deinit { memory.deallocate() }

  /// Memory of this size, valid until the next call or until the scratch is given back.
  @usableFromInline
  func buffer(ofByteCount byteCount: Int) -> UnsafeMutableRawBufferPointer {
    if memory.count < byteCount {
      memory.deallocate()
      memory = .allocate(byteCount: max(byteCount, 4096), alignment: 16)
    }
    return UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
  }

  /// This thread's scratch, or a new one while that is borrowed.
  @usableFromInline
  static func borrow() -> EncodingScratch {
    guard let kept = pthread_getspecific(threadKey) else { return EncodingScratch() }
    pthread_setspecific(threadKey, nil)
    return Unmanaged<EncodingScratch>.fromOpaque(kept).takeRetainedValue()
  }

  @usableFromInline
  static func giveBack(_ scratch: EncodingScratch) {
    guard scratch.memory.count <= keptByteCount, pthread_getspecific(threadKey) == nil else {
      return
    }
    pthread_setspecific(threadKey, Unmanaged.passRetained(scratch).toOpaque())
  }

  private static let threadKey: pthread_key_t = {
    var key = pthread_key_t()
    let result = pthread_key_create(&key) { memory in
      guard let memory else { return }
      Unmanaged<EncodingScratch>.fromOpaque(memory).release()
    }
    precondition(result == 0, "the process has no thread-specific key left")
    return key
  }()
}
