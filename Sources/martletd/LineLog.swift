import Foundation
import Logging

/// Writes one line a message to standard error: as text for people, as JSON for programs.
struct LineLog: LogHandler {
  enum Format: Sendable {
    case text
    case json
  }

  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level
  private let format: Format
  private let label: String

  init(label: String, format: Format, level: Logger.Level) {
    self.label = label
    self.format = format
    logLevel = level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
      .sorted { $0.key < $1.key }
    let time = Date().formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true))
    let line: String
    switch format {
    case .text:
      let pairs = all.map { " \($0.key)=\(Self.escaped("\($0.value)"))" }.joined()
      line = "\(time)Z \(event.level) \(Self.escaped(event.message.description))\(pairs)\n"
    case .json:
      var object: [String: String] = Dictionary(
        all.map { ($0.key, "\($0.value)") }, uniquingKeysWith: { first, _ in first })
      object["time"] = time + "Z"
      object["level"] = "\(event.level)"
      object["message"] = event.message.description
      object["logger"] = label
      let bytes = (try? JSONEncoder().encode(object)) ?? Data()
      line = String(decoding: bytes, as: UTF8.self) + "\n"
    }
    FileHandle.standardError.write(Data(line.utf8))
  }

  /// What a caller says must not look like a line of ours.
  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
      ? text.debugDescription : text
  }
}
