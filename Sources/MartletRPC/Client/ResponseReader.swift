/// The reader's side of a call with many responses: takes runs of messages and deals them out one
/// by one.
///
/// `@unchecked Sendable`: for one reader at a time, as `AsyncIteratorProtocol` demands.
final class ResponseReader: @unchecked Sendable {
  let call: ClientCall
  private var run: [UInt8] = []
  private var offset = 0
  /// Bytes taken for which the server has not been given new window.
  private var uncredited = 0
  private var end: RPCStatus??
  private let creditThreshold: Int
  private let gzip = GzipCoder()

  init(call: ClientCall) {
    self.call = call
    creditThreshold = call.channel.configuration.streamWindowBytes / 4
  }

  func abandon() { call.channel.cancel(call) }

  /// Stays where its caller is: only a wait leaves the caller's actor.
  nonisolated(nonsending) func next<M>(
    _ decode: (UnsafeRawBufferPointer) throws(RPCStatus) -> M
  ) async throws -> M? {
    while offset == run.count {
      if let end {
        if let status = end { throw status }
        return nil
      }
      switch await waitForMore() {
      case .messages(let bytes):
        run = bytes
        offset = 0
      case .end(let status):
        end = .some(status)
        if status != nil, Task.isCancelled { throw CancellationError() }
      }
    }
    return try takeMessage(decode)
  }

  private nonisolated(nonsending) func waitForMore() async -> ResponseInbox.Delivery {
    guard let inbox = call.inbox else { return .end(nil) }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { inbox.read($0) }
    } onCancel: {
      call.channel.cancel(call)
    }
  }

  private static func decode<M>(
    _ message: [UInt8], _ decode: (UnsafeRawBufferPointer) throws(RPCStatus) -> M
  ) throws(RPCStatus) -> M {
    let result: Result<M, RPCStatus> = message.withUnsafeBytes { bytes in
      Result { () throws(RPCStatus) in try decode(bytes) }
    }
    return try result.get()
  }

  /// `run` holds whole messages only.
  private func takeMessage<M>(
    _ decode: (UnsafeRawBufferPointer) throws(RPCStatus) -> M
  ) throws(RPCStatus) -> M {
    let start = offset + MessageAssembler.prefixBytes
    let result: Result<M, RPCStatus> = run.withUnsafeBytes { bytes in
      let length = Int(
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt32.self)))
      offset = start + length
      let content = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
      let isCompressed = bytes[start - MessageAssembler.prefixBytes] == 1
      return Result { () throws(RPCStatus) in
        guard isCompressed else { return try decode(content) }
        let limit = max(1, call.options.maxResponseBytes)
        return try Self.decode(try gzip.decompress(content, limit: limit), decode)
      }
    }
    uncredited += offset - start + MessageAssembler.prefixBytes
    if uncredited >= creditThreshold {
      call.channel.credit(call, uncredited)
      uncredited = 0
    }
    return try result.get()
  }
}
