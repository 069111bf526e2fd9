/// Where the values of a distribution lie: each the smallest value that at least that share of all
/// values does not exceed.
struct Percentiles: Equatable {
  var p50: Duration
  var p90: Duration
  var p99: Duration
  var max: Duration

  /// Nil without values.
  init?(_ values: [Duration]) {
    let sorted = values.sorted()
    guard let last = sorted.last else { return nil }
    func rank(_ percent: Int) -> Duration {
      sorted[Swift.max(0, (sorted.count * percent + 99) / 100 - 1)]
    }
    (p50, p90, p99, max) = (rank(50), rank(90), rank(99), last)
  }

  var json: JSON {
    .object([
      JSON.Field("p50", .number(p50.milliseconds)), JSON.Field("p90", .number(p90.milliseconds)),
      JSON.Field("p99", .number(p99.milliseconds)), JSON.Field("max", .number(max.milliseconds)),
    ])
  }
}

extension Duration {
  var milliseconds: Double { (seconds * 1e6).rounded() / 1e3 }
}
