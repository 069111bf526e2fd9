internal import MartletClient

/// Cuts tasks into batches that the server takes.
struct BatchPlan {
  /// Tasks in a batch.
  var count: Int
  /// Bytes in a batch. A larger task is a batch of its own.
  var bytes: Int

  /// What a task takes beside its payload, generously.
  private static let overheadBytes = 256

  func batches(of specs: [API.TaskSpec]) -> [ArraySlice<API.TaskSpec>] {
    var batches: [ArraySlice<API.TaskSpec>] = []
    var start = 0
    var size = 0
    for (index, spec) in specs.enumerated() {
      let weight = spec.payload.count + Self.overheadBytes
      if index > start, index - start == count || size + weight > bytes {
        batches.append(specs[start..<index])
        start = index
        size = 0
      }
      size += weight
    }
    if start < specs.count { batches.append(specs[start...]) }
    return batches
  }
}
