@testable import MartletCore

extension TaskTable {
  func nextReady<Taker>(
    in pool: PoolID, fairness: FairnessMode = .priorityFirst,
    taker: (KindID, LabelSet) -> Taker?
  ) -> (task: LiveTask, taker: Taker)? {
    nextReady(in: pool, fairness: fairness, of: ()) { _, kind, selector in taker(kind, selector) }
  }
}
