import Crypto

/// `file.digest`: SHA-256, size and lines of the file at `{"path": "/absolute/path"}`, below the
/// roots that the configuration allows.
///
/// Fails with NOT_ALLOWED, NOT_FOUND, NOT_A_FILE, PERMISSION_DENIED, INVALID_PAYLOAD, which no
/// retry changes, or READ_FAILED, which one may.
package struct FileDigestHandler: TaskHandler {
  package let kind = "file.digest"
  package let roots: FileRoots

  private static let pieceBytes = 256 * 1024

  private struct Payload: Decodable {
    var path: String
  }

  private struct Digest: Encodable {
    var path: String
    /// 64 digits in lower case.
    var sha256: String
    var bytes: Int64
    /// Line feeds.
    var lines: Int64
  }

  package init(roots: FileRoots) { self.roots = roots }

  package func run(_ context: HandlerContext) async throws(HandlerFailure) -> HandlerResult {
    let payload = try JSONPayload.decode(
      Payload.self, from: context.payload, expected: "{\"path\": \"/usr/share/doc/a\"}")
    let file = try roots.open(payload.path)
    let total = file.byteCount
    var hash = SHA256()
    var bytes: Int64 = 0
    var lines: Int64 = 0
    try file.forEachPiece(pieceBytesMax: Self.pieceBytes) { piece throws(HandlerFailure) in
      try context.checkCancellation()
      hash.update(bufferPointer: piece)
      bytes += Int64(piece.count)
      lines += Self.lineFeeds(in: piece)
      if bytes < total { context.report(Self.progress(bytes: bytes, of: total)) }
    }
    return try JSONPayload.result(
      Digest(
        path: payload.path, sha256: Self.hexadecimal(hash.finalize()), bytes: bytes, lines: lines))
  }

  private static func progress(bytes: Int64, of total: Int64) -> HandlerProgress {
    HandlerProgress(percent: 100 * Double(bytes) / Double(total), counters: ["bytes": bytes])
  }

  private static func lineFeeds(in bytes: UnsafeRawBufferPointer) -> Int64 {
    var count = 0
    for byte in bytes { count &+= byte == UInt8(ascii: "\n") ? 1 : 0 }
    return Int64(count)
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
