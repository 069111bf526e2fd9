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
    /// Hands this arena to protobuf-c.
    var allocator: UnsafeMutablePointer<ProtobufCAllocator>
    /// The free part of the current chunk.
    var cursor: UnsafeMutableRawPointer
    var limit: UnsafeMutableRawPointer
    /// How many bytes of further chunks may still be taken.
    var budget: Int
    /// Whether an allocation was refused for want of budget.
    var isExhausted: Bool
    /// The newest further chunk; each begins with the address of the one before.
    var newestChunk: UnsafeMutableRawPointer?
    var nextChunkByteCount: Int
    /// No less than the encoded size of the structs made since an encoding began.
    @usableFromInline var encodedByteCountMax: Int
  }

  /// Where an arena stood before a message, so that messages can be coded inside others' closures.
  @usableFromInline struct Mark {
    var cursor: UnsafeMutableRawPointer
    var limit: UnsafeMutableRawPointer
    var budget: Int
    var isExhausted: Bool
    var newestChunk: UnsafeMutableRawPointer?
    var nextChunkByteCount: Int
  }

  static let firstChunkByteCount = 64 << 10
  static let largestChunkByteCount = 4 << 20
  static let chunkHeaderByteCount = 16
  static let alignment = 8

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
    let mark = arena.begin(budget: .max)
    defer { arena.end(mark) }
    arena.state.pointee.encodedByteCountMax = 0
    let message = UnsafeRawPointer(build(arena)).assumingMemoryBound(to: ProtobufCMessage.self)
    arena.pack(message, into: reserve)
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
      let isRegular = WireScan.isRegular(bytes, checksFields ? descriptor : nil)
      let arena = ProtobufArena.ofThisThread()
      let budget = ProtobufArena.decodingBudget(forByteCount: bytes.count)
      var mark = arena.begin(budget: budget)
      var message = isRegular ? arena.unpack(bytes, descriptor) : nil
      if message == nil, !arena.state.pointee.isExhausted {
        arena.end(mark)
        let normal = try WireNormalForm.of(bytes, descriptor)
        mark = arena.begin(budget: budget)
        message = normal.withUnsafeBytes { arena.unpack($0, descriptor) }
      }
      guard let message else {
        let isTooLarge = arena.state.pointee.isExhausted
        arena.end(mark)
        throw isTooLarge ? .tooLarge : .malformed
      }
      (self.arena, self.mark, self.message) = (arena, mark, message)
    }

    /// The C struct, valid until `discard`.
    @inlinable
    public func message<C>(as type: C.Type) -> UnsafePointer<C> {
      message.assumingMemoryBound(to: C.self)
    }

    /// Gives the memory back. To be called once, on the same thread, before anything that was
    /// unpacked earlier is discarded.
    public func discard() { arena.end(mark) }
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
    var string = string
    return string.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
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

  @usableFromInline @inline(__always)
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard let memory = state.pointee.allocate(byteCount) else {
      // The budget of encoding is without bound, so malloc itself has failed.
      preconditionFailure("out of memory while encoding a message")
    }
    return memory
  }
}

// MARK: Memory

extension ProtobufArena {
  @usableFromInline @inline(__always)
  func begin(budget: Int) -> Mark {
    let mark = Mark(
      cursor: state.pointee.cursor, limit: state.pointee.limit, budget: state.pointee.budget,
      isExhausted: state.pointee.isExhausted, newestChunk: state.pointee.newestChunk,
      nextChunkByteCount: state.pointee.nextChunkByteCount)
    state.pointee.budget = budget
    state.pointee.isExhausted = false
    return mark
  }

  @usableFromInline @inline(__always)
  func end(_ mark: Mark) {
    while let chunk = state.pointee.newestChunk, chunk != mark.newestChunk {
      state.pointee.newestChunk = chunk.load(as: UnsafeMutableRawPointer?.self)
      free(chunk)
    }
    state.pointee.cursor = mark.cursor
    state.pointee.limit = mark.limit
    state.pointee.budget = mark.budget
    state.pointee.isExhausted = mark.isExhausted
    state.pointee.nextChunkByteCount = mark.nextChunkByteCount
  }
}

extension ProtobufArena.State {
  /// nil if the budget or the memory of the machine is used up.
  @inline(__always)
  mutating func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let mask = ProtobufArena.alignment - 1
    // protobuf-c may ask for a product that went wrong: negative here.
    guard byteCount >= 0, byteCount <= Int.max - mask else { return nil }
    let rounded = (byteCount + mask) & ~mask
    guard rounded <= limit - cursor else { return allocateFromNewChunk(rounded) }
    defer { cursor += rounded }
    return cursor
  }

  @inline(never)
  private mutating func allocateFromNewChunk(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let (needed, overflow) = byteCount.addingReportingOverflow(ProtobufArena.chunkHeaderByteCount)
    guard !overflow, needed <= budget else {
      isExhausted = true
      return nil
    }
    let chunkByteCount = max(needed, min(nextChunkByteCount, budget))
    guard let chunk = malloc(chunkByteCount) else { return nil }
    budget -= chunkByteCount
    nextChunkByteCount = min(2 * nextChunkByteCount, ProtobufArena.largestChunkByteCount)
    chunk.storeBytes(of: newestChunk, as: UnsafeMutableRawPointer?.self)
    newestChunk = chunk
    let memory = chunk + ProtobufArena.chunkHeaderByteCount
    cursor = memory + byteCount
    limit = chunk + chunkByteCount
    return memory
  }
}
