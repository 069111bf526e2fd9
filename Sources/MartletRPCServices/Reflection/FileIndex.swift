internal import MartletProtobuf

/// The .proto files of a server, with all that they import, by name and by what they declare.
struct FileIndex: Sendable {
  private(set) var files: [String: ProtobufFile] = [:]
  /// The name of the file, by the full name of anything declared in it.
  private(set) var fileOfSymbol: [String: String] = [:]
  private(set) var messages: Set<String> = []

  init(_ files: [ProtobufFile]) {
    for file in files { add(file) }
  }

  private mutating func add(_ file: ProtobufFile) {
    guard files.updateValue(file, forKey: file.name) == nil else { return }
    for other in file.imports { add(other) }
    let fields = Array(WireFields(file.descriptorBytes[...]))
    let package = fields.last { $0.number == 2 }?.text ?? ""
    for field in fields {
      switch field.number {
      case 4: addMessage(field.bytes, in: package, file.name)
      case 5: addEnum(field.bytes, in: package, file.name)
      case 6: addScope(field.bytes, in: package, members: [2], file.name)
      case 7: addScope(field.bytes, in: package, members: [], file.name)
      default: break
      }
    }
  }

  /// Fields (2), nested messages (3), enums (4), extensions (6) and oneofs (8) of a message.
  private mutating func addMessage(_ bytes: ArraySlice<UInt8>, in scope: String, _ file: String) {
    let name = addScope(bytes, in: scope, members: [2, 6, 8], file)
    messages.insert(name)
    for field in WireFields(bytes) {
      if field.number == 3 { addMessage(field.bytes, in: name, file) }
      if field.number == 4 { addEnum(field.bytes, in: name, file) }
    }
  }

  /// The values of an enum are its neighbours, not its members.
  private mutating func addEnum(_ bytes: ArraySlice<UInt8>, in scope: String, _ file: String) {
    addScope(bytes, in: scope, members: [], file)
    for value in WireFields(bytes) where value.number == 2 {
      addScope(value.bytes, in: scope, members: [], file)
    }
  }

  /// Adds a declaration and what the fields with these numbers declare in it; every kind of
  /// declaration has its name in field 1. Returns the full name.
  @discardableResult
  private mutating func addScope(
    _ bytes: ArraySlice<UInt8>, in scope: String, members: Set<Int>, _ file: String
  ) -> String {
    let name = WireFields(bytes).first { $0.number == 1 }?.text ?? ""
    let fullName = scope.isEmpty ? name : "\(scope).\(name)"
    fileOfSymbol[fullName] = file
    for member in WireFields(bytes) where members.contains(member.number) {
      addScope(member.bytes, in: fullName, members: [], file)
    }
    return fullName
  }
}
