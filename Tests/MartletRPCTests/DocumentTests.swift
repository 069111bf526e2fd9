import Glibc
import MartletRPC
import Testing

@Suite("The documents") struct DocumentTests {
  @Test("docs/rpc.md has a row for each limit of a server")
  func limits() throws {
    let path = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
    let text = try #require(read("/\(path)/docs/rpc.md"))
    let names = Mirror(reflecting: ServerLimits()).children.compactMap(\.label)
    #expect(names.count > 20)
    for name in names { #expect(text.contains("\n| `\(name)` |"), "\(name) has no row") }
  }

  private func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
