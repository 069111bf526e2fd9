import MartletAPI
import MartletCore

/// What the tasks of one request call each other, and which wait for which.
extension RequestCheck {
  /// Fills in what each draft waits for. `paths` are those of the specs.
  mutating func dependencies(
    of specs: [API.TaskSpec], _ drafts: inout [TaskDraft], _ path: (Int) -> FieldPath
  ) {
    guard specs.contains(where: { !$0.ref.isEmpty || !$0.dependsOn.isEmpty }) else { return }
    let refs = refs(of: specs, path)
    var edges = [[Int]](repeating: [], count: specs.count)
    for (index, spec) in specs.enumerated() where !spec.dependsOn.isEmpty {
      guard spec.dependsOn.count <= limits.dependencies else {
        let count = spec.dependsOn.count
        fail(path(index), "depends_on", "must be at most \(limits.dependencies), not \(count)")
        continue
      }
      drafts[index].dependencies = dependencies(of: spec, refs, path(index))
      edges[index] = drafts[index].dependencies.compactMap {
        if case .batch(let other) = $0 { other } else { nil }
      }
    }
    checkOrder(edges, specs, path)
  }

  private mutating func refs(
    of specs: [API.TaskSpec], _ path: (Int) -> FieldPath
  ) -> [String: Int] {
    var refs: [String: Int] = [:]
    for (index, spec) in specs.enumerated() where !spec.ref.isEmpty {
      if !NameRule.isRef(spec.ref) || TaskID(spec.ref) != nil {
        fail(path(index), "ref", "must be \(NameRule.refText), and not look like a task id")
      } else if refs.updateValue(index, forKey: spec.ref) != nil {
        fail(path(index), "ref", "must be one that no other task of the request has")
      }
    }
    return refs
  }

  private mutating func dependencies(
    of spec: API.TaskSpec, _ refs: [String: Int], _ path: FieldPath
  ) -> [DraftDependency] {
    var found: [DraftDependency] = []
    var seen = Set<DraftDependency>(minimumCapacity: spec.dependsOn.count)
    found.reserveCapacity(spec.dependsOn.count)
    for (place, name) in spec.dependsOn.enumerated() {
      let dependency: DraftDependency
      if let other = refs[name] {
        dependency = .batch(other)
      } else if let id = TaskID(name) {
        dependency = .task(id)
      } else {
        fail(
          path, "depends_on", .index(place),
          "must be the ref of a task of this request, or the id of a task; "
            + "`\(name.shortened)` is neither")
        continue
      }
      if seen.insert(dependency).inserted { found.append(dependency) }
    }
    return found
  }

  private static let cycleNamesMax = 10

  private mutating func checkOrder(
    _ edges: [[Int]], _ specs: [API.TaskSpec], _ path: (Int) -> FieldPath
  ) {
    guard let cycle = DependencyGraph(edges).cycle, let first = cycle.first else { return }
    var names = cycle.prefix(Self.cycleNamesMax).map { specs[$0].ref }
    if cycle.count > Self.cycleNamesMax {
      names.append("… \(cycle.count - Self.cycleNamesMax) more …")
    }
    names.append(specs[first].ref)
    fail(
      path(first), "depends_on",
      "must not lead back to the task itself: \(names.joined(separator: " → "))")
  }

  mutating func rule(_ rule: API.DependencyRule, _ path: FieldPath) -> DependencyRule {
    switch rule {
    case .unspecified, .cancel: return .cancel
    case .runAnyway: return .runAnyway
    case .hold: return .hold
    case .unrecognized(let number):
      fail(
        path, "on_dependency_failure",
        "must be DEPENDENCY_RULE_CANCEL, DEPENDENCY_RULE_RUN_ANYWAY or DEPENDENCY_RULE_HOLD; "
          + "\(number) is not known here")
      return .cancel
    }
  }
}
