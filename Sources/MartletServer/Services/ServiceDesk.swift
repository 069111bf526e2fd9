import Logging
import MartletCore
import MartletRPC
import MartletStore
import Synchronization

/// What all services share: the node, the names of its pools and kinds, and how an error becomes a
/// status.
final class ServiceDesk: Sendable {
  let node: Node
  let names: NameBook
  private let faults = Atomic<UInt64>(0)

  private var logger: Logger { node.logger }

  init(node: Node) {
    self.node = node
    names = node.names
  }

  /// Runs a method; whatever it throws leaves as a status.
  func answer<Reply>(
    _ context: CallContext, _ body: () async throws -> Reply
  ) async throws -> Reply {
    do {
      return try await body()
    } catch {
      throw status(of: error, in: context)
    }
  }

  private func status(of error: any Error, in context: CallContext) -> any Error {
    switch error {
    case let refusal as Refusal: RPCStatus(refusal)
    case let request as InvalidRequest: RPCStatus(request)
    case let failure as StoreFailure: status(of: failure, in: context)
    case is RPCStatus, is CancellationError: error
    default: fault("\(error)", in: context)
    }
  }

  private func status(of failure: StoreFailure, in context: CallContext) -> RPCStatus {
    if let status = RPCStatus(failure) {
      if case .compacted = failure { return status }
      logger.error("a call could not read or write: \(failure)", metadata: metadata(context))
      return status
    }
    return fault("\(failure)", in: context)
  }

  /// A broken invariant: the log has the whole of it, the caller a number.
  func fault(_ what: String, in context: CallContext) -> RPCStatus {
    let number = faults.add(1, ordering: .relaxed).newValue
    logger.critical("fault \(number): \(what)", metadata: metadata(context))
    return .fault(number)
  }

  private func metadata(_ context: CallContext) -> Logger.Metadata {
    ["method": "\(context.method.path)"]
  }

  /// Refuses a cursor that this server cannot have given out: a cursor leaves it when the events
  /// before it are on disk and in the feed, so there is nothing to wait for.
  func check(_ minimum: Revision?, field: String = "min_cursor") throws(InvalidRequest) {
    guard let minimum, minimum > node.durableRevision else { return }
    throw InvalidRequest(
      field: field, description: "is beyond all events of this server: use one of its own")
  }
}
