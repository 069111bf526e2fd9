/// All declarations of a request, by full name, and what their Swift types are called.
struct Schema {
  let files: [FileDescriptor]
  let options: Options
  private(set) var messages: [String: MessageDescriptor] = [:]
  private(set) var enums: [String: EnumDescriptor] = [:]
  private var swiftNames: [String: String] = [:]
  private var declaredNames: Set<String> = []

  init(files: [FileDescriptor], options: Options) {
    self.files = files
    self.options = options
    for file in files {
      let namespace = options.namespace(of: file.package)
      for message in file.messages { declare(message, in: namespace) }
      for enumeration in file.enums { declare(enumeration, in: namespace) }
    }
  }

  private mutating func declare(_ message: MessageDescriptor, in scope: String) {
    let name = swiftTypeName(message.name)
    let swiftName = "\(scope).\(name)"
    messages[message.fullName] = message
    swiftNames[message.fullName] = swiftName
    declaredNames.insert(name)
    for nested in message.messages { declare(nested, in: swiftName) }
    for nested in message.enums { declare(nested, in: swiftName) }
  }

  private mutating func declare(_ enumeration: EnumDescriptor, in scope: String) {
    let name = swiftTypeName(enumeration.name)
    enums[enumeration.fullName] = enumeration
    swiftNames[enumeration.fullName] = "\(scope).\(name)"
    declaredNames.insert(name)
  }

  private func reachable(from name: String) -> Set<String> {
    var seen: Set<String> = []
    var open = [name]
    while let next = open.popLast() {
      for field in messages[next]?.fields ?? [] where field.type == .message {
        if seen.insert(field.typeName).inserted { open.append(field.typeName) }
      }
    }
    return seen
  }

  // MARK: Names

  /// Can't be declared in Swift (`X.Type` and the like), or would hide what generated code needs.
  private static let takenTypeNames: Set<String> = [
    "Type", "Protocol", "Self", "Swift", "ProtobufMessage", "ProtobufArena", "ProtobufFile",
    "ProtobufDecodingError", "ProtobufIndirect", "UnsafePointer", "UnsafeMutablePointer",
    "UnsafeBufferPointer", "UnsafeRawBufferPointer", "UnsafeMutableRawBufferPointer", "RPCService",
    "RPCChannel", "CallContext", "CallOptions", "MethodDescriptor", "RequestStream",
    "RequestWriter", "ResponseStream", "ResponseWriter", "ServerRouter",
  ]

  /// The type's own name, without the scope.
  func swiftTypeName(_ name: String) -> String {
    Self.takenTypeNames.contains(name) ? name + "Message" : Names.escaped(name)
  }

  /// Inside its namespace, a type of the same name would be found where the namespace is meant.
  func checkNamespaces(of file: FileDescriptor) throws {
    let namespaces = Set(files.map { options.namespace(of: $0.package) })
    func check(_ name: String, _ fullName: String) throws {
      guard namespaces.contains(name) else { return }
      throw GenerationError(
        "\(fullName) is called like a namespace: choose another with namespace=PACKAGE=Name")
    }
    func check(_ message: MessageDescriptor) throws {
      try check(message.name, message.fullName)
      for nested in message.messages { try check(nested) }
      for nested in message.enums { try check(nested.name, nested.fullName) }
    }
    for message in file.messages { try check(message) }
    for enumeration in file.enums { try check(enumeration.name, enumeration.fullName) }
    for service in file.services { try check(service.name, service.fullName) }
  }

  /// The type's name with its namespace.
  func swiftName(_ fullName: String) throws -> String {
    guard let name = swiftNames[fullName] else {
      throw GenerationError("\(fullName) is used but not declared in any of the files")
    }
    return name
  }

  /// The C struct of a message: `martlet.v1.TaskSpec` → `Martlet__V1__TaskSpec`.
  func cStruct(_ fullName: String) -> String {
    Names.cStruct(options.cPrefix.isEmpty ? fullName : "\(options.cPrefix).\(fullName)")
  }

  /// The prefix of a message's C symbols: `martlet__v1__task_spec`.
  func cSymbol(_ fullName: String) -> String {
    Names.cSymbol(options.cPrefix.isEmpty ? fullName : "\(options.cPrefix).\(fullName)")
  }

  /// The C function that gives the address of a message's descriptor.
  func cAccessor(_ fullName: String) -> String { cSymbol(fullName) + "__descriptor_address" }

  /// A type of Swift's own, spelled out where a declaration of the schema would hide it.
  func standard(_ name: String) -> String {
    declaredNames.contains(name) ? "Swift.\(name)" : name
  }

  // MARK: Recursion

  /// Whether a value of `owner` that stored `field` in place would contain itself.
  func needsIndirection(_ field: FieldDescriptor, in owner: MessageDescriptor) -> Bool {
    field.type == .message && !field.isRepeated
      && (field.typeName == owner.fullName
        || reachable(from: field.typeName).contains(owner.fullName))
  }

  // MARK: Fields

  func shape(of field: FieldDescriptor, in owner: MessageDescriptor) -> FieldShape {
    if field.isRepeated {
      if field.type == .message, let entry = messages[field.typeName], entry.isMapEntry,
        let key = entry.fields.first(where: { $0.number == 1 }),
        let value = entry.fields.first(where: { $0.number == 2 })
      {
        return .map(entry: entry, key: key, value: value)
      }
      return .repeated
    }
    if let index = field.oneofIndex {
      return field.isProto3Optional ? .optional(owner.oneofs[index]) : .oneof(owner.oneofs[index])
    }
    return field.type == .message ? .message : .plain
  }

  /// The Swift type of one value of the field.
  func elementType(of field: FieldDescriptor) throws -> String {
    switch field.type {
    case .double: standard("Double")
    case .float: standard("Float")
    case .int64, .sint64, .sfixed64: standard("Int64")
    case .uint64, .fixed64: standard("UInt64")
    case .int32, .sint32, .sfixed32: standard("Int32")
    case .uint32, .fixed32: standard("UInt32")
    case .bool: standard("Bool")
    case .string: standard("String")
    case .bytes: "[\(standard("UInt8"))]"
    case .message, .enumeration: try swiftName(field.typeName)
    case .group: throw GenerationError("groups are not supported")
    }
  }
}

/// How a field's values are counted.
enum FieldShape {
  /// Always there; its default is not sent.
  case plain
  /// A submessage, which may be missing.
  case message
  /// proto3 `optional`; the oneof is the one that stands for it.
  case optional(OneofDescriptor)
  case oneof(OneofDescriptor)
  case repeated
  case map(entry: MessageDescriptor, key: FieldDescriptor, value: FieldDescriptor)
}

/// The plugin's parameter.
///
///     namespace=PACKAGE=Name   the caseless enum that holds the types of a package; repeatable
///     c_module=Name            the Clang module of protoc-c's output
///     c_prefix=name            put before every C name and the paths of C files, so that a library
///                              can hold files which programs that use it generate, too
struct Options {
  var namespaces: [String: String] = [:]
  var cModule = "ProtobufMessagesC"
  var cPrefix = ""

  init(parameter: String) throws {
    for option in parameter.split(separator: ",") {
      let parts = option.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      switch (parts[0], parts.count) {
      case ("namespace", 3): namespaces[parts[1]] = parts[2]
      case ("c_module", 2): cModule = parts[1]
      case ("c_prefix", 2): cPrefix = parts[1]
      default: throw GenerationError("unknown parameter \"\(option)\"")
      }
    }
  }

  /// `foo.bar` → `FooBar` unless the parameter names it.
  func namespace(of package: String) -> String {
    namespaces[package]
      ?? package.split(separator: ".").map { Names.upperCamel(String($0)) }.joined()
  }
}
