import MartletAPI
import MartletCore

extension LogAPI.Retention {
  init(_ retention: Retention) {
    self.init(
      succeeded: .init(retention.succeeded), failed: .init(retention.failed),
      cancelled: .init(retention.cancelled))
  }

  var value: Retention {
    var value = Retention()
    value.succeeded = succeeded?.value ?? .init()
    value.failed = failed?.value ?? .init()
    value.cancelled = cancelled?.value ?? .init()
    return value
  }
}

extension LogAPI.Retention.Bounds {
  init(_ bounds: Retention.Bounds) {
    self.init(
      maxAge: bounds.maxAge?.nanoseconds, maxCount: bounds.maxCount.map { Int64($0) })
  }

  var value: Retention.Bounds {
    Retention.Bounds(
      maxAge: maxAge.map(Span.init(nanoseconds:)), maxCount: maxCount.map { Int($0) })
  }
}
