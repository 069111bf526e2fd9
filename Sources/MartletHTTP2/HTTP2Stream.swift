/// What happened to a stream since its owner last looked.
///
/// Not an `OptionSet`, which other modules would ask through its protocols. Public, as all that
/// calls use often in this module: what is only `package` is not inlined elsewhere.
@frozen
public struct HTTP2StreamEvents: Equatable, Sendable, ExpressibleByArrayLiteral {
  @usableFromInline var bits: UInt8

  @inlinable init(bits: UInt8) { self.bits = bits }

  public init(arrayLiteral events: Self...) { bits = events.reduce(0) { $0 | $1.bits } }

  @inlinable public static var none: Self { Self(bits: 0) }
  /// The header block is complete (of the request, or of the final response).
  @inlinable public static var headers: Self { Self(bits: 1) }
  /// Bytes were added to `received`.
  @inlinable public static var data: Self { Self(bits: 2) }
  /// The peer will send nothing more.
  @inlinable public static var end: Self { Self(bits: 4) }
  /// Trailers are complete (client only).
  @inlinable public static var trailers: Self { Self(bits: 8) }
  /// The stream is over, for the reason in `closeCode`.
  @inlinable public static var closed: Self { Self(bits: 16) }
  /// No more than `drainMark` bytes are left in `outgoing`.
  @inlinable public static var drained: Self { Self(bits: 32) }

  @inlinable public var isEmpty: Bool { bits == 0 }

  @inlinable
  public func contains(_ event: Self) -> Bool { bits & event.bits != 0 }

  @inlinable
  public mutating func insert(_ event: Self) { bits |= event.bits }
}

/// One HTTP/2 stream: what was received, what waits to be sent.
///
/// Owned by its session until closed; then by whoever handles it until `recycle`, so that `headers`
/// stays readable for as long as a call may ask for them.
public final class HTTP2Stream {
  /// How the sending side ends.
  enum Ending {
    case open
    case endOfStream
    case trailers(HeaderFields)
    /// The end has been given to the library.
    case submitted
  }

  /// What other modules ask for. They would check each access for exclusivity if these were
  /// properties of the class, whatever is said here: that was 3 % of a call's cost.
  @usableFromInline struct Facts {
    @usableFromInline var id: Int32 = 0
    @usableFromInline var isHeaderListTooLarge = false
    @usableFromInline var unconsumed = 0
    @usableFromInline var drainMark = -1
    @usableFromInline var isRemoteClosed = false
    @usableFromInline var isClosed = false
    @usableFromInline var wasResetByPeer = false
    @usableFromInline var wasSent = false
    @usableFromInline var isOwned = false
  }

  @exclusivity(unchecked) @usableFromInline var facts = Facts()
  @exclusivity(unchecked) var pending = HTTP2StreamEvents.none

  /// The request's or the final response's fields.
  package let headers = HeaderBlock()
  /// A response's trailers; empty on a server, where nobody may send any that matter.
  package let trailers = HeaderBlock()
  @exclusivity(unchecked) var receivedFinalHeaders = false
  /// The peer sent END_STREAM (client only).
  @exclusivity(unchecked) package internal(set) var receivedEnd = false

  /// Payload received and not yet taken. Take bytes off here, then `consume` them on the session.
  package let received = ByteQueue()

  /// Payload that waits to be sent. After adding to it, call `resume` on the session.
  package let outgoing = ByteQueue()
  @exclusivity(unchecked) var ending = Ending.open
  /// As many bytes of `outgoing` are in the session's sum.
  @exclusivity(unchecked) var countedOutgoing = 0
  /// The library asked for data when there was none, and waits to be told.
  @exclusivity(unchecked) var isDeferred = false

  /// Why the stream ended: the code of the RST_STREAM frame, sent or received, or NO_ERROR.
  @exclusivity(unchecked) package internal(set) var closeCode = HTTP2ErrorCode.noError
  /// Our side sent RST_STREAM on purpose.
  @exclusivity(unchecked) var wasResetHere = false
  /// Send RST_STREAM(NO_ERROR) after the last frame, because the peer has not finished sending.
  @exclusivity(unchecked) var resetsAfterEnd = false

  /// The call that this stream carries, or one kept for the next time. Whoever sets it clears it.
  package var owner: AnyObject? {
    get { storedOwner }
    set {
      storedOwner = newValue
      ownerReference = newValue.map { Unmanaged.passUnretained($0) }
    }
  }
  @exclusivity(unchecked) private var storedOwner: AnyObject?
  /// The owner, to be used without counting a reference.
  @exclusivity(unchecked) @usableFromInline private(set) var ownerReference: Unmanaged<AnyObject>?
  /// To be kept for reuse.
  @exclusivity(unchecked) var isKept = false
  /// The place in the session's list of open streams.
  @exclusivity(unchecked) var openIndex = -1

  deinit {
    headers.deallocate()
    trailers.deallocate()
    received.deallocate()
    outgoing.deallocate()
  }

  /// There is one.
  @inlinable public var hasOwner: Bool { ownerReference != nil }

  /// Lends the owner, whose type the caller knows.
  @inlinable @inline(__always)
  public func withOwner<Owner: AnyObject, Result>(
    _ type: Owner.Type, _ body: (Owner) -> Result
  ) -> Result? {
    ownerReference?._withUnsafeGuaranteedRef { body(unsafeDowncast($0, to: type)) }
  }

  /// Nobody but the stream holds the owner.
  package func isOwnerUnique() -> Bool { isKnownUniquelyReferenced(&storedOwner) }

  func prepareForReuse() {
    facts = Facts()
    pending = .none
    headers.reset()
    trailers.reset()
    receivedFinalHeaders = false
    receivedEnd = false
    received.reset()
    outgoing.reset()
    countedOutgoing = 0
    ending = .open
    isDeferred = false
    closeCode = .noError
    wasResetHere = false
    resetsAfterEnd = false
    openIndex = -1
  }
}

extension HTTP2Stream {
  /// Odd, given by the client; 0 before.
  public internal(set) var id: Int32 {
    @inlinable get { facts.id }
    set { facts.id = newValue }
  }

  /// The block exceeded the limits; not all fields were kept.
  public internal(set) var isHeaderListTooLarge: Bool {
    @inlinable get { facts.isHeaderListTooLarge }
    set { facts.isHeaderListTooLarge = newValue }
  }

  /// Received bytes for which the peer has not been given new window yet.
  public internal(set) var unconsumed: Int {
    @inlinable get { facts.unconsumed }
    set { facts.unconsumed = newValue }
  }

  /// When `outgoing` sinks to this many bytes, `.drained` is noted once; −1: never.
  public var drainMark: Int {
    @inlinable get { facts.drainMark }
    @inlinable set { facts.drainMark = newValue }
  }

  /// Our last frame has been made.
  package var isLocalEnded: Bool { if case .submitted = ending { true } else { false } }

  /// The peer sends nothing more.
  public internal(set) var isRemoteClosed: Bool {
    @inlinable get { facts.isRemoteClosed }
    set { facts.isRemoteClosed = newValue }
  }

  /// The stream is over.
  public internal(set) var isClosed: Bool {
    @inlinable get { facts.isClosed }
    set { facts.isClosed = newValue }
  }

  /// The peer sent RST_STREAM.
  public internal(set) var wasResetByPeer: Bool {
    @inlinable get { facts.wasResetByPeer }
    set { facts.wasResetByPeer = newValue }
  }

  /// The request's headers have left (client only); before that, nobody can have seen it.
  public internal(set) var wasSent: Bool {
    @inlinable get { facts.wasSent }
    set { facts.wasSent = newValue }
  }

  /// `owner` is a call of the stream's present life.
  public var isOwned: Bool {
    @inlinable get { facts.isOwned }
    @inlinable set { facts.isOwned = newValue }
  }
}
