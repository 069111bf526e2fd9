import MartletClient

/// A workflow of 10,000 tasks that do nothing, in layers that wait for each other: from the call that
/// submits it until the news of its end.
struct WorkflowExperiment {
  let bench: Bench

  private static let clock = ContinuousClock()
  private static let pool = "flow"
  private static let width = 100

  func run() async throws {
    guard bench.wants(.workflow) else { return }
    try await bench.withServer { _, client in
      try await client.createPool(Self.pool)
      let workflows = API.WorkflowServiceClient(channel: client.channel)
      try await bench.measure("a workflow") {
        let single = try await time(
          of: Self.layers(bench.scale.layers, waitsForAll: false), workflows)
        try await bench.settle(client)
        let all = try await time(of: Self.layers(bench.scale.layers, waitsForAll: true), workflows)
        try await bench.settle(client)
        let scale = 100 / Double(bench.scale.layers)
        bench.record(
          .init(
            .workflow, all.inSeconds * scale,
            note: "each waits for all \(Self.width) before it; "
              + "\((single.inMilliseconds * scale).shown) ms if each waits for one"))
      }
    }
  }

  private func time(
    of tasks: [API.WorkflowTaskSpec], _ workflows: API.WorkflowServiceClient
  ) async throws -> Duration {
    let start = Self.clock.now
    let submitted = try await workflows.submitWorkflow(
      .init(name: "layers", pool: Self.pool, tasks: tasks))
    var last: API.Workflow?
    for try await response in workflows.watchWorkflow(.init(id: submitted.workflow?.id ?? "")) {
      last = response.workflow
    }
    let time = Self.clock.now - start
    guard last?.state == .succeeded else {
      throw BenchProblem("the workflow ended as \(last?.state ?? .unspecified)")
    }
    return time
  }

  private static func layers(_ count: Int, waitsForAll: Bool) -> [API.WorkflowTaskSpec] {
    var tasks: [API.WorkflowTaskSpec] = []
    for layer in 0..<count {
      let before = layer == 0 ? [] : (0..<width).map { "\(layer - 1).\($0)" }
      for place in 0..<width {
        var spec = API.TaskSpec.nothing
        spec.ref = "\(layer).\(place)"
        spec.dependsOn = waitsForAll || before.isEmpty ? before : [before[place]]
        tasks.append(.init(spec: spec))
      }
    }
    return tasks
  }
}
