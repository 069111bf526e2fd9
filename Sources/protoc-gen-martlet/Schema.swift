/// All declarations of a request, by full name, and what their Swift types are called.
struct Schema {
  let files: [FileDescriptor]
  let options: Options
  private(set) var messages: [String: MessageDescriptor] = [:]
  private(set) var enums: [String: EnumDescriptor] = [:]
  private var swiftNames: [String: String] = [:]
  private var declaredNames: Set<String> = []
  private var recursive: Set<String> = []

  init(files: [FileDescriptor], options: Options) {
    self.files = files
    self.options = options
    for file in files {
      let namespace = options.namespace(of: file.package)
      for message in file.messages { declare(message, in: namespace) }
      for enumeration in file.enums { declare(enumeration, in: namespace) }
    }
    for name in messages.keys where reachable(from: name).contains(name) { recursive.insert(name) }
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

  /// The type's own name, without the scope. `X.Type` and the like can't be declared in Swift.
  func swiftTypeName(_ name: String) -> String {
    ["Type", "Protocol", "Self"].contains(name) ? name + "Message" : Names.escaped(name)
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

  /// Whether a message of this type can hold, at any depth, another one of its own type, or
  /// anything that can.
  func canNestWithoutLimit(_ fullName: String) -> Bool {
    recursive.contains(fullName) || !recursive.isDisjoint(with: reachable(from: fullName))
  }

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
