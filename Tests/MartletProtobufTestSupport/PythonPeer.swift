import Foundation
public import MartletProtobuf

/// Google's own protobuf for Python, as the judge of our encoding.
public struct PythonPeer {
  /// The interpreter that `MARTLET_PYTHON` names; it must have the package `protobuf`.
  public static var interpreter: String? { ProcessInfo.processInfo.environment["MARTLET_PYTHON"] }

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  /// Makes `count` random messages of all types of a package, reads and writes each with our types,
  /// and lets the peer compare what came back.
  ///
  /// - Returns: How many messages the peer found unchanged.
  public static func roundTrip(
    package: String, protoDirectory: String, types: [any ProtobufMessage.Type], count: Int,
    seed: UInt32
  ) throws -> Int {
    let directory = URL(fileURLWithPath: NSTemporaryDirectory())
      .appendingPathComponent("martlet-peer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let given = directory.appendingPathComponent("given")
    let returned = directory.appendingPathComponent("returned")

    _ = try run(["make", protoDirectory, package, "\(seed)", "\(count)", given.path])
    let byName = Dictionary(uniqueKeysWithValues: types.map { ($0.protobufName, $0) })
    var output = Data()
    var records = Records(data: [UInt8](try Data(contentsOf: given)))
    while let (name, message) = try records.next() {
      guard let type = byName[name] else { throw Failure(description: "no Swift type \(name)") }
      append(Array(name.utf8), to: &output)
      append(try reencoded(message, as: type), to: &output)
    }
    try output.write(to: returned)
    let report = try run(["compare", protoDirectory, given.path, returned.path])
    return Int(report.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
  }

  private static func reencoded<M: ProtobufMessage>(
    _ bytes: [UInt8], as type: M.Type
  ) throws -> [UInt8] {
    do {
      let message = try M(protobufBytes: bytes)
      let encoded = message.protobufBytes()
      guard encoded == (try M(protobufBytes: encoded)).protobufBytes() else {
        throw Failure(description: "\(M.protobufName) has two encodings")
      }
      return encoded
    } catch let error as ProtobufDecodingError {
      throw Failure(description: "\(M.protobufName): \(error), \(bytes.count) bytes")
    }
  }

  private static func append(_ bytes: [UInt8], to data: inout Data) {
    withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: bytes)
  }

  private static func run(_ arguments: [String]) throws -> String {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("peer.py").path
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: interpreter ?? "python3")
    process.arguments = [script] + arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(description: text) }
    return text
  }

  /// Reads the peer's files.
  private struct Records {
    let data: [UInt8]
    var offset = 0

    mutating func next() throws -> (name: String, message: [UInt8])? {
      guard offset < data.count else { return nil }
      return (String(decoding: try take(), as: UTF8.self), try take())
    }

    private mutating func take() throws -> [UInt8] {
      guard offset + 4 <= data.count else { throw Failure(description: "a record is cut off") }
      let count = data[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
      offset += 4
      guard offset + count <= data.count else { throw Failure(description: "a record is cut off") }
      defer { offset += count }
      return Array(data[offset..<offset + count])
    }
  }
}
