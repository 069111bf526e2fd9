/// What happened to a stream since its owner last looked.
package struct HTTP2StreamEvents: OptionSet, Sendable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The header block is complete (of the request, or of the final response).
  package static let headers = Self(rawValue: 1)
  /// Bytes were added to `received`.
  package static let data = Self(rawValue: 2)
  /// The peer will send nothing more.
  package static let end = Self(rawValue: 4)
  /// Trailers are complete (client only).
  package static let trailers = Self(rawValue: 8)
  /// The stream is over, for the reason in `closeCode`.
  package static let closed = Self(rawValue: 16)
  /// No more than `drainMark` bytes are left in `outgoing`.
  package static let drained = Self(rawValue: 32)
}

/// One HTTP/2 stream: what was received, what waits to be sent.
///
/// Owned by its session until closed; then by whoever handles it until `recycle`, so that `headers`
/// stays readable for as long as a call may ask for them.
package final class HTTP2Stream {
  /// How the sending side ends.
  enum Ending {
    case open
    case endOfStream
    case trailers(HeaderFields)
    /// The end has been given to the library.
    case submitted
  }

  @exclusivity(unchecked) package internal(set) var id: Int32 = 0
  @exclusivity(unchecked) var pending: HTTP2StreamEvents = []

  /// The request's or the final response's fields.
  package let headers = HeaderBlock()
  /// A response's trailers; empty on a server, where nobody may send any that matter.
  package let trailers = HeaderBlock()
  /// The block exceeded the limits; not all fields were kept.
  @exclusivity(unchecked) package internal(set) var isHeaderListTooLarge = false
  @exclusivity(unchecked) var receivedFinalHeaders = false

  /// Payload received and not yet taken. Take bytes off here, then `consume` them on the session.
  package let received = ByteQueue()
  /// Received bytes for which the peer has not been given new window yet.
  @exclusivity(unchecked) package internal(set) var unconsumed = 0

  /// Payload that waits to be sent. After adding to it, call `resume` on the session.
  package let outgoing = ByteQueue()
  @exclusivity(unchecked) var ending = Ending.open
  /// As many bytes of `outgoing` are in the session's sum.
  @exclusivity(unchecked) var countedOutgoing = 0
  /// The library asked for data when there was none, and waits to be told.
  @exclusivity(unchecked) var isDeferred = false
  /// When `outgoing` sinks to this many bytes, `.drained` is noted once; −1: never.
  @exclusivity(unchecked) package var drainMark = -1

  /// Our last frame has been made.
  package var isLocalEnded: Bool { if case .submitted = ending { true } else { false } }
  @exclusivity(unchecked) package internal(set) var isRemoteClosed = false
  @exclusivity(unchecked) package internal(set) var isClosed = false
  /// Why the stream ended: the code of the RST_STREAM frame, sent or received, or NO_ERROR.
  @exclusivity(unchecked) package internal(set) var closeCode = HTTP2ErrorCode.noError
  /// The peer sent RST_STREAM.
  @exclusivity(unchecked) package internal(set) var wasResetByPeer = false
  /// The request's headers have left (client only); before that, nobody can have seen it.
  @exclusivity(unchecked) package internal(set) var wasSent = false
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
  @exclusivity(unchecked) private var ownerReference: Unmanaged<AnyObject>?
  /// `owner` is a call of the stream's present life.
  @exclusivity(unchecked) package var isOwned = false
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

  /// Lends the owner, whose type the caller knows.
  @inline(__always)
  package func withOwner<Owner: AnyObject, Result>(
    _ type: Owner.Type, _ body: (Owner) -> Result
  ) -> Result? {
    ownerReference?._withUnsafeGuaranteedRef { body(unsafeDowncast($0, to: type)) }
  }

  /// Nobody but the stream holds the owner.
  package func isOwnerUnique() -> Bool { isKnownUniquelyReferenced(&storedOwner) }

  func prepareForReuse() {
    id = 0
    pending = []
    headers.reset()
    trailers.reset()
    isHeaderListTooLarge = false
    receivedFinalHeaders = false
    received.reset()
    unconsumed = 0
    outgoing.reset()
    countedOutgoing = 0
    ending = .open
    isDeferred = false
    drainMark = -1
    isRemoteClosed = false
    isClosed = false
    closeCode = .noError
    wasResetByPeer = false
    wasResetHere = false
    wasSent = false
    resetsAfterEnd = false
    isOwned = false
    openIndex = -1
  }
}
