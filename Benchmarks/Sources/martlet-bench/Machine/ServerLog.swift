import Foundation
import Glibc

/// What a server writes to standard error: one JSON object a line.
struct ServerLog {
  enum Start: Sendable {
    /// Serves at this address.
    case serving(String)
    /// Has ended without serving; its last lines.
    case ended([String])
  }

  private struct Line: Decodable {
    var message: String
    var level: String?
    var addresses: String?
  }

  let descriptor: CInt

  /// Reads to the end, then closes. Calls `report` once; shows the server's warnings.
  func read(_ report: (Start) -> Void) {
    guard let file = fdopen(descriptor, "r") else { return }
    defer { fclose(file) }
    var isReported = false
    var last: [String] = []
    var buffer: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(buffer) }
    while getline(&buffer, &capacity, file) > 0, let bytes = buffer {
      let text = String(cString: bytes).trimmingCharacters(in: .newlines)
      last = (last + [text]).suffix(5)
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else { continue }
      if line.message == "serving", let address = line.addresses, !isReported {
        isReported = true
        report(.serving(address))
      } else if ["warning", "error", "critical"].contains(line.level) {
        FileHandle.standardError.write(Data("martletd: \(text)\n".utf8))
      }
    }
    if !isReported { report(.ended(last)) }
  }
}
