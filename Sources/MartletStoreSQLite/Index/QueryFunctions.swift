import CSQLite
import MartletStore

/// The SQL functions that conditions of a query are written with.
///
/// - `label(labels, key)`: the value of the label as a blob, so that it compares as bytes; NULL
///   for a task without it.
/// - `member(number, set)`: whether a blob of sorted 32-bit numbers has that number.
enum QueryFunctions {
  static func register(in connection: Connection) throws(StoreFailure) {
    try register("label", in: connection) { context, _, arguments in
      QueryFunctions.label(context, arguments)
    }
    try register("member", in: connection) { context, _, arguments in
      QueryFunctions.member(context, arguments)
    }
  }

  /// The set as `member` wants it.
  static func encoded(_ set: some Sequence<UInt32>) -> [UInt8] {
    set.sorted().flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
  }

  private typealias Arguments = UnsafeMutablePointer<OpaquePointer?>?

  private static func register(
    _ name: String, in connection: Connection,
    _ function: @convention(c) (OpaquePointer?, Int32, Arguments) -> Void
  ) throws(StoreFailure) {
    let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
    let code = connection.withHandle {
      sqlite3_create_function_v2($0, name, 2, flags, nil, function, nil, nil, nil)
    }
    guard code == SQLITE_OK else { throw connection.failure(code) }
  }

  private static func label(_ context: OpaquePointer?, _ arguments: Arguments) {
    guard let arguments else { return }
    let key = bytes(arguments[1])
    var reader = ByteCoding.Reader(bytes(arguments[0]))
    while let found = reader.textBytes(), let value = reader.textBytes() {
      guard found.count == key.count, found.elementsEqual(key) else { continue }
      let value = UnsafeRawBufferPointer(rebasing: value)
      guard let start = value.baseAddress, !value.isEmpty else {
        sqlite3_result_zeroblob(context, 0)
        return
      }
      let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      sqlite3_result_blob(context, start, Int32(value.count), transient)
      return
    }
    sqlite3_result_null(context)
  }

  private static func member(_ context: OpaquePointer?, _ arguments: Arguments) {
    guard let arguments else { return }
    let number = sqlite3_value_int64(arguments[0])
    let set = bytes(arguments[1])
    var low = 0
    var high = set.count / 4
    while low < high {
      let middle = (low + high) / 2
      let entry = set.loadUnaligned(fromByteOffset: middle * 4, as: UInt32.self)
      if Int64(UInt32(littleEndian: entry)) < number { low = middle + 1 } else { high = middle }
    }
    let isFound =
      low < set.count / 4
      && Int64(UInt32(littleEndian: set.loadUnaligned(fromByteOffset: low * 4, as: UInt32.self)))
        == number
    sqlite3_result_int(context, isFound ? 1 : 0)
  }

  private static func bytes(_ value: OpaquePointer?) -> UnsafeRawBufferPointer {
    let start = sqlite3_value_blob(value)
    let count = start == nil ? 0 : Int(sqlite3_value_bytes(value))
    return UnsafeRawBufferPointer(start: start, count: count)
  }
}
