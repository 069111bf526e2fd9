extension TaskFilter {
  /// A longer text is refused before it is read.
  package static let textBytesMax = 8192

  /// Reads a filter as callers write it, a part of AIP-160: comparisons joined by `AND` or just
  /// white space, all of which must hold. The empty text matches every task.
  ///
  ///     pool=digests state=RUNNING
  ///     kind="file.digest" AND create_time >= 2025-01-01T00:00:00Z
  ///     labels.customer:* labels."app/tier"!=free priority>=8
  ///
  /// Times are RFC 3339, names and labels compare as bytes, `:` is equality but for labels:
  /// `labels:KEY` and `labels.KEY:*` ask whether there is one. At most 8 KiB and 100 conditions.
  package init(parsing text: String) throws(FilterError) {
    do throws(FilterFault) {
      guard text.utf8.count <= Self.textBytesMax else {
        throw FilterFault(
          message: "a filter has at most \(Self.textBytesMax) bytes", position: Self.textBytesMax)
      }
      var parser = FilterParser(text)
      var conditions: [Condition] = []
      for restriction in try parser.expression() {
        conditions.append(try FilterField(path: restriction.path).condition(restriction))
      }
      self.init(conditions: conditions)
    } catch {
      throw FilterError(
        message: error.message, offset: Self.codePoints(in: text, before: error.position))
    }
  }

  /// How many code points begin before a byte's position.
  private static func codePoints(in text: String, before position: Int) -> Int {
    text.utf8.prefix(position).count { $0 & 0xC0 != 0x80 }
  }
}
