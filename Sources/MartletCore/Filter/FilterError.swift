/// Why a filter string says nothing, made for the one who wrote it.
package struct FilterError: Error, Hashable, Sendable {
  /// What is wrong there, and what would be right.
  package var message: String
  /// Where, in Unicode code points from the start of the filter, beginning with 0. May be the
  /// filter's length: something is missing at its end.
  package var offset: Int

  package init(message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }
}
