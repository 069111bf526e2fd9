import Foundation

/// The JSON that handlers take and give.
enum JSONPayload {
  static let contentType = "application/json"

  /// An empty payload counts as `{}`.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from payload: [UInt8], expected: String
  ) throws(HandlerFailure) -> Value {
    do {
      return try JSONDecoder().decode(
        type, from: Data(payload.isEmpty ? Array("{}".utf8) : payload))
    } catch {
      throw .invalidPayload("the payload has to be JSON such as \(expected)")
    }
  }

  static func result(_ value: some Encodable) throws(HandlerFailure) -> HandlerResult {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return HandlerResult(data: Array(try encoder.encode(value)), contentType: contentType)
    } catch {
      throw HandlerFailure(
        code: "INTERNAL", message: "the result could not be written as JSON", retryable: false)
    }
  }
}
