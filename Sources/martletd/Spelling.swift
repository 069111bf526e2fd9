/// Finds what somebody may have meant.
enum Spelling {
  /// The name that differs least from a wrong one, capitals and dashes aside; nil if none is near.
  static func nearest(to wrong: String, among known: [String]) -> String? {
    let letters = plain(wrong)
    let limit = max(1, letters.count / 3)
    let ranked = known.map { (name: $0, distance: distance(letters, plain($0))) }
    return ranked.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.name
  }

  private static func plain(_ name: String) -> [Character] {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// How many letters must be changed, added or left out to make one of the other.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in b.enumerated() {
        let change = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
