/// What a `file.digest` task gives back.
struct FileDigest: Codable, Equatable {
  var path: String
  /// 64 digits in lower case.
  var sha256: String
  var bytes: Int64
  /// Line feeds.
  var lines: Int64
}

/// What a `file.digest` task is given.
struct FileDigestPayload: Codable, Equatable {
  var path: String
}
