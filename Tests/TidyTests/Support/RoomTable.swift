/// The table of rooms in docs/ARCHITECTURE.md: which module may import which.
struct RoomTable {
  struct Row {
    /// `MartletServer`.
    var name: String
    /// Modules of ours that it may import, by their whole names.
    var imports: Set<String>
  }

  /// From the top to the bottom.
  var rows: [Row]
  /// System libraries and what protoc-c writes: no Swift of ours in them.
  var cModules: Set<String>

  /// The program's module has the name of the program.
  private static let programs = ["clients/cli": "martlet"]

  static func read() throws -> RoomTable {
    let cModules = try Set(
      Repository.text(of: "Package.swift").matches(of: /name: "(C[A-Z]\w+|MartletAPIC)"/)
        .map { String($0.output.1) })
    let lines = try Repository.text(of: "docs/ARCHITECTURE.md").split(separator: "\n")
      .drop { $0 != "| room | what lives there | imports |" }.dropFirst(2)
      .prefix { $0.hasPrefix("|") }
    let cells = lines.map { line in
      line.dropFirst().dropLast().split(separator: "|").map { String($0.trimming(" ")) }
    }
    let found = cells.filter { $0.count == 3 && $0[0] != "`Sources/C…`" }
      .map { (name: name(of: $0[0]), imports: $0[2]) }
    let names = Set(found.map(\.name))
    let rows = found.enumerated().map { index, row in
      let below = found[(index + 1)...].map(\.name)
      return Row(
        name: row.name,
        imports: row.imports == "all below"
          ? Set(below) : Self.modules(row.imports, among: names.union(cModules)))
    }
    return RoomTable(rows: rows, cModules: cModules)
  }

  /// Of "`Sources/MartletCore`", `MartletCore`.
  private static func name(of cell: String) -> String {
    let path = String(cell.trimming("`"))
    return programs[path] ?? path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Of "Core, CSQLite", the modules' whole names. A dash or "nothing" names none.
  private static func modules(_ cell: String, among known: Set<String>) -> Set<String> {
    let names = cell.split(separator: ",").map { String($0.trimming(" ")) }
    guard let first = names.first, first != "–", first != "nothing" else { return [] }
    return Set(names.map { known.contains($0) ? $0 : "Martlet\($0)" })
  }
}

extension Substring {
  fileprivate func trimming(_ character: Character) -> Substring {
    var rest = self
    while rest.first == character { rest.removeFirst() }
    while rest.last == character { rest.removeLast() }
    return rest
  }
}

extension String {
  fileprivate func trimming(_ character: Character) -> Substring {
    self[...].trimming(character)
  }
}
