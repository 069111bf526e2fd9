import MartletCore
import Synchronization

/// Names of pools and kinds by their numbers. A number is never given again, so what is in here
/// stays right, and a task can be shown without asking the engine for its whole catalog.
final class NameBook: Sendable {
  private struct Pages: Sendable {
    var pools: [PoolID: String] = [:]
    var kinds: [String] = []
  }

  private let catalog: @Sendable () async throws(Refusal) -> Catalog?
  private let pages = Mutex(Pages())
  /// Pools may come and go without end; beyond this the book starts anew.
  private static let poolsMax = 100_000

  /// `known` is where it begins; `catalog` looks at the engine for what came since.
  init(known: Catalog, catalog: @escaping @Sendable () async throws(Refusal) -> Catalog?) {
    self.catalog = catalog
    learn(known)
  }

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
    if let newest = try await catalog() { learn(newest) }
  }
}
