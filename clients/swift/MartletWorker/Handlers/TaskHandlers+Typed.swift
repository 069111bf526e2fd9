internal import Foundation
public import MartletProtobuf

extension TaskHandlers {
  /// Serves a kind whose payload and result are JSON. A payload that is not what is expected fails
  /// the task for good with INVALID_PAYLOAD.
  public mutating func register<Input: Decodable & Sendable, Output: Encodable & Sendable>(
    _ kind: String, json handler: @escaping @Sendable (Input, TaskContext) async throws -> Output
  ) {
    register(kind) { context in
      let output = try await handler(try Self.input(Input.self, of: context), context)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return TaskContent(Array(try encoder.encode(output)), contentType: "application/json")
    }
  }

  /// The same, for handlers without a result.
  public mutating func register<Input: Decodable & Sendable>(
    _ kind: String, json handler: @escaping @Sendable (Input, TaskContext) async throws -> Void
  ) {
    register(kind) { context in
      try await handler(try Self.input(Input.self, of: context), context)
      return TaskContent()
    }
  }

  /// Serves a kind whose payload and result are protobuf messages of the types that
  /// `protoc-gen-martlet` writes. A payload that cannot be decoded fails the task for good with
  /// INVALID_PAYLOAD.
  public mutating func register<Input: ProtobufMessage, Output: ProtobufMessage>(
    _ kind: String,
    protobuf handler: @escaping @Sendable (Input, TaskContext) async throws -> Output
  ) {
    register(kind) { context in
      let input: Input
      do {
        input = try Input(protobufBytes: context.payload)
      } catch {
        throw TaskFailure(
          code: "INVALID_PAYLOAD", message: "the payload is not a \(Input.protobufName): \(error)",
          isRetryable: false)
      }
      let output = try await handler(input, context)
      return TaskContent(output.protobufBytes(), contentType: "application/x-protobuf")
    }
  }

  private static func input<Input: Decodable>(
    _ type: Input.Type, of context: TaskContext
  ) throws -> Input {
    do {
      return try JSONDecoder().decode(type, from: Data(context.payload))
    } catch {
      throw TaskFailure(
        code: "INVALID_PAYLOAD",
        message: "the payload is not the JSON that is expected: "
          + Self.sentence(error), isRetryable: false)
    }
  }

  private static func sentence(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    let context =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .keyNotFound(_, let context), .dataCorrupted(let context):
        context
      @unknown default: DecodingError.Context(codingPath: [], debugDescription: "\(error)")
      }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
  }
}
