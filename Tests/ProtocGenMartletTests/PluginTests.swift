import Foundation
import Testing

@testable import protoc_gen_martlet

@Suite struct PluginTests {
  /// Lets protoc compile the text and hands it to the plugin as protoc would.
  private func generate(
    _ proto: String, parameter: String = "namespace=shop.v1=Store,c_module=ShopC"
  ) throws -> (files: [String: String], error: String?) {
    let set = try WireMessage(descriptorSet(of: proto))
    var request = WireMessage()
    request.append(Number.Request.fileToGenerate, .bytes(Array("shop/v1/shop.proto".utf8)))
    request.append(Number.Request.parameter, .bytes(Array(parameter.utf8)))
    for file in set.allBytes(Number.Set.file) {
      request.append(Number.Request.protoFile, .bytes(file))
    }
    let response = try WireMessage(try Plugin.respond(to: request.serialized))
    let files = try response.messages(Number.Response.file).map {
      ($0.string(Number.Response.fileName), $0.string(Number.Response.fileContent))
    }
    return (
      Dictionary(uniqueKeysWithValues: files), response.strings(Number.Response.error).last
    )
  }

  private func descriptorSet(of proto: String) throws -> [UInt8] {
    let directory = URL(fileURLWithPath: NSTemporaryDirectory())
      .appendingPathComponent("martlet-plugin-\(UUID().uuidString)")
    let folder = directory.appendingPathComponent("shop/v1")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try Data(proto.utf8).write(to: folder.appendingPathComponent("shop.proto"))
    let output = directory.appendingPathComponent("set.binpb")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "protoc", "-I", directory.path, "-I", "/usr/include", "--include_imports",
      "--include_source_info", "--descriptor_set_out=\(output.path)", "shop/v1/shop.proto",
    ]
    try process.run()
    process.waitUntilExit()
    return [UInt8](try Data(contentsOf: output))
  }

  @Test("comments of the .proto file become documentation")
  func comments() throws {
    let (files, error) = try generate(
      """
      syntax = "proto3";
      package shop.v1;
      // What somebody buys.
      //
      // In pieces.
      message Order {
        // How many.
        int32 count = 1;
        string name = 2; // Behind the field.
        bool old = 3 [deprecated = true];
        // Not used.
        bool older = 4 [deprecated = true];
      }
      """)
    #expect(error == nil)
    let text = try #require(files["shop_v1_shop.messages.swift"])
    #expect(text.contains("  /// What somebody buys.\n  ///\n  /// In pieces.\n  public struct"))
    #expect(text.contains("    /// How many.\n    public var count: Int32 = 0\n"))
    #expect(text.contains("    /// Behind the field.\n    public var name: String = \"\"\n"))
    #expect(text.contains("    /// Deprecated.\n    public var old: Bool"))
    #expect(
      text.contains("    /// Not used.\n    ///\n    /// Deprecated.\n    public var older: Bool"))
  }

  @Test("all four kinds of calls get a method, a requirement and a client function")
  func services() throws {
    let (files, error) = try generate(
      """
      syntax = "proto3";
      package shop.v1;
      message A {}
      message B {}
      service Shop {
        rpc Buy(A) returns (B);
        rpc Follow(A) returns (stream B);
        rpc Collect(stream A) returns (B);
        rpc HTTPTalk(stream A) returns (stream B);
      }
      """)
    #expect(error == nil)
    let text = try #require(files["shop_v1_shop.service.swift"])
    #expect(text.contains("service: \"shop.v1.Shop\", method: \"Collect\", kind: .clientStreaming"))
    #expect(text.contains("static let all: [MethodDescriptor] = [buy, follow, collect, httpTalk]"))
    #expect(
      text.contains(
        "func buy(_ request: Store.A, context: CallContext) async throws -> Store.B"))
    #expect(text.contains("response: ResponseWriter<Store.B>, context: CallContext) async throws"))
    #expect(text.contains("func collect(_ requests: RequestStream<Store.A>, context: CallContext)"))
    #expect(text.contains("-> ResponseStream<Store.B> {"))
  }

  @Test("a type with the name of a type of Swift does not hide it")
  func hiddenStandardTypes() throws {
    let (files, error) = try generate(
      """
      syntax = "proto3";
      package shop.v1;
      message String { string text = 1; }
      """)
    #expect(error == nil)
    let text = try #require(files["shop_v1_shop.messages.swift"])
    #expect(text.contains("public var text: Swift.String = \"\""))
  }

  @Test(
    "what can't be generated is refused with a sentence that names it",
    arguments: [
      ("syntax = \"proto2\"; package shop.v1; message A {}", "shop/v1/shop.proto: only"),
      ("package shop.v1; message A { optional group G = 1 {} }", "field g: groups"),
      ("syntax = \"proto3\"; package shop.v1; message Store {}", "shop.v1.Store is called like a"),
      (
        "syntax = \"proto3\"; package shop.v1; message A { int32 b = 1; oneof B { int32 c = 2; } }",
        "shop.v1.A: two fields or oneofs would be called b in Swift"
      ),
    ])
  func refusals(proto: String, beginning: String) throws {
    let (files, error) = try generate(proto)
    #expect(files.isEmpty)
    #expect(error?.hasPrefix(beginning) == true)
  }

  @Test("an unknown parameter is refused", arguments: ["colour=red", "namespace=a", "c_module"])
  func unknownParameter(parameter: String) throws {
    let proto = "syntax = \"proto3\"; package shop.v1;"
    let (_, error) = try generate(proto, parameter: parameter)
    #expect(error == "unknown parameter \"\(parameter)\"")
  }

  @Test("a request that is not protobuf is an error, not a crash")
  func malformedRequest() {
    #expect(throws: WireMessage.Malformed.self) { try Plugin.respond(to: [0x0a, 0x05]) }
    #expect(throws: WireMessage.Malformed.self) { try Plugin.respond(to: [0xff]) }
  }

  @Test("a field whose C member would meet another or a macro is called by its number in C")
  func cMembers() throws {
    let proto = """
      syntax = "proto3";
      package shop.v1;
      message A {
        int32 base = 1;
        int32 n_list = 2;
        repeated int32 list = 3;
        int32 this_or_that_case = 4;
        oneof ThisOrThat { int32 errno = 5; int32 field_1 = 6; }
        int32 Name = 7;
      }
      """
    let set = try WireMessage(
      try DescriptorRewrite.rewritten(descriptorSet: descriptorSet(of: proto)))
    let message = try #require(try set.messages(Number.Set.file).last?.message(Number.File.message))
    let names = try message.messages(Number.Message.field).map { $0.string(Number.Field.name) }
    #expect(
      names == ["field_1_", "field_2", "list", "field_4", "field_5", "field_1", "Name"])
  }

  @Test("for protoc-c, maps are lists, optional fields plain oneofs, and texts bytes")
  func rewrite() throws {
    let given = try descriptorSet(
      of: """
        syntax = "proto3";
        package shop.v1;
        message Order {
          optional string note = 1;
          map<string, int32> counts = 2;
          int64 number = 3 [deprecated = true, jstype = JS_NUMBER];
        }
        """)
    let jsTypeOption = 6
    let set = try WireMessage(try DescriptorRewrite.rewritten(descriptorSet: given))
    let order = try #require(try set.messages(Number.Set.file).first?.message(Number.File.message))
    let fields = try order.messages(Number.Message.field)
    #expect(fields.allSatisfy { !$0.flag(Number.Field.proto3Optional) })
    let note = try fields[0].message(Number.Field.options)?.message(Number.ProtobufC.fieldOptions)
    #expect(note?.flag(Number.ProtobufC.stringAsBytes) == true)
    #expect(fields[0].integer(Number.Field.oneofIndex) == 0)
    // What is generated uses the field without a warning; other options are kept.
    let options = try fields[2].message(Number.Field.options)
    #expect(options?.flag(Number.Field.deprecatedOption) == false)
    #expect(options?.integer(jsTypeOption) == 2)
    let entry = try #require(try order.message(Number.Message.nested))
    let entryOptions = try entry.message(Number.Message.options)
    #expect(entryOptions?.flag(Number.Message.mapEntryOption) != true)
    let key = try entry.messages(Number.Message.field).first?.message(Number.Field.options)
    #expect(try key?.message(Number.ProtobufC.fieldOptions)?.flag(1) == true)
  }

  @Test(
    "names are spelled as protoc-c and Swift spell them",
    arguments: [
      ("TaskSpec", "task_spec", "TASK_SPEC"), ("HTTPKind", "httpkind", "HTTP_KIND"),
      ("V1Beta2Thing", "v1_beta2_thing", "V1_BETA2_THING"), ("A", "a", "A"),
    ])
  func names(name: String, cLower: String, upperSnake: String) {
    #expect(Names.cLower(name) == cLower)
    #expect(Names.upperSnake(name) == upperSnake)
  }

  @Test("a file carries itself and the imports that no code is generated for")
  func descriptors() throws {
    let (files, error) = try generate(
      """
      syntax = "proto3";
      package shop.v1;
      import "google/protobuf/any.proto";
      message Order { google.protobuf.Any what = 1; string given_name = 2; }
      service Shop { rpc Buy(Order) returns (Order); }
      """)
    #expect(error == nil)
    let text = try #require(files["shop_v1_shop.descriptor.swift"])
    #expect(text.contains("  public static let shopV1ShopFile = ProtobufFile(\n"))
    #expect(text.contains("name: \"shop/v1/shop.proto\",\n    imports: [googleProtobufAnyFile],"))
    #expect(text.contains("private let googleProtobufAnyFile = ProtobufFile(\n"))
    #expect(text.contains(#"descriptor: "\u{a}\u{12}shop/v1/shop.proto"#))
    #expect(text.contains("given_name"))
    #expect(text.contains("givenName"))
    let service = try #require(files["shop_v1_shop.service.swift"])
    #expect(service.contains("    router.describe(Store.shopV1ShopFile)\n"))
  }

  @Test("a prefix stands before all C names, in Swift as in what protoc-c reads")
  func prefix() throws {
    let proto = "syntax = \"proto3\"; package shop.v1; message Order { string name = 1; }"
    let (files, _) = try generate(
      proto, parameter: "namespace=shop.v1=Store,c_module=ShopC,c_prefix=mine")
    #expect(files["ShopC.h"]?.contains("#include \"mine/shop/v1/shop.pb-c.h\"") == true)
    #expect(files["ShopC.h"]?.contains("mine__shop__v1__order__descriptor_address") == true)
    #expect(files["shop_v1_shop.codec.swift"]?.contains("Mine__Shop__V1__Order") == true)
    let rewritten = try WireMessage(
      try DescriptorRewrite.rewritten(descriptorSet: descriptorSet(of: proto), prefix: "mine"))
    let file = try #require(try rewritten.messages(Number.Set.file).last)
    #expect(file.string(Number.File.name) == "mine/shop/v1/shop.proto")
    #expect(file.string(Number.File.package) == "shop.v1")
    let options = try file.message(Number.File.options)?.message(Number.ProtobufC.fileOptions)
    #expect(options?.string(Number.ProtobufC.cPackage) == "mine.shop.v1")
  }
}
