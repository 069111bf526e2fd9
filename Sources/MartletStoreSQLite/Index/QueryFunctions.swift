import CSQLite
import MartletCore
import MartletStore

/// The SQL functions that conditions of a query are written with.
///
/// - `label(labels, key)`: the value of the label as a blob, so that it compares as bytes; NULL
///   for a task without it.
/// - `note(status, path)`: a value of an encoded status (`NoteField`), a text as a blob; NULL if it
///   is not there.
/// - `fits(text, pattern)`: whether a blob has the parts of a pattern; 0 for NULL.
/// - `member(number, set)`: whether a blob of sorted 32-bit numbers has that number.
enum QueryFunctions {
  static func register(in connection: Connection) throws(StoreFailure) {
    try register("label", in: connection) { context, _, arguments in
      QueryFunctions.label(context, arguments)
    }
    try register("note", in: connection) { context, _, arguments in
      QueryFunctions.note(context, arguments)
    }
    try register("fits", in: connection) { context, _, arguments in
      QueryFunctions.fits(context, arguments)
    }
    try register("member", in: connection) { context, _, arguments in
      QueryFunctions.member(context, arguments)
    }
  }

  /// The set as `member` wants it.
  static func encoded(_ set: some Sequence<UInt32>) -> [UInt8] {
    set.sorted().flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
  }

  /// The pattern as `fits` wants it: its parts, one after the other.
  static func encoded(pattern parts: [String]) -> [UInt8] {
    var bytes: [UInt8] = []
    for part in parts { ByteCoding.append(part, to: &bytes) }
    return bytes
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
      return answer(context, UnsafeRawBufferPointer(rebasing: value))
    }
    sqlite3_result_null(context)
  }

  private static func answer(_ context: OpaquePointer?, _ value: UnsafeRawBufferPointer) {
    guard let start = value.baseAddress, !value.isEmpty else {
      sqlite3_result_zeroblob(context, 0)
      return
    }
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    sqlite3_result_blob(context, start, Int32(value.count), transient)
  }

  private static func note(_ context: OpaquePointer?, _ arguments: Arguments) {
    guard let arguments else { return }
    switch NoteField.value(at: bytes(arguments[1]), in: bytes(arguments[0])) {
    case .number(let number): sqlite3_result_int64(context, Int64(bitPattern: number))
    case .double(let number): sqlite3_result_double(context, number)
    case .bytes(let bytes): answer(context, bytes)
    case nil: sqlite3_result_null(context)
    }
  }

  private static func fits(_ context: OpaquePointer?, _ arguments: Arguments) {
    guard let arguments else { return }
    guard sqlite3_value_type(arguments[0]) == SQLITE_BLOB else {
      sqlite3_result_int(context, 0)
      return
    }
    var reader = ByteCoding.Reader(bytes(arguments[1]))
    var parts: [[UInt8]] = []
    while let part = reader.textBytes() { parts.append(Array(part)) }
    sqlite3_result_int(context, TextTest.isMatch(bytes(arguments[0]), parts) ? 1 : 0)
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
