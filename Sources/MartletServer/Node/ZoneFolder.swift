import Glibc
package import MartletCore
import Synchronization

/// The folder of the system's time zones, each read once: what a schedule's times were told by
/// stays what it is until the next start.
package final class ZoneFolder: Sendable {
  private let path: String
  private let known = Mutex(TimeZoneTable())
  /// As the folder says it: `2025b`; empty if it does not.
  package let version: String

  package static let standard = "/usr/share/zoneinfo"

  package init(path: String = standard) {
    self.path = path
    version = Self.version(in: path)
  }

  /// Blocks. nil for a name that the folder does not have, or whose file is damaged.
  package func rules(_ name: String) -> TimeZoneRules? {
    if name == TimeZoneRules.utc.name { return .utc }
    if let rules = known.withLock({ $0[name] }) { return rules }
    guard Self.isName(name), let bytes = Self.read("\(path)/\(name)"),
      let rules = try? TimeZoneRules(name: name, tzif: bytes, version: version)
    else { return nil }
    known.withLock { $0[name] = rules }
    return rules
  }

  /// Those of the folder that schedules name; blocks.
  func rules(of schedules: ScheduleTable) -> (found: TimeZoneTable, missing: [String]) {
    var found: TimeZoneTable = [:]
    var missing: Set<String> = []
    for record in schedules.records {
      guard let name = record.spec.timing.zone, found[name] == nil, !missing.contains(name) else {
        continue
      }
      if let rules = rules(name) { found[name] = rules } else { missing.insert(name) }
    }
    return (found, missing.sorted())
  }

  /// Letters, digits, `_`, `+`, `-` and `/` between parts: nothing that leads out of the folder.
  private static func isName(_ name: String) -> Bool {
    name.utf8.count <= 127
      && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty
          && part.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
              || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "+")
              || byte == UInt8(ascii: "-")
          }
      }
  }

  /// `# version 2025b` in front of `tzdata.zi`, else the first line of `+VERSION`.
  private static func version(in path: String) -> String {
    let line = firstLine("\(path)/tzdata.zi") ?? firstLine("\(path)/+VERSION") ?? ""
    let words = line.split(separator: " ")
    return words.last.map(String.init).flatMap { $0.utf8.count <= 31 ? $0 : nil } ?? ""
  }

  private static func firstLine(_ path: String) -> String? {
    read(path, bytesMax: 256).map { bytes in
      String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }
  }

  /// nil if it cannot be read; the first bytes of a longer one.
  private static func read(_ path: String, bytesMax: Int = 1 << 20) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: min(bytesMax, 16_384))
    while bytes.count < bytesMax {
      let count = Glibc.read(file, &piece, min(piece.count, bytesMax - bytes.count))
      if count < 0 { return nil }
      if count == 0 { break }
      bytes += piece[..<count]
    }
    return bytes
  }
}
