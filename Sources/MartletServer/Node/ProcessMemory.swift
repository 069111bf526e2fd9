import CLinux
import Foundation

/// What this process holds in RAM.
package enum ProcessMemory {
  /// Its resident set; nil if the system does not say.
  package static var residentBytes: Int? {
    // The second number is the pages of the resident set.
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
      return nil
    }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(getpagesize())
  }
}
