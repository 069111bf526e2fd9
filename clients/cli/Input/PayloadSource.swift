internal import ArgumentParser
internal import Foundation
internal import MartletClient

/// Where a task's payload comes from: an argument, a file, or the standard input.
struct PayloadSource: Equatable {
  var argument: String?
  var file: String?

  func read(in surroundings: Surroundings) throws -> [UInt8] {
    if let file { return try Self.bytes(ofFile: file, in: surroundings) }
    guard let argument else { return [] }
    return argument == "-" ? try surroundings.readInput() : Array(argument.utf8)
  }

  /// The bytes of a file, or of the standard input for `-`.
  static func bytes(ofFile path: String, in surroundings: Surroundings) throws -> [UInt8] {
    if path == "-" { return try surroundings.readInput() }
    do {
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw CommandFailure(
        .other, "\(path) cannot be read: check that it is there and that you may read it.")
    }
  }

  /// The media type that bytes look like: JSON, text, or anything.
  static func contentType(of payload: [UInt8]) -> String {
    if payload.isEmpty { return "" }
    let json = try? JSONSerialization.jsonObject(with: Data(payload), options: .fragmentsAllowed)
    if json != nil { return "application/json" }
    return String(validating: payload, as: UTF8.self) == nil
      ? "application/octet-stream" : "text/plain; charset=utf-8"
  }
}
