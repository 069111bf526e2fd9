import MartletAPI
import MartletCore

extension RequestCheck {
  /// nil of a task that says nothing of it.
  mutating func fairness(_ spec: API.TaskSpec, _ path: FieldPath) -> TaskFairness? {
    if spec.fairnessKey.isEmpty, spec.fairnessWeight == nil { return nil }
    text(spec.fairnessKey, bytesMax: TaskFairness.keyBytesMax, path, "fairness_key")
    let weight = spec.fairnessWeight.map {
      number($0, in: TaskFairness.weights, path, "fairness_weight")
    }
    return TaskFairness(key: spec.fairnessKey, weight: weight ?? 1).unlessPlain
  }

  mutating func fairness(_ spec: API.PoolSpec) -> FairnessMode {
    switch spec.fairness {
    case .unspecified, .priorityFirst: return .priorityFirst
    case .shareFirst: return .shareFirst
    case .off: return .off
    case .unrecognized(let number):
      fail(
        .spec, "fairness",
        "must be POOL_FAIRNESS_PRIORITY_FIRST, POOL_FAIRNESS_SHARE_FIRST or POOL_FAIRNESS_OFF; "
          + "\(number) is not known here")
      return .priorityFirst
    }
  }
}
