import MartletAPI
import MartletCore

extension API.Pool {
  init(_ view: PoolView) {
    let record = view.record
    self.init(
      name: record.name, spec: .init(record.spec), state: .init(record.state),
      status: .init(view),
      etag: PoolEtag.text(record.version),
      revision: record.revision.rawValue, createTime: .init(record.createTime),
      updateTime: .init(record.updateTime))
  }
}

extension API.PoolStatus {
  init(_ view: PoolView) {
    let slots = view.record.slotLimit
    let totals = view.record.totals
    self.init(
      slotsLimit: Int32(clamping: slots), slotsInUse: Int32(clamping: view.inUse),
      slotsFree: Int32(clamping: max(0, slots - view.inUse)), queued: view.waiting,
      oldestQueuedAge: view.oldestAge.map { .init($0) }, totalSubmitted: totals.submitted,
      totalSucceeded: totals.succeeded, totalFailed: totals.failed,
      totalCancelled: totals.cancelled, totalRetried: totals.retried)
  }
}
