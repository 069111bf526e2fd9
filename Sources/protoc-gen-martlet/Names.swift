/// How names of .proto files are spelled in Swift and in protoc-c's C.
enum Names {
  /// `min_cursor` → `minCursor`.
  static func lowerCamel(_ name: String) -> String {
    let upper = upperCamel(name)
    return upper.prefix(1).lowercased() + upper.dropFirst()
  }

  /// `min_cursor` → `MinCursor`, as protoc-c does it.
  static func upperCamel(_ name: String) -> String {
    var result = ""
    var upperNext = true
    for character in name {
      if character == "_" {
        upperNext = true
      } else {
        result += upperNext ? character.uppercased() : String(character)
        upperNext = false
      }
    }
    return result
  }

  /// `SubmitTask` → `submitTask`, `HTTPStatus` → `httpStatus`.
  static func method(_ name: String) -> String {
    let characters = Array(name)
    var initials = characters.prefix { $0.isUppercase }.count
    if initials > 1, initials < characters.count { initials -= 1 }
    return String(characters.prefix(initials)).lowercased() + String(characters.dropFirst(initials))
  }

  /// `TASK_STATE_PENDING` of `TaskState` → `pending`.
  static func enumCase(_ value: String, of enumeration: String) -> String {
    let prefix = upperSnake(enumeration) + "_"
    var rest = Substring(value)
    if value.hasPrefix(prefix), let first = value.dropFirst(prefix.count).first, !first.isNumber {
      rest = value.dropFirst(prefix.count)
    }
    return lowerCamel(rest.lowercased())
  }

  /// `HTTPKind` → `HTTP_KIND`.
  static func upperSnake(_ name: String) -> String {
    let characters = Array(name)
    var result = ""
    for (index, character) in characters.enumerated() {
      let previous = index > 0 ? characters[index - 1] : nil
      let next = index + 1 < characters.count ? characters[index + 1] : nil
      let startsWord =
        character.isUppercase
        && (previous.map { $0.isLowercase || $0.isNumber } ?? false
          || previous?.isUppercase == true && next?.isLowercase == true)
      if startsWord { result += "_" }
      result += character.uppercased()
    }
    return result
  }

  /// The C struct of a message: `martlet.v1.TaskSpec` → `Martlet__V1__TaskSpec`.
  static func cStruct(_ fullName: String) -> String {
    fullName.split(separator: ".").map { upperCamel(String($0)) }.joined(separator: "__")
  }

  /// The prefix of a message's C symbols: `martlet__v1__task_spec`.
  static func cSymbol(_ fullName: String) -> String {
    fullName.split(separator: ".").map { cLower(String($0)) }.joined(separator: "__")
  }

  /// `TaskSpec` → `task_spec`, `HTTPKind` → `httpkind`.
  static func cLower(_ name: String) -> String {
    var result = ""
    var wasUpper = true
    for character in name {
      if character.isUppercase, !wasUpper { result += "_" }
      wasUpper = character.isUppercase
      result += character.lowercased()
    }
    return result
  }

  /// The member of the C struct that holds a field.
  static func cMember(_ field: String) -> String {
    let lower = field.lowercased()
    let member = cKeywords.contains(lower) ? lower + "_" : lower
    return swiftKeywords.contains(member) ? "`\(member)`" : member
  }

  /// The name with backticks if Swift needs them; with an underscore if they would not help.
  static func escaped(_ name: String) -> String {
    if name == "self" || name == "init" { return name + "_" }
    return swiftKeywords.contains(name) ? "`\(name)`" : name
  }

  private static let swiftKeywords: Set<String> = [
    "Any", "Protocol", "Self", "Type", "as", "associatedtype", "await", "break", "case", "catch",
    "class",
    "continue", "default", "defer", "deinit", "do", "else", "enum", "extension", "fallthrough",
    "false", "fileprivate", "for", "func", "guard", "if", "import", "in", "init", "inout",
    "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public",
    "repeat", "rethrows", "return", "self", "static", "struct", "subscript", "super", "switch",
    "throw", "throws", "true", "try", "typealias", "var", "where", "while",
  ]

  private static let cKeywords: Set<String> = [
    "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
    "class", "compl", "const", "const_cast", "continue", "default", "delete", "do", "double",
    "dynamic_cast", "else", "enum", "explicit", "extern", "false", "float", "for", "friend",
    "goto", "if", "inline", "int", "long", "mutable", "namespace", "new", "not", "not_eq",
    "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast",
    "return", "short", "signed", "sizeof", "static", "static_cast", "struct", "switch", "template",
    "this", "throw", "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using",
    "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
  ]
}
