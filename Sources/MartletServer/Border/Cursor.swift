package import MartletCore

/// A place in the feed as callers see it: opaque to them, today a revision behind `c1`.
package struct Cursor: Hashable, Sendable {
  /// The newest event at or before the place; what comes after it is new to the holder.
  package var revision: Revision

  package init(_ revision: Revision) { self.revision = revision }

  /// The place right before an event, which is the first that comes after it.
  package init(before revision: Revision) {
    self.revision = Revision(revision.rawValue > 0 ? revision.rawValue - 1 : 0)
  }

  private static let prefix = "c1"

  package var text: String {
    Self.prefix + TaskID(rawValue: revision.rawValue).description
  }

  /// Takes exactly what `text` gives; nil for anything else.
  package init?(parsing text: String) {
    guard text.hasPrefix(Self.prefix),
      let number = TaskID(text.utf8Suffix(after: Self.prefix.utf8.count))
    else { return nil }
    revision = Revision(number.rawValue)
    guard self.text == text else { return nil }
  }
}

extension String {
  /// What comes after the first `count` bytes, which must be ASCII.
  fileprivate func utf8Suffix(after count: Int) -> Substring {
    self[(utf8.index(startIndex, offsetBy: count, limitedBy: endIndex) ?? endIndex)...]
  }
}
