/// Which limits the tasks of one kind in one pool need.
struct LimitScope: Hashable, Sendable {
  struct Key: Hashable, Sendable {
    var pool: PoolID
    var kind: KindID
  }

  struct Keyed: Hashable, Sendable {
    var limit: LimitID
    var label: String
  }

  /// By rising number.
  var whole: [LimitKey] = []
  var keyed: [Keyed] = []
}
