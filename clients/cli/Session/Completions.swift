internal import ArgumentParser
internal import MartletClient

/// What a shell offers for pools and tasks: asked of the server, within a short time or not at all.
enum Completions {
  static let pools = CompletionKind.custom { arguments, _, prefix in
    await ask(arguments) { client in
      try await client.pools.list().map(\.name).filter { $0.hasPrefix(prefix) }
    }
  }

  static let groups = CompletionKind.custom { arguments, _, prefix in
    await ask(arguments) { client in
      try await client.groups.list().map(\.name).filter { $0.hasPrefix(prefix) }
    }
  }

  /// The newest tasks, and `@last`.
  static let tasks = CompletionKind.custom { arguments, _, prefix in
    let ids = await ask(arguments) { client in
      var ids: [String] = []
      for try await page in client.tasks.list(pageSize: 200).pages {
        ids = page.tasks.map(\.id)
        break
      }
      return ids
    }
    return (["@last"] + ids).filter { $0.hasPrefix(prefix) }
  }

  /// The kinds that the server's own handlers serve.
  static let kinds = CompletionKind.custom { arguments, _, prefix in
    await ask(arguments) { client in
      try await client.serverInfo().kinds.filter { $0.hasPrefix(prefix) }
    }
  }

  private static func ask(
    _ arguments: [String], _ question: (MartletClient) async throws -> [String]
  ) async -> [String] {
    let target = GlobalOptions.target(server(in: arguments), in: .current)
    var configuration = MartletClient.Configuration(timeout: .seconds(2))
    configuration.attemptsMax = 1
    guard let client = try? MartletClient(target: target, configuration: configuration) else {
      return []
    }
    let answer = (try? await question(client)) ?? []
    await client.close()
    return answer
  }

  /// The value of `--server` in a half-written command line.
  static func server(in arguments: [String]) -> String? {
    for (index, argument) in arguments.enumerated() {
      if argument.hasPrefix("--server=") { return String(argument.dropFirst(9)) }
      if argument == "--server", index + 1 < arguments.count { return arguments[index + 1] }
    }
    return nil
  }
}
