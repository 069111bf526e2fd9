/// Makes a descriptor set that protoc-c 1.4 understands, and whose C code loses nothing.
///
/// - proto3 `optional`, which protoc-c refuses, becomes the one-member oneof that it is on the
///   wire: protoc has already declared that oneof, so the mark on the field is taken away.
/// - A map becomes the repeated message that it is on the wire: `map_entry` is cleared.
/// - Every string becomes `string_as_bytes`: as a C string it would end at an embedded NUL.
enum DescriptorRewrite {
  static func rewritten(descriptorSet bytes: [UInt8]) throws -> [UInt8] {
    var set = try WireMessage(bytes)
    try set.changeMessages(Number.Set.file) { file in
      try file.changeMessages(Number.File.message, rewrite(message:))
      file.removeAll(Number.File.sourceCodeInfo)
    }
    return set.serialized
  }

  private static func rewrite(message: inout WireMessage) throws {
    try message.changeMessages(Number.Message.field, rewrite(field:))
    try message.changeMessages(Number.Message.nested, rewrite(message:))
    try message.changeMessages(Number.Message.options) { options in
      options.removeAll(Number.Message.mapEntryOption)
    }
  }

  private static func rewrite(field: inout WireMessage) throws {
    field.removeAll(Number.Field.proto3Optional)
    guard field.integer(Number.Field.type) == FieldType.string.rawValue else { return }
    var options = try field.message(Number.Field.options) ?? WireMessage()
    var stringOption = WireMessage()
    stringOption.append(Number.ProtobufC.stringAsBytes, .varint(1))
    options.append(Number.ProtobufC.fieldOptions, .bytes(stringOption.serialized))
    field.set(Number.Field.options, .bytes(options.serialized))
  }
}
