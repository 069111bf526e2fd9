/// Who waits for whom among the tasks of one batch, by index.
package struct DependencyGraph: Sendable {
  private let edges: [[Int]]

  /// - Parameter edges: For each task those that it waits for: valid indices.
  package init(_ edges: [[Int]]) { self.edges = edges }

  /// An order in which each task comes after those that it waits for; where there is a choice, the
  /// first comes first. nil if some wait for each other in a circle.
  package var order: [Int]? {
    let found = ordered
    return found.count == edges.count ? found : nil
  }

  /// Those in a circle, and those that wait for them, by rising index.
  private var unordered: [Int] {
    let ordered = Set(ordered)
    return edges.indices.filter { !ordered.contains($0) }
  }

  /// As many as can be put in order.
  private var ordered: [Int] {
    var waits = edges.map(\.count)
    var dependants = [[Int]](repeating: [], count: edges.count)
    for (task, others) in edges.enumerated() {
      for other in others { dependants[other].append(task) }
    }
    var order = waits.indices.filter { waits[$0] == 0 }
    var next = 0
    while next < order.count {
      for dependant in dependants[order[next]] {
        waits[dependant] -= 1
        if waits[dependant] == 0 { order.append(dependant) }
      }
      next += 1
    }
    return order
  }

  /// Tasks of which each waits for the next, and the last for the first; nil if there are none.
  package var cycle: [Int]? {
    let left = unordered
    guard var task = left.first else { return nil }
    // Each that is left waits for another that is: sooner or later the walk comes back.
    let isLeft = Set(left)
    var path: [Int] = []
    var places: [Int: Int] = [:]
    while places[task] == nil {
      places[task] = path.count
      path.append(task)
      guard let next = edges[task].first(where: isLeft.contains) else { return nil }
      task = next
    }
    return Array(path[(places[task] ?? 0)...])
  }
}
