import Foundation
import Testing

@testable import MartletServer

@Suite("Handlers: file.digest")
struct FileDigestTests {
  private struct Digest: Decodable, Equatable {
    var path: String
    var sha256: String
    var bytes: Int
    var lines: Int
  }

  private func digest(
    _ path: String, below root: String, _ resolution: BeneathResolution = .kernel
  ) async throws -> Digest {
    let handler = FileDigestHandler(roots: try FileRoots([root], resolution: resolution))
    let text = try await handler.text(of: try Self.payload(path))
    return try JSONDecoder().decode(Digest.self, from: Data(text.utf8))
  }

  private func failure(
    _ path: String, below root: String, _ resolution: BeneathResolution = .kernel
  ) async throws -> HandlerFailure? {
    let handler = FileDigestHandler(roots: try FileRoots([root], resolution: resolution))
    return await handler.failure(of: try Self.payload(path))
  }

  private static func payload(_ path: String) throws -> String {
    String(decoding: try JSONEncoder().encode(["path": path]), as: UTF8.self)
  }

  @Test("digest, size and lines are those of the file", arguments: BeneathResolution.allCases)
  func digests(resolution: BeneathResolution) async throws {
    let folder = try ScratchFolder()
    let path = try folder.write("a/b/two lines.txt", "hello\nworld\n")
    let expected = Digest(
      path: path, sha256: "4a1e67f2fe1d1cc7b31d0ca2ec441da4778203a036a77da10344c85e24ff0f92",
      bytes: 12, lines: 2)
    #expect(try await digest(path, below: folder.path, resolution) == expected)
    let spelled = folder.path + "//a/./b/two lines.txt"
    #expect(try await digest(spelled, below: folder.path + "/a", resolution).bytes == 12)
  }

  @Test("an empty file has the digest of nothing")
  func empty() async throws {
    let folder = try ScratchFolder()
    let digest = try await digest(try folder.write("empty", ""), below: folder.path)
    #expect(
      digest.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(digest.bytes == 0 && digest.lines == 0)
  }

  @Test("a large file is read in pieces, with progress after each but the last")
  func pieces() async throws {
    let folder = try ScratchFolder()
    let path = try folder.write("large", String(repeating: "0123456789abcde\n", count: 65_536))
    let link = AttemptStub()
    let handler = FileDigestHandler(roots: try FileRoots([folder.path]))
    let result = try await handler.run(.attempt(payload: try Self.payload(path), link: link))
    let digest = try JSONDecoder().decode(Digest.self, from: Data(result.data))
    #expect(digest.bytes == 1_048_576 && digest.lines == 65_536)
    #expect(link.reported.map(\.percent) == [25, 50, 75])
    #expect(link.reported.map { $0.counters["bytes"] } == [262_144, 524_288, 786_432])
    #expect(result.contentType == "application/json")
  }

  @Test("it stops between two pieces when it is told to")
  func cancelled() async throws {
    let folder = try ScratchFolder()
    let path = try folder.write("large", String(repeating: "x", count: 1_048_576))
    let link = AttemptStub { _ in withUnsafeCurrentTask { $0?.cancel() } }
    let handler = FileDigestHandler(roots: try FileRoots([folder.path]))
    let payload = try Self.payload(path)
    let run = Task { () -> HandlerFailure? in
      do throws(HandlerFailure) {
        _ = try await handler.run(.attempt(payload: payload, link: link))
        return nil
      } catch {
        return error
      }
    }
    #expect(await run.value == .cancelled)
    #expect(link.reported.count == 1)
  }

  @Test("links that stay below the root are followed", arguments: BeneathResolution.allCases)
  func linksInside(resolution: BeneathResolution) async throws {
    let folder = try ScratchFolder()
    _ = try folder.write("real/deep/file", "x")
    _ = try folder.write("real/other", "yy")
    try folder.link("link", to: "real/deep")
    try folder.link("real/deep/up", to: "../../link/../other")
    try folder.link("chain", to: "./link/./file")
    for (name, bytes) in [("link/file", 1), ("real/deep/up", 2), ("link/up", 2), ("chain", 1)] {
      let digest = try await digest("\(folder.path)/\(name)", below: folder.path, resolution)
      #expect(digest.bytes == bytes, "\(name)")
    }
  }

  @Test("what leads out of the root is refused", arguments: BeneathResolution.allCases)
  func linksOutside(resolution: BeneathResolution) async throws {
    let folder = try ScratchFolder()
    let secret = try folder.write("secret", "x")
    _ = try folder.write("root/file", "x")
    try folder.link("root/relative", to: "../secret")
    try folder.link("root/absolute", to: secret)
    try folder.link("root/inside", to: "\(folder.path)/root/file")
    try folder.link("root/folder", to: "..")
    try folder.link("root/around", to: "../root/file")
    try folder.link("root/loop", to: "loop")
    try folder.link("root/proc", to: "/proc/self/fd/0")
    for name in [
      "relative", "absolute", "inside", "folder/secret", "around", "loop", "proc", "../secret",
      "../root/file", "folder/../file",
    ] {
      let failure = try await failure(
        "\(folder.path)/root/\(name)", below: folder.path + "/root", resolution)
      #expect(failure?.code == "NOT_ALLOWED", "\(name): \(String(describing: failure))")
      #expect(failure?.retryable == false)
    }
  }

  @Test("a root that is a link may be named by both of its paths")
  func linkedRoot() async throws {
    let folder = try ScratchFolder()
    let path = try folder.write("real/file", "x")
    try folder.link("root", to: "real")
    #expect(try await digest(path, below: folder.path + "/root").bytes == 1)
    #expect(try await digest(folder.path + "/root/file", below: folder.path + "/root").bytes == 1)
  }

  @Test(
    "paths that say something else than a file below the root are refused",
    arguments: ["", "file", "./file", "/", "/etc/passwd", "/a\u{0}b", "/..", "~/file"])
  func pathsOutside(path: String) async throws {
    let folder = try ScratchFolder()
    #expect(try await failure(path, below: folder.path)?.code == "NOT_ALLOWED")
    #expect(
      try await failure(folder.path + "-more/file", below: folder.path)?.code == "NOT_ALLOWED")
    #expect(try await failure(folder.path + "/a\u{0}", below: folder.path)?.code == "NOT_ALLOWED")
  }

  @Test("without a root nothing may be read")
  func noRoots() async throws {
    let handler = FileDigestHandler(roots: .none)
    #expect(await handler.failure(of: #"{"path": "/etc/passwd"}"#)?.code == "NOT_ALLOWED")
  }

  @Test("what is no regular file is refused without waiting", arguments: BeneathResolution.allCases)
  func notFiles(resolution: BeneathResolution) async throws {
    let folder = try ScratchFolder()
    _ = try folder.write("folder/file", "x")
    try #require(mkfifo(folder.path + "/pipe", 0o600) == 0)
    for path in [folder.path, folder.path + "/folder", folder.path + "/pipe"] {
      let failure = try await failure(path, below: folder.path, resolution)
      #expect(failure?.code == "NOT_A_FILE", "\(path)")
      #expect(failure?.retryable == false)
    }
    #expect(try await failure("/dev/null", below: "/dev", resolution)?.code == "NOT_A_FILE")
    #expect(try await failure("/etc", below: "/", resolution)?.code == "NOT_A_FILE")
  }

  @Test("what is not there is not found", arguments: BeneathResolution.allCases)
  func missing(resolution: BeneathResolution) async throws {
    let folder = try ScratchFolder()
    _ = try folder.write("file", "x")
    try folder.link("dangling", to: "nowhere")
    for name in [
      "none", "none/deeper", "file/below", "dangling", String(repeating: "n", count: 300),
    ] {
      let failure = try await failure("\(folder.path)/\(name)", below: folder.path, resolution)
      #expect(failure?.code == "NOT_FOUND", "\(name)")
    }
  }

  @Test(
    "what the server's user may not read is said so", .disabled(if: geteuid() == 0),
    arguments: BeneathResolution.allCases)
  func unreadable(resolution: BeneathResolution) async throws {
    let folder = try ScratchFolder()
    let path = try folder.write("locked", "x")
    chmod(path, 0)
    #expect(
      try await failure(path, below: folder.path, resolution)?.code == "PERMISSION_DENIED")
  }

  @Test("a fault of the system is told apart from what the caller may not do")
  func faults() {
    #expect(SystemError(EACCES).failure.code == "PERMISSION_DENIED")
    #expect(!SystemError(EACCES).failure.retryable)
    for fault in [EIO, EMFILE, EAGAIN, ENOMEM] {
      #expect(SystemError(fault).failure.code == "READ_FAILED")
      #expect(SystemError(fault).failure.retryable)
    }
  }

  @Test("other payloads are refused", arguments: ["", "{}", "/etc/passwd", #"{"path": 1}"#, "[]"])
  func payloads(payload: String) async throws {
    let handler = FileDigestHandler(roots: try FileRoots(["/"]))
    #expect(await handler.failure(of: payload)?.code == "INVALID_PAYLOAD")
  }

  @Test(
    "a root that is no directory is refused", arguments: ["/nowhere/at/all", "/etc/passwd", ""])
  func badRoots(path: String) {
    #expect(throws: FileRootFailure.self) { try FileRoots([path]) }
  }
}

/// A folder of its own for one test, removed with the value.
private final class ScratchFolder {
  let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.resolvingSymlinksInPath().path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Returns the path of the file.
  func write(_ name: String, _ text: String) throws -> String {
    let file = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: "\(path)/\(name)", withDestinationPath: target)
  }
}
