import Foundation
public import MartletProtobuf

/// Google's own protobuf for Python, as the judge of our encoding.
public struct PythonPeer {
  /// The interpreter that `MARTLET_PYTHON` names; it must have the package `protobuf`.
  public static var interpreter: String? { ProcessInfo.processInfo.environment["MARTLET_PYTHON"] }

  /// How the peer writes the messages that it makes.
  public enum Writing: String, CaseIterable, Sendable {
    /// As Google's encoder does.
    case plain
    /// In other ways that mean the same: fields in any order, messages in pieces, numbers one by
    /// one where they could be packed, lists in several pieces, longer varints than needed, unknown
    /// fields and groups in between.
    case odd
  }

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  private let protoDirectory: String
  private let types: [String: any ProtobufMessage.Type]
  /// Where files are passed to and fro.
  private let directory: URL

  /// - Parameter types: Our types of all messages that the peer is to make.
  public init(protoDirectory: String, types: [any ProtobufMessage.Type]) throws {
    self.protoDirectory = protoDirectory
    self.types = Dictionary(uniqueKeysWithValues: types.map { ($0.protobufName, $0) })
    directory = URL(fileURLWithPath: NSTemporaryDirectory())
      .appendingPathComponent("martlet-peer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  /// Removes what is left on the disk.
  public func finish() { try? FileManager.default.removeItem(at: directory) }

  /// Makes `count` random messages of all types of a package, reads and writes each with our types,
  /// lets the peer compare what came back, and reads that once more from what the peer makes of it.
  ///
  /// - Returns: How many messages the peer found unchanged.
  public func roundTrip(
    package: String, count: Int, seed: UInt32, writing: Writing = .plain
  ) throws -> Int {
    let how = writing.rawValue
    try run(["make", protoDirectory, package, "\(seed)", "\(count)", path("given"), how])
    var output = Data()
    var encodings: [[UInt8]] = []
    try forEachRecord(in: "given") { type, message in
      let encoded = try reencoded(message, as: type)
      encodings.append(encoded)
      append(Array(type.protobufName.utf8), to: &output)
      append(encoded, to: &output)
    }
    try output.write(to: URL(fileURLWithPath: path("returned")))
    let report = try run(
      ["compare", protoDirectory, path("given"), path("returned"), path("again")])
    var index = 0
    try forEachRecord(in: "again") { type, message in
      guard try reencoded(message, as: type) == encodings[index] else {
        throw Failure(description: "\(type.protobufName) changed on its way to the peer and back")
      }
      index += 1
    }
    return Int(report.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
  }

  /// What came of spoilt messages.
  public struct Judgements: Equatable, Sendable {
    /// Both read the message, and read the same.
    public var same = 0
    /// Both refused it.
    public var refused = 0
    /// We refused what the peer reads.
    public var stricter = 0
    /// The peer refused a text that is not UTF-8 and we read the message, as we may where another
    /// text has replaced it.
    public var lenient = 0
    /// Google's libraries differ.
    public var unclear = 0
  }

  /// Makes `count` random messages of a package, most of them spoilt, and compares what the peer
  /// and we make of them.
  ///
  /// - Parameter allowsRefusal: Whether it is right to refuse a message that the peer reads, told
  ///   by our error.
  public func judgeSpoilt(
    package: String, count: Int, seed: UInt32,
    allowsRefusal: (ProtobufDecodingError) -> Bool
  ) throws -> Judgements {
    try run(["spoil", protoDirectory, package, "\(seed)", "\(count)", path("spoilt")])
    var judgements = Judgements()
    var isVerdict = false
    var bytes: [UInt8] = []
    try forEachRecord(in: "spoilt") { type, record in
      defer { isVerdict.toggle() }
      guard isVerdict else {
        bytes = record
        return
      }
      let want: [UInt8]? = record.first == 1 ? Array(record.dropFirst()) : nil
      if record.first == 2 {
        judgements.unclear += 1
      } else if record.first == 3, (try? type.init(protobufBytes: bytes)) != nil {
        judgements.lenient += 1
      } else {
        try judge(bytes, type, want, allowsRefusal, &judgements)
      }
    }
    return judgements
  }

  private func judge<M: ProtobufMessage>(
    _ bytes: [UInt8], _ type: M.Type, _ want: [UInt8]?,
    _ allowsRefusal: (ProtobufDecodingError) -> Bool, _ judgements: inout Judgements
  ) throws {
    let hex = bytes.prefix(300).map { String($0, radix: 16) }.joined(separator: " ")
    do {
      let have = try M(protobufBytes: bytes)
      guard let want else {
        throw Failure(description: "\(M.protobufName) is refused by the peer: \(hex)")
      }
      // Bytes, since values that hold a NaN are never equal.
      guard try M(protobufBytes: want).protobufBytes() == have.protobufBytes() else {
        throw Failure(description: "\(M.protobufName) is read otherwise by the peer: \(hex)")
      }
      judgements.same += 1
    } catch let error as ProtobufDecodingError {
      if want == nil {
        judgements.refused += 1
      } else if allowsRefusal(error) {
        judgements.stricter += 1
      } else {
        throw Failure(description: "\(M.protobufName) is read by the peer (\(error)): \(hex)")
      }
    }
  }

  private func reencoded<M: ProtobufMessage>(
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

  // MARK: Files

  private func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

  private func append(_ bytes: [UInt8], to data: inout Data) {
    withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: bytes)
  }

  private func forEachRecord(
    in name: String, _ body: (any ProtobufMessage.Type, [UInt8]) throws -> Void
  ) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path(name)))
    var records = PeerRecords(data: [UInt8](data))
    while let (name, message) = try records.next() {
      guard let type = types[name] else { throw Failure(description: "no Swift type \(name)") }
      try body(type, message)
    }
  }

  @discardableResult
  private func run(_ arguments: [String]) throws -> String {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("peer.py").path
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: Self.interpreter ?? "python3")
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
}
