extension DatabaseFile {
  /// One row a segment. `start` counts the bytes of all segments ever written before it: the size
  /// of any stretch of the log is a difference, and both it and the feed time rise with the
  /// revision, so that a search by either is a binary search and needs no index of its own.
  static let log = DatabaseFile(
    name: "log.db", applicationID: 0x4d4c_4f47, format: 1, pageBytes: 4096,
    schema: """
      CREATE TABLE segment (
        revision INTEGER PRIMARY KEY,
        count INTEGER NOT NULL,
        elapsed INTEGER NOT NULL,
        feed_time INTEGER NOT NULL,
        start INTEGER NOT NULL,
        bytes BLOB NOT NULL
      ) STRICT
      """)
}
