public import CProtobufC
internal import Glibc

/// Memory for protobuf-c's structs while one message is decoded or encoded: taken by moving a
/// pointer, given back all at once.
///
/// Each thread has an arena of its own, whose first chunk it keeps; larger messages take further
/// chunks, which are freed when the message is done. For generated code only: a value must not
/// leave the closure that it was handed to.
public struct ProtobufArena {
  @usableFromInline let state: UnsafeMutablePointer<State>

  /// What an arena consists of. C points to it, so it never moves.
  @usableFromInline struct State {
    /// The free part of the current chunk.
    @usableFromInline var cursor: UnsafeMutableRawPointer
    @usableFromInline var limit: UnsafeMutableRawPointer
    /// The newest further chunk.
    @usableFromInline var newestChunk: UnsafeMutablePointer<Chunk>?
    /// No less than the encoded size of the structs made since an encoding began.
    @usableFromInline var encodedByteCountMax: Int
    var nextChunkByteCount: Int
    /// The size of the message that protobuf-c unpacks, and how much it has taken for it in further
    /// chunks.
    var decodedByteCount: Int
    var takenByteCount: Int
    /// Whether an allocation was refused for want of budget.
    var isExhausted: Bool
    /// Hands this arena to protobuf-c.
    var allocator: UnsafeMutablePointer<ProtobufCAllocator>
  }

  /// What a further chunk begins with: how things were before it.
  @usableFromInline struct Chunk {
    var limit: UnsafeMutableRawPointer
    var newestChunk: UnsafeMutablePointer<Chunk>?
    var nextChunkByteCount: Int
  }

  /// Where an arena stood before a message, so that messages can be coded inside others' closures.
  @usableFromInline struct Mark {
    @usableFromInline let cursor: UnsafeMutableRawPointer
    @usableFromInline let newestChunk: UnsafeMutablePointer<Chunk>?

    @inlinable
    init(cursor: UnsafeMutableRawPointer, newestChunk: UnsafeMutablePointer<Chunk>?) {
      (self.cursor, self.newestChunk) = (cursor, newestChunk)
    }
  }

  static let firstChunkByteCount = 64 << 10
  static let largestChunkByteCount = 4 << 20
  static let chunkHeaderByteCount = 32
  @usableFromInline static let alignment = 8

  /// The most that a field takes beside its text, bytes or submessage: a tag of up to 5 bytes and
  /// a number or length of up to 10.
  @usableFromInline static let fieldOverheadMax = 15
  /// Messages up to this size are packed at once and then copied, which costs less than to let
  /// protobuf-c compute the size first.
  @usableFromInline static let packAtOnceByteCountMax = 2048

  /// The bytes of memory, beside the thread's first chunk, that decoding a message of this size
  /// may take: 4 MiB + 16 times its size, and never more than 256 MiB.
  ///
  /// A message of small submessages grows up to 70 times when it is decoded. The constant part
  /// lets 10,000 of them through; the factor holds back large messages made of nothing else.
  public static func decodingBudget(forByteCount byteCount: Int) -> Int {
    min(4 << 20 + 16 * min(byteCount, 1 << 40), 256 << 20)
  }
}

// MARK: Coding a message

extension ProtobufArena {
  /// Packs the C struct that `build` makes into the memory that `reserve` returns.
  @inlinable
  public static func encode<C>(
    into reserve: (_ byteCount: Int) -> UnsafeMutableRawBufferPointer,
    _ build: (ProtobufArena) -> UnsafeMutablePointer<C>
  ) {
    let arena = ProtobufArena.ofThisThread()
    let mark = arena.mark()
    arena.state.pointee.encodedByteCountMax = 0
    let message = UnsafeRawPointer(build(arena)).assumingMemoryBound(to: ProtobufCMessage.self)
    arena.pack(message, into: reserve)
    arena.release(to: mark)
  }

  @usableFromInline
  func pack(
    _ message: UnsafePointer<ProtobufCMessage>,
    into reserve: (_ byteCount: Int) -> UnsafeMutableRawBufferPointer
  ) {
    let byteCountMax = state.pointee.encodedByteCountMax
    if byteCountMax <= Self.packAtOnceByteCountMax {
      let packed = allocate(byteCountMax)
      let byteCount = protobuf_c_message_pack(
        message, packed.assumingMemoryBound(to: UInt8.self))
      let target = reserve(byteCount)
      precondition(target.count >= byteCount, "the reserved memory is smaller than the message")
      target.baseAddress?.copyMemory(from: packed, byteCount: byteCount)
    } else {
      let byteCount = protobuf_c_message_get_packed_size(message)
      let target = reserve(byteCount)
      precondition(target.count >= byteCount, "the reserved memory is smaller than the message")
      guard byteCount > 0 else { return }
      protobuf_c_message_pack(message, target.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
  }
}

extension ProtobufArena {
  /// A message as protobuf-c has unpacked it into this thread's arena.
  public struct Unpacked {
    @usableFromInline let arena: ProtobufArena
    @usableFromInline let mark: Mark
    @usableFromInline let message: UnsafeRawPointer

    /// - Parameter checksFields: Whether the type has fields that protobuf-c may read otherwise
    ///   than the specification says: messages, maps and `bool`.
    public init(
      _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
      checksFields: Bool
    ) throws(ProtobufDecodingError) {
      arena = ProtobufArena.ofThisThread()
      mark = arena.mark()
      arena.state.pointee.decodedByteCount = bytes.count
      arena.state.pointee.takenByteCount = 0
      arena.state.pointee.isExhausted = false
      if WireScan.isRegular(bytes, checksFields ? descriptor : nil),
        let message = arena.unpack(bytes, descriptor)
      {
        self.message = message
      } else {
        message = try arena.unpackNormalForm(of: bytes, descriptor, after: mark)
      }
    }

    /// The C struct, valid until `discard`.
    @inlinable
    public func message<C>(as type: C.Type) -> UnsafePointer<C> {
      message.assumingMemoryBound(to: C.self)
    }

    /// Gives the memory back. To be called once, on the same thread, before anything that was
    /// unpacked earlier is discarded.
    @inlinable
    public func discard() { arena.release(to: mark) }
  }
}

extension ProtobufArena {
  /// nil if protobuf-c refuses the bytes, or finds no memory.
  private func unpack(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> UnsafeRawPointer? {
    let data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let allocator = state.pointee.allocator
    return protobuf_c_message_unpack(descriptor, allocator, bytes.count, data)
      .map { UnsafeRawPointer($0) }
  }

  /// Unpacks what protobuf-c would misread or has refused.
  @inline(never)
  private func unpackNormalForm(
    of bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    after mark: Mark
  ) throws(ProtobufDecodingError) -> UnsafeRawPointer {
    release(to: mark)
    guard !state.pointee.isExhausted else { throw .tooLarge }
    let normal = try WireNormalForm.of(bytes, descriptor)
    state.pointee.takenByteCount = 0
    if let message = normal.withUnsafeBytes({ unpack($0, descriptor) }) { return message }
    release(to: mark)
    throw state.pointee.isExhausted ? .tooLarge : .malformed
  }
}

// MARK: Building C structs

extension ProtobufArena {
  /// A C struct of a message with every field unset.
  @inlinable
  public func make<C>(
    _ type: C.Type, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> UnsafeMutablePointer<C> {
    let memory = allocate(MemoryLayout<C>.size)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: MemoryLayout<C>.size)
    memory.assumingMemoryBound(to: ProtobufCMessage.self).pointee.descriptor = descriptor
    let fieldCount = Int(descriptor.pointee.n_fields)
    state.pointee.encodedByteCountMax += fieldCount * Self.fieldOverheadMax
    return memory.assumingMemoryBound(to: C.self)
  }

  /// A C array with one element for each value; nil if there is none.
  @inlinable
  public func list<Values: Collection, C>(
    _ values: Values, _ element: (Values.Element) -> C
  ) -> UnsafeMutablePointer<C>? {
    guard !values.isEmpty else { return nil }
    let memory = allocate(values.count * MemoryLayout<C>.stride)
    let elements = memory.assumingMemoryBound(to: C.self)
    state.pointee.encodedByteCountMax += values.count * Self.fieldOverheadMax
    var next = elements
    for value in values {
      next.initialize(to: element(value))
      next += 1
    }
    return elements
  }

  /// The UTF-8 of a string.
  public func copy(_ string: String) -> ProtobufCBinaryData {
    // `withUTF8` would need a copy of the string that it may change.
    string.utf8.span.withUnsafeBytes { copy($0) }
  }

  /// Bytes copied into the arena, as a field of a C message.
  public func copy(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    bytes.withUnsafeBytes { copy($0) }
  }

  @inline(__always)
  private func copy(_ bytes: UnsafeRawBufferPointer) -> ProtobufCBinaryData {
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return ProtobufCBinaryData() }
    let memory = allocate(bytes.count)
    memory.copyMemory(from: source, byteCount: bytes.count)
    state.pointee.encodedByteCountMax += bytes.count
    return ProtobufCBinaryData(
      len: bytes.count, data: memory.assumingMemoryBound(to: UInt8.self))
  }

  @inlinable @inline(__always)
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let rounded = (byteCount + Self.alignment - 1) & ~(Self.alignment - 1)
    let memory = state.pointee.cursor
    guard rounded <= state.pointee.limit - memory else { return allocateFromNewChunk(rounded) }
    state.pointee.cursor = memory + rounded
    return memory
  }

  @usableFromInline @inline(never)
  func allocateFromNewChunk(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard let memory = state.pointee.allocateFromNewChunk(byteCount, budget: .max) else {
      preconditionFailure("out of memory while encoding a message")
    }
    return memory
  }
}

// MARK: Memory

extension ProtobufArena {
  @inlinable @inline(__always)
  func mark() -> Mark {
    Mark(cursor: state.pointee.cursor, newestChunk: state.pointee.newestChunk)
  }

  /// Gives back what was taken since.
  @inlinable @inline(__always)
  func release(to mark: Mark) {
    if state.pointee.newestChunk != mark.newestChunk { freeChunks(after: mark) }
    state.pointee.cursor = mark.cursor
  }

  @usableFromInline @inline(never)
  func freeChunks(after mark: Mark) {
    while let chunk = state.pointee.newestChunk, chunk != mark.newestChunk {
      state.pointee.limit = chunk.pointee.limit
      state.pointee.newestChunk = chunk.pointee.newestChunk
      state.pointee.nextChunkByteCount = chunk.pointee.nextChunkByteCount
      free(chunk)
    }
  }
}

extension ProtobufArena.State {
  /// For protobuf-c. nil if the budget or the memory of the machine is used up.
  @inline(__always)
  mutating func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let mask = ProtobufArena.alignment - 1
    // protobuf-c may ask for a product that went wrong: negative here.
    guard byteCount >= 0, byteCount <= Int.max - mask else { return nil }
    let rounded = (byteCount + mask) & ~mask
    let memory = cursor
    guard rounded <= limit - memory else { return allocateWithinBudget(rounded) }
    cursor = memory + rounded
    return memory
  }

  @inline(never)
  private mutating func allocateWithinBudget(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let budget = ProtobufArena.decodingBudget(forByteCount: decodedByteCount) - takenByteCount
    guard byteCount <= budget - ProtobufArena.chunkHeaderByteCount else {
      isExhausted = true
      return nil
    }
    guard let memory = allocateFromNewChunk(byteCount, budget: budget) else { return nil }
    takenByteCount += limit - (memory - ProtobufArena.chunkHeaderByteCount)
    return memory
  }

  /// nil if the memory of the machine is used up.
  fileprivate mutating func allocateFromNewChunk(
    _ byteCount: Int, budget: Int
  ) -> UnsafeMutableRawPointer? {
    let needed = byteCount + ProtobufArena.chunkHeaderByteCount
    let chunkByteCount = max(needed, min(nextChunkByteCount, budget))
    guard let memory = malloc(chunkByteCount) else { return nil }
    let chunk = memory.bindMemory(to: ProtobufArena.Chunk.self, capacity: 1)
    chunk.initialize(
      to: ProtobufArena.Chunk(
        limit: limit, newestChunk: newestChunk, nextChunkByteCount: nextChunkByteCount))
    newestChunk = chunk
    nextChunkByteCount = min(2 * nextChunkByteCount, ProtobufArena.largestChunkByteCount)
    limit = memory + chunkByteCount
    cursor = memory + needed
    return memory + ProtobufArena.chunkHeaderByteCount
  }
}
