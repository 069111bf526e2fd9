import MartletCore
import Synchronization

/// Names of pools and kinds by their numbers. A number is never given again, so what is in here
/// stays right, and a task can be shown without asking the engine for its whole catalog.
final class NameBook: Sendable {
  private struct Pages: Sendable {
    var pools: [PoolID: String] = [:]
    var kinds: [String] = []
  }

  private let node: Node
  private let pages = Mutex(Pages())
  /// Pools may come and go without end; beyond this the book starts anew.
  private static let poolsMax = 100_000

  init(node: Node) { self.node = node }

  /// The name of a pool that is known to be; empty if it has gone with its last task.
  func name(of pool: PoolID) async throws(Refusal) -> String {
    if let name = pages.withLock({ $0.pools[pool] }) { return name }
    try await read()
    return pages.withLock { $0.pools[pool] } ?? ""
  }

  func name(of kind: KindID) async throws(Refusal) -> String {
    if let name = known(kind) { return name }
    try await read()
    return known(kind) ?? ""
  }

  func learn(_ catalog: Catalog) {
    pages.withLock { pages in
      if pages.pools.count > Self.poolsMax { pages.pools = [:] }
      for (id, pool) in catalog.pools { pages.pools[id] = pool.name }
      if catalog.kinds.names.count > pages.kinds.count { pages.kinds = catalog.kinds.names }
    }
  }

  private func known(_ kind: KindID) -> String? {
    pages.withLock { pages in
      let place = Int(kind.rawValue)
      return place < pages.kinds.count ? pages.kinds[place] : nil
    }
  }

  private func read() async throws(Refusal) {
    if case .catalog(let catalog) = try await node.see(.catalog, on: nil).value { learn(catalog) }
  }
}
