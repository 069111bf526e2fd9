internal import CArenaSlot
internal import CProtobufC
internal import Glibc

// One arena for each thread, made when the thread codes its first message and freed when it ends.

extension ProtobufArena {
  @usableFromInline
  static func ofThisThread() -> ProtobufArena {
    guard let known = martlet_arena() else { return makeForThisThread() }
    return ProtobufArena(state: known.assumingMemoryBound(to: State.self))
  }

  @inline(never)
  private static func makeForThisThread() -> ProtobufArena {
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    let allocator = UnsafeMutablePointer<ProtobufCAllocator>.allocate(capacity: 1)
    allocator.initialize(
      to: ProtobufCAllocator(
        alloc: { state, byteCount in
          state?.assumingMemoryBound(to: State.self).pointee.allocate(byteCount)
        },
        free: { _, _ in }, allocator_data: state))
    let chunk = UnsafeMutableRawPointer.allocate(
      byteCount: firstChunkByteCount, alignment: 16)
    state.initialize(
      to: State(
        cursor: chunk, limit: chunk + firstChunkByteCount, newestChunk: nil,
        encodedByteCountMax: 0, nextChunkByteCount: 2 * firstChunkByteCount,
        decodedByteCount: 0, takenByteCount: 0, isExhausted: false, allocator: allocator))
    martlet_set_arena(state)
    pthread_setspecific(threadKey, state)
    return ProtobufArena(state: state)
  }

  private static let threadKey: pthread_key_t = {
    var key = pthread_key_t()
    let result = pthread_key_create(&key) { memory in
      guard let memory else { return }
      // What ends after this may code a message, too, and then makes an arena of its own.
      martlet_set_arena(nil)
      let state = memory.assumingMemoryBound(to: State.self)
      // No message is being coded when a thread ends, so this is the first chunk's end.
      (state.pointee.limit - ProtobufArena.firstChunkByteCount).deallocate()
      state.pointee.allocator.deallocate()
      state.deallocate()
    }
    precondition(result == 0, "the process has no thread-specific key left")
    return key
  }()
}
