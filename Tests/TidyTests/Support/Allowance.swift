import Testing

/// What a rule forbids elsewhere, allowed in some files, each with its reason.
struct Allowance {
  /// By path.
  let reasons: [String: String]

  /// Fails for each place outside these files, and for each file that needs no allowance any more.
  func check(
    _ places: [String], _ rule: Comment, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let files = Set(places.map(Self.file))
    let wrong = places.filter { reasons[Self.file(of: $0)] == nil }
    let unneeded = reasons.keys.filter { !files.contains($0) }.sorted()
    #expect(wrong == [], rule, sourceLocation: sourceLocation)
    #expect(
      unneeded == [], "these need no allowance any more", sourceLocation: sourceLocation)
  }

  private static func file(of place: String) -> String {
    place.split(separator: ":").first.map(String.init) ?? place
  }
}
