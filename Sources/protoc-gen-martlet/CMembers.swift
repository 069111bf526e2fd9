/// The members of protoc-c's structs, where a field can't have the one that its name stands for.
///
/// protoc-c puts names in lower case and adds members of its own: `base`, the count of each list,
/// the case of each oneof. On Linux, C's preprocessor has words of its own, too. The names mean
/// nothing on the wire, so a field that meets one of these is called `field_` and its number.
enum CMembers {
  private static let base = "base"
  /// Macros without parameters, of the compiler and of the headers that generated C includes.
  private static let macros: Set<String> = ["errno", "linux", "unix"]

  /// The other names, by the numbers of the fields that need them.
  static func substitutes(in message: WireMessage) throws -> [Int: String] {
    let fields = try message.messages(Number.Message.field).map { field in
      (
        name: field.string(Number.Field.name).lowercased(),
        number: field.integer(Number.Field.number) ?? 0,
        isRepeated: field.integer(Number.Field.label) == 3
      )
    }
    var taken = macros.union([base])
    for field in fields where field.isRepeated { taken.insert("n_" + field.name) }
    for oneof in try message.messages(Number.Message.oneof) {
      taken.insert(Names.cLower(oneof.string(1)) + "_case")
    }
    let wanted = Set(fields.map(\.name))
    var substitutes: [Int: String] = [:]
    for field in fields where !taken.insert(field.name).inserted {
      var name = "field_\(field.number)"
      while wanted.contains(name) || !taken.insert(name).inserted { name += "_" }
      substitutes[field.number] = name
    }
    return substitutes
  }
}
