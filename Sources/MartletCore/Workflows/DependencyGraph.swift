/// Who waits for whom among the tasks of one batch, by index.
package struct DependencyGraph: Sendable {
  private let edges: [[Int]]

  /// - Parameter edges: For each task those that it waits for: valid indices.
  package init(_ edges: [[Int]]) { self.edges = edges }

  /// An order in which each task comes after those that it waits for; where there is a choice, the
  /// first comes first. nil if some wait for each other in a circle.
  package var order: [Int]? {
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
    return order.count == edges.count ? order : nil
  }

  /// Tasks of which each waits for the next, and the last for the first; the shortest that goes
  /// through the first task of any.
  package var cycle: [Int]? {
    guard order == nil else { return nil }
    return edges.indices.lazy.compactMap { self.cycle(through: $0) }.first
  }

  private func cycle(through start: Int) -> [Int]? {
    var before: [Int: Int] = [:]
    var open = [start]
    var next = 0
    while next < open.count {
      let task = open[next]
      next += 1
      for other in edges[task] {
        if other == start {
          var path = [task]
          while let previous = before[path[path.count - 1]] { path.append(previous) }
          return path.reversed()
        }
        if before[other] == nil {
          before[other] = task
          open.append(other)
        }
      }
    }
    return nil
  }
}
