/// Reads a `FileDescriptorProto` and joins each declaration with its comment.
struct DescriptorReader {
  private let file: WireMessage
  /// Comments by the path of the declaration, as descriptor.proto defines paths.
  private let comments: [[Int]: String]

  static func read(_ file: WireMessage) throws -> FileDescriptor {
    try DescriptorReader(file).read()
  }

  private init(_ file: WireMessage) throws {
    self.file = file
    var comments: [[Int]: String] = [:]
    let locations =
      try file.message(Number.File.sourceCodeInfo)?.messages(Number.SourceCode.location) ?? []
    for location in locations {
      let leading = location.string(Number.SourceCode.leadingComments)
      let text = leading.isEmpty ? location.string(Number.SourceCode.trailingComments) : leading
      if !text.isEmpty { comments[try location.integers(Number.SourceCode.path)] = text }
    }
    self.comments = comments
  }

  private func read() throws -> FileDescriptor {
    let package = file.string(Number.File.package)
    return FileDescriptor(
      name: file.string(Number.File.name),
      package: package,
      syntax: file.string(Number.File.syntax),
      messages: try file.messages(Number.File.message).enumerated().map {
        try message($1, in: package, path: [Number.File.message, $0])
      },
      enums: try file.messages(Number.File.enumeration).enumerated().map {
        try enumeration($1, in: package, path: [Number.File.enumeration, $0])
      },
      services: try file.messages(Number.File.service).enumerated().map {
        try service($1, in: package, path: [Number.File.service, $0])
      },
      imports: file.strings(Number.File.dependency),
      plainDescriptor: DescriptorRewrite.plain(file).serialized)
  }

  private func message(
    _ wire: WireMessage, in scope: String, path: [Int]
  ) throws -> MessageDescriptor {
    let name = wire.string(Number.Message.name)
    let fullName = joined(scope, name)
    let options = try wire.message(Number.Message.options)
    let substitutes = try CMembers.substitutes(in: wire)
    return MessageDescriptor(
      name: name,
      fullName: fullName,
      comment: comments[path] ?? "",
      fields: try wire.messages(Number.Message.field).enumerated().map {
        try field($1, substitutes, path: path + [Number.Message.field, $0])
      },
      oneofs: try wire.messages(Number.Message.oneof).enumerated().map {
        OneofDescriptor(
          name: $1.string(1), comment: comments[path + [Number.Message.oneof, $0]] ?? "")
      },
      messages: try wire.messages(Number.Message.nested).enumerated().map {
        try message($1, in: fullName, path: path + [Number.Message.nested, $0])
      },
      enums: try wire.messages(Number.Message.enumeration).enumerated().map {
        try enumeration($1, in: fullName, path: path + [Number.Message.enumeration, $0])
      },
      isMapEntry: options?.flag(Number.Message.mapEntryOption) ?? false)
  }

  private func field(
    _ wire: WireMessage, _ substitutes: [Int: String], path: [Int]
  ) throws -> FieldDescriptor {
    let name = wire.string(Number.Field.name)
    let number = wire.integer(Number.Field.number) ?? 0
    guard let type = wire.integer(Number.Field.type).flatMap(FieldType.init), type != .group else {
      throw GenerationError("field \(name): groups and types unknown to proto3 are not supported")
    }
    return FieldDescriptor(
      name: name,
      cName: substitutes[number] ?? name,
      number: number,
      comment: try comment(at: path, of: wire),
      type: type,
      typeName: String(wire.string(Number.Field.typeName).drop { $0 == "." }),
      isRepeated: wire.integer(Number.Field.label) == 3,
      oneofIndex: wire.integer(Number.Field.oneofIndex),
      isProto3Optional: wire.flag(Number.Field.proto3Optional))
  }

  /// The comment of a field, with a word on whether it is deprecated.
  private func comment(at path: [Int], of field: WireMessage) throws -> String {
    let comment = comments[path] ?? ""
    let options = try field.message(Number.Field.options)
    guard options?.flag(Number.Field.deprecatedOption) == true else { return comment }
    return comment.isEmpty ? " Deprecated." : comment + "\n Deprecated."
  }

  private func enumeration(
    _ wire: WireMessage, in scope: String, path: [Int]
  ) throws -> EnumDescriptor {
    let name = wire.string(Number.Enumeration.name)
    return EnumDescriptor(
      name: name,
      fullName: joined(scope, name),
      comment: comments[path] ?? "",
      values: try wire.messages(Number.Enumeration.value).enumerated().map {
        EnumDescriptor.Value(
          name: $1.string(Number.Enumeration.valueName),
          number: $1.integer(Number.Enumeration.valueNumber) ?? 0,
          comment: comments[path + [Number.Enumeration.value, $0]] ?? "")
      })
  }

  private func service(
    _ wire: WireMessage, in scope: String, path: [Int]
  ) throws -> ServiceDescriptor {
    let name = wire.string(Number.Service.name)
    return ServiceDescriptor(
      name: name,
      fullName: joined(scope, name),
      comment: comments[path] ?? "",
      methods: try wire.messages(Number.Service.method).enumerated().map {
        ServiceDescriptor.Method(
          name: $1.string(Number.Service.methodName),
          comment: comments[path + [Number.Service.method, $0]] ?? "",
          input: String($1.string(Number.Service.inputType).drop { $0 == "." }),
          output: String($1.string(Number.Service.outputType).drop { $0 == "." }),
          clientStreaming: $1.flag(Number.Service.clientStreaming),
          serverStreaming: $1.flag(Number.Service.serverStreaming))
      })
  }

  private func joined(_ scope: String, _ name: String) -> String {
    scope.isEmpty ? name : "\(scope).\(name)"
  }
}

/// What is wrong with the .proto files or the parameters, in one sentence.
struct GenerationError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
