/// Field numbers of google/protobuf/descriptor.proto, compiler/plugin.proto and
/// protobuf-c/protobuf-c.proto, as far as they are used here.
enum Number {
  enum Set {
    static let file = 1
  }
  enum Request {
    static let fileToGenerate = 1
    static let parameter = 2
    static let protoFile = 15
  }
  enum Response {
    static let error = 1
    static let supportedFeatures = 2
    static let file = 15
    static let fileName = 1
    static let fileContent = 15
  }
  enum File {
    static let name = 1
    static let package = 2
    static let dependency = 3
    static let message = 4
    static let enumeration = 5
    static let service = 6
    static let options = 8
    static let sourceCodeInfo = 9
    static let syntax = 12
  }
  enum Message {
    static let name = 1
    static let field = 2
    static let nested = 3
    static let enumeration = 4
    static let options = 7
    static let oneof = 8
    static let mapEntryOption = 7
  }
  enum Field {
    static let name = 1
    static let number = 3
    static let label = 4
    static let type = 5
    static let typeName = 6
    static let options = 8
    static let oneofIndex = 9
    static let deprecatedOption = 3
    static let proto3Optional = 17
  }
  enum Enumeration {
    static let name = 1
    static let value = 2
    static let valueName = 1
    static let valueNumber = 2
  }
  enum Service {
    static let name = 1
    static let method = 2
    static let methodName = 1
    static let inputType = 2
    static let outputType = 3
    static let clientStreaming = 5
    static let serverStreaming = 6
  }
  enum SourceCode {
    static let location = 1
    static let path = 1
    static let leadingComments = 3
    static let trailingComments = 4
  }
  enum ProtobufC {
    static let fieldOptions = 1019
    static let stringAsBytes = 1
    static let fileOptions = 1019
    static let cPackage = 6
  }
}

/// `FieldDescriptorProto.Type`.
enum FieldType: Int {
  case double = 1
  case float, int64, uint64, int32, fixed64, fixed32, bool, string, group, message, bytes
  case uint32, enumeration, sfixed32, sfixed64, sint32, sint64
}

/// One .proto file.
struct FileDescriptor {
  var name: String
  var package: String
  var syntax: String
  var messages: [MessageDescriptor]
  var enums: [EnumDescriptor]
  var services: [ServiceDescriptor]
  /// Names of the files that it imports.
  var imports: [String]
  /// The `FileDescriptorProto` for reflection: without comments.
  var plainDescriptor: [UInt8]

  /// The name without its ending.
  var stem: String { name.hasSuffix(".proto") ? String(name.dropLast(6)) : name }

  /// The beginning of the names of what is generated from the file: slashes become underscores,
  /// since the names of files must be unique within a module.
  var outputBase: String { String(stem.map { $0 == "/" ? "_" : $0 }) }

  /// The constant that carries the descriptor.
  var constantName: String {
    Names.lowerCamel(String(outputBase.map { $0.isLetter || $0.isNumber ? $0 : "_" })) + "File"
  }
}

struct MessageDescriptor {
  var name: String
  /// With the package and the messages around it: `martlet.v1.CountTasksResponse.Count`.
  var fullName: String
  var comment: String
  var fields: [FieldDescriptor]
  var oneofs: [OneofDescriptor]
  var messages: [MessageDescriptor]
  var enums: [EnumDescriptor]
  var isMapEntry: Bool
}

struct FieldDescriptor {
  var name: String
  /// What protoc-c is told that it is called.
  var cName: String
  var number: Int
  var comment: String
  var type: FieldType
  /// Full name of the message or enum; empty for other types.
  var typeName: String
  var isRepeated: Bool
  /// The oneof that it belongs to, also for the one that stands for proto3 `optional`.
  var oneofIndex: Int?
  var isProto3Optional: Bool
}

struct OneofDescriptor {
  var name: String
  var comment: String
}

struct EnumDescriptor {
  struct Value {
    var name: String
    var number: Int
    var comment: String
  }

  var name: String
  var fullName: String
  var comment: String
  var values: [Value]
}

struct ServiceDescriptor {
  struct Method {
    var name: String
    var comment: String
    var input: String
    var output: String
    var clientStreaming: Bool
    var serverStreaming: Bool
  }

  var name: String
  var fullName: String
  var comment: String
  var methods: [Method]
}
