import Dispatch
import MartletStore
import Synchronization

/// Connections for reading, made when needed, one for each thread that reads at the same time; who
/// comes when all are lent waits.
final class ReaderPool: Sendable {
  static let connectionsMax = 4

  private let path: String
  private let prepare: @Sendable (Connection) throws(StoreFailure) -> Void
  private let vacancies = DispatchSemaphore(value: ReaderPool.connectionsMax)
  private let idle = Mutex<[Connection]>([])

  /// `prepare` is called with each new connection.
  init(
    path: String, prepare: @escaping @Sendable (Connection) throws(StoreFailure) -> Void
  ) {
    self.path = path
    self.prepare = prepare
  }

  /// Lends a connection for the time of `body`, which ends what it begins on it.
  func read<Value>(
    _ body: (Connection) throws(StoreFailure) -> Value
  ) throws(StoreFailure) -> Value {
    vacancies.wait()
    defer { vacancies.signal() }
    let connection: Connection
    if let lent = idle.withLock({ $0.popLast() }) {
      connection = lent
    } else {
      connection = try Connection(path: path, role: .reader)
      try prepare(connection)
    }
    defer { idle.withLock { $0.append(connection) } }
    return try body(connection)
  }

  /// Closes the connections that nobody uses.
  func close() { idle.withLock { $0 = [] } }
}
