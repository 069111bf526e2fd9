internal import MartletRPC

/// What a call gave, and the place in the feed at which it was true.
///
/// The value's fields can be read directly: `reply.id` is `reply.value.id`.
@dynamicMemberLookup
public struct Reply<Value: Sendable>: Sendable {
  /// What was asked for.
  public var value: Value

  /// Watch events from here to see what came after; hand it to a read to see at least this.
  public var cursor: String

  /// Of a submission: which of its tasks, from 0, were there already, as their `unique` rules
  /// found.
  public var existing: [Int] = []

  public init(_ value: Value, cursor: String) {
    self.value = value
    self.cursor = cursor
  }

  /// The fields of `value`, as if they were the reply's own.
  public subscript<Field>(dynamicMember path: KeyPath<Value, Field>) -> Field {
    value[keyPath: path]
  }
}

extension Reply: Equatable where Value: Equatable {}

extension Reply {
  /// A reply whose value the server must have set.
  init(_ value: Value?, cursor: String, of what: String, target: String) throws {
    guard let value else {
      throw MartletError(
        code: .internalError, message: "the server's reply holds no \(what)", target: target)
    }
    self.init(value, cursor: cursor)
  }
}
