import Testing

@testable import MartletRPC

@Suite("Where a channel's calls go") struct ClientTargetTests {
  @Test(
    "an address or a list of addresses is taken as it is",
    arguments: [
      ("127.0.0.1:7411", ["127.0.0.1:7411"], "127.0.0.1:7411"),
      ("[::1]:7411", ["[::1]:7411"], "[::1]:7411"),
      ("dns:10.0.0.1:5", ["10.0.0.1:5"], "10.0.0.1:5"),
      ("ipv4:10.0.0.1:5,10.0.0.2:6", ["10.0.0.1:5", "10.0.0.2:6"], "10.0.0.1:5"),
      ("ipv4:10.0.0.1", ["10.0.0.1:443"], "10.0.0.1"),
      ("ipv6:[::1]:5,[::2]", ["[::1]:5", "[::2]:443"], "[::1]:5"),
      ("ipv6:///::3", ["[::3]:443"], "::3"),
      ("unix:/run/x.sock", ["unix:/run/x.sock"], "localhost"),
      ("unix:///run/x.sock", ["unix:/run/x.sock"], "localhost"),
      ("unix:near.sock", ["unix:near.sock"], "localhost"),
    ])
  func addresses(_ target: String, _ expected: [String], _ authority: String) throws {
    let parsed = try ChannelTarget(target)
    #expect(parsed.place == .addresses(try expected.map { text in try RPCAddress(text) }))
    #expect(parsed.authority == authority)
  }

  @Test(
    "a name is to be resolved; without a port it is 443",
    arguments: [
      ("example.org:7411", "example.org", 7411), ("localhost", "localhost", 443),
      ("dns:example.org:5", "example.org", 5), ("dns:///example.org", "example.org", 443),
    ])
  func names(_ target: String, _ host: String, _ port: Int) throws {
    #expect(try ChannelTarget(target).place == .name(host: host, port: port))
  }

  @Test(
    "what is no target is refused with INVALID_ARGUMENT",
    arguments: [
      "", ":1", "host:", "host:x", "host:70000", "[::1", "[::1]5", "ipv4:", "ipv4:host:5",
      "ipv4:1.2.3.4:5,", "ipv4:[::1]:5", "ipv6:1.2.3.4:5", "dns://8.8.8.8/host:5", "a b:5", "unix:",
      "x/y:1",
    ])
  func malformed(_ target: String) {
    let error = #expect(throws: RPCStatus.self) { try ChannelTarget(target) }
    #expect(error?.code == .invalidArgument)
  }

  @Test("the system's resolver finds the loopback of localhost")
  func localhost() async throws {
    let found = try await NameResolver.system.addresses("localhost", 5)
    #expect(found.contains("127.0.0.1:5") || found.contains("[::1]:5"))
    await #expect(throws: RPCStatus.self) {
      try await NameResolver.system.addresses("no-such-name.invalid", 5)
    }
  }
}
