internal import ArgumentParser
internal import MartletClient

/// One run of one command: its client, where its output goes, what it remembers.
struct Session: Sendable {
  let client: MartletClient
  let surroundings: Surroundings
  let format: GlobalOptions.OutputFormat

  init(_ options: GlobalOptions, in surroundings: Surroundings) throws {
    self.surroundings = surroundings
    format = options.output
    var configuration = MartletClient.Configuration()
    configuration.actor = options.actor ?? surroundings.environment["MARTLET_ACTOR"]
    configuration.pause = surroundings.pause
    // The command's own limit ends it; the second lets it be the one that does.
    if let timeout = options.timeout { configuration.timeout = timeout.duration + .seconds(1) }
    client = try MartletClient(
      target: GlobalOptions.target(options.server, in: surroundings),
      configuration: configuration)
  }

  var lastTask: LastTask { LastTask(environment: surroundings.environment) }

  var style: Style { Style(usesColours: surroundings.usesColours) }

  func print(_ text: String) { surroundings.output.write(text + "\n") }

  /// A remark for people: to the errors, so that it spoils no output that a script reads.
  func remark(_ text: String) { surroundings.errors.write(text + "\n") }

  /// Says when a feed has lost its connection and when it goes on.
  func tell(_ connection: EventConnection) {
    switch connection {
    case .lost(let error): remark("martlet: \(error.summary); going on when it is back.")
    case .resumed: remark("martlet: it is back, nothing was missed.")
    }
  }

  /// One JSON object on a line of its own.
  func print(_ json: JSON) { print(json.text) }

  func print(_ table: Table) {
    print(table.text(width: surroundings.outputWidth, style: style))
  }

  /// The value as JSON or for people, as was asked for.
  func show(json: @autoclosure () -> JSON, table: @autoclosure () -> Table) {
    switch format {
    case .json: print(json())
    case .table: print(table())
    }
  }
}

/// A command that talks to a server.
protocol MartletCommand: AsyncParsableCommand, Sendable {
  var global: GlobalOptions { get }
  func run(in session: Session) async throws
}

extension MartletCommand {
  mutating func run() async throws {
    let session = try Session(global, in: .current)
    let command = self
    do {
      try await TimeLimit(global.timeout?.duration).run { try await command.run(in: session) }
    } catch {
      await session.client.close()
      throw error
    }
    await session.client.close()
  }
}

/// The longest time that something may take; none: as long as it takes.
struct TimeLimit: Sendable {
  let duration: Duration?

  init(_ duration: Duration?) { self.duration = duration }

  /// Throws `CommandFailure.timedOut` and cancels `body` when the time has passed.
  func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
    guard let duration else { return try await body() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: duration)
        throw CommandFailure.timedOut(after: duration)
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
