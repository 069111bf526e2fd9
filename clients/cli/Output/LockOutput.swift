internal import MartletClient

extension JSON {
  init(_ lock: API.Lock) {
    var fields: [Field] = []
    fields.add("name", lock.name)
    fields.add("owner", lock.owner)
    fields.append(Field("token", .unsigned(lock.token)))
    fields.append(Field("count", .integer(lock.count)))
    fields.add("lease", lock.lease.map { JSON($0) })
    fields.add("acquire_time", lock.acquireTime.map { JSON($0) })
    fields.add("expire_time", lock.expireTime.map { JSON($0) })
    if lock.waiters > 0 { fields.append(Field("waiters", .integer(Int64(lock.waiters)))) }
    self = .object(fields)
  }
}

extension Table {
  /// Many locks, a row each.
  static func locks(_ locks: [API.Lock]) -> Table {
    var table = Table([
      .flexible("NAME", minimum: 8), .flexible("OWNER", minimum: 8), .number("TOKEN"),
      .number("COUNT"), .number("WAITING"), .fixed("SINCE"), .fixed("UNTIL"),
    ])
    table.rows = locks.map { lock in
      [
        Cell(lock.name), Cell(lock.owner), "\(lock.token)", "\(lock.count)", "\(lock.waiters)",
        Cell(lock.acquireTime?.rfc3339() ?? "-"), Cell(lock.expireTime?.rfc3339() ?? "-"),
      ]
    }
    return table
  }

  static func lock(_ lock: API.Lock) -> Table {
    .details([
      ("name", Cell(lock.name)), ("owner", Cell(lock.owner)), ("token", "\(lock.token)"),
      ("count", "\(lock.count)"), ("lease", Cell(lock.lease?.duration.text ?? "-")),
      ("since", Cell(lock.acquireTime?.rfc3339() ?? "-")),
      ("until", Cell(lock.expireTime?.rfc3339() ?? "-")), ("waiting", "\(lock.waiters)"),
    ])
  }
}

extension Session {
  func show(_ lock: API.Lock) { show(json: JSON(lock), table: .lock(lock)) }
}
