/// Makes a descriptor set that protoc-c 1.4 understands, and whose C code loses nothing.
///
/// - proto3 `optional`, which protoc-c refuses, becomes the one-member oneof that it is on the
///   wire: protoc has already declared that oneof, so the mark on the field is taken away.
/// - A map becomes the repeated message that it is on the wire: `map_entry` is cleared.
/// - Every string becomes `string_as_bytes`: as a C string it would end at an embedded NUL.
/// - A field is not `deprecated`: what is generated has to use it without a warning.
/// - A field whose C member would meet another or a macro is called by its number (`CMembers`).
/// - With a prefix, every file moves below a folder of that name, and its C package with it.
enum DescriptorRewrite {
  static func rewritten(descriptorSet bytes: [UInt8], prefix: String = "") throws -> [UInt8] {
    var set = try WireMessage(bytes)
    try set.changeMessages(Number.Set.file) { file in
      if !prefix.isEmpty { try move(&file, below: prefix) }
      try file.changeMessages(Number.File.message, rewrite(message:))
      file.removeAll(Number.File.sourceCodeInfo)
    }
    return set.serialized
  }

  /// The file without comments. The JSON names of fields stay, although they follow from the
  /// fields' names: not every reader of reflection makes them.
  static func plain(_ file: WireMessage) -> WireMessage {
    var file = file
    file.removeAll(Number.File.sourceCodeInfo)
    return file
  }

  private static func move(_ file: inout WireMessage, below prefix: String) throws {
    let package = file.string(Number.File.package)
    file.changeStrings(Number.File.name) { "\(prefix)/\($0)" }
    file.changeStrings(Number.File.dependency) { "\(prefix)/\($0)" }
    var options = try file.message(Number.File.options) ?? WireMessage()
    var cOptions = WireMessage()
    let cPackage = package.isEmpty ? prefix : "\(prefix).\(package)"
    cOptions.append(Number.ProtobufC.cPackage, .bytes(Array(cPackage.utf8)))
    options.append(Number.ProtobufC.fileOptions, .bytes(cOptions.serialized))
    file.set(Number.File.options, .bytes(options.serialized))
  }

  private static func rewrite(message: inout WireMessage) throws {
    let substitutes = try CMembers.substitutes(in: message)
    try message.changeMessages(Number.Message.field) { field in
      if let name = substitutes[field.integer(Number.Field.number) ?? 0] {
        field.set(Number.Field.name, .bytes(Array(name.utf8)))
      }
      try rewrite(field: &field)
    }
    try message.changeMessages(Number.Message.nested, rewrite(message:))
    try message.changeMessages(Number.Message.options) { options in
      options.removeAll(Number.Message.mapEntryOption)
    }
  }

  private static func rewrite(field: inout WireMessage) throws {
    field.removeAll(Number.Field.proto3Optional)
    try field.changeMessages(Number.Field.options) { $0.removeAll(Number.Field.deprecatedOption) }
    guard field.integer(Number.Field.type) == FieldType.string.rawValue else { return }
    var options = try field.message(Number.Field.options) ?? WireMessage()
    var stringOption = WireMessage()
    stringOption.append(Number.ProtobufC.stringAsBytes, .varint(1))
    options.append(Number.ProtobufC.fieldOptions, .bytes(stringOption.serialized))
    field.set(Number.Field.options, .bytes(options.serialized))
  }
}
