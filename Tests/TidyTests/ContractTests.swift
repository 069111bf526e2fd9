import Testing

@Suite("The contract and what stands for it")
struct ContractTests {
  struct Call: Sendable, CustomTestStringConvertible {
    /// `TaskService`.
    var service: String
    /// `SubmitTask`.
    var name: String

    /// `submitTask`.
    var swiftName: String { name.prefix(1).lowercased() + name.dropFirst() }
    var testDescription: String { "\(service).\(name)" }
  }

  /// Every rpc of `martlet.v1`.
  static let calls: [Call] = Repository.paths(below: "proto/martlet/v1", extensions: ["proto"])
    .flatMap { path -> [Call] in
      var service = ""
      var calls: [Call] = []
      for line in ((try? Repository.text(of: path)) ?? "").split(separator: "\n") {
        if let found = line.firstMatch(of: /^service (\w+)/) { service = String(found.output.1) }
        if let found = line.firstMatch(of: /^\s*rpc (\w+)/) {
          calls.append(Call(service: service, name: String(found.output.1)))
        }
      }
      return calls
    }

  @Test("every rpc has a handler, a client method and a line in the docs", arguments: calls)
  func isThere(_ call: Call) throws {
    let services = Repository.sources.filter { $0.path.hasPrefix("Sources/MartletServer/Services") }
    let conforms = try Regex("struct \(call.service): API\\.\(call.service)\\b")
    #expect(services.contains { $0.code.contains(conforms) })
    #expect(services.contains { $0.code.contains("func \(call.swiftName)(") })
    #expect(services.contains { $0.code.contains("router.add(\(call.service)(") })
    let client = Repository.sources.filter { $0.room == "MartletClient" }
    let method = "API.\(call.service)Methods.\(call.swiftName)"
    #expect(client.contains { $0.code.contains(method) })
    #expect(try Self.lines(for: call.service).contains { $0.hasPrefix("| `\(call.name)`") })
  }

  /// The lines of a service's section of docs/api.md.
  private static func lines(for service: String) throws -> [Substring] {
    try Repository.text(of: "docs/api.md").split(separator: "\n")
      .drop { $0 != "## \(service)" }.dropFirst().prefix { !$0.hasPrefix("## ") }
  }

  @Test("the contract's calls are found")
  func count() {
    #expect(Self.calls.count >= 19)
    #expect(Set(Self.calls.map(\.service)).count >= 4)
  }

  @Test("the docs name no call that is not there")
  func docs() throws {
    let names = Set(Self.calls.map(\.name))
    for line in try Repository.text(of: "docs/api.md").split(separator: "\n") {
      guard let call = line.firstMatch(of: /^\| `(\w+)`/) else { continue }
      #expect(names.contains(String(call.output.1)))
    }
  }

  @Test(
    "every case of an error is in the test of statuses",
    arguments: [
      ("Refusal", "Sources/MartletCore/Engine/Refusal.swift"),
      ("StoreFailure", "Sources/MartletStore/StoreFailure.swift"),
    ])
  func errors(type: String, path: String) throws {
    let tests = SwiftText.code(
      of: try Repository.text(
        of: "Tests/MartletServerTests/Services/StatusMappingTests.swift"))
    let code = SwiftText.code(of: try Repository.text(of: path))
    let cases = code.matches(of: /\bcase (\w+)/).map { String($0.output.1) }
    #expect(!cases.isEmpty)
    for name in cases {
      let isThere = tests.contains(try Regex("\\.\(name)\\b"))
      #expect(isThere, "\(type).\(name)")
    }
  }
}
