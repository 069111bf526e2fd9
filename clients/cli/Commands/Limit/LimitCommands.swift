internal import ArgumentParser
internal import MartletClient

struct LimitCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limit",
    abstract: "Named limits: how much may start in a while, or run at a time.",
    discussion: """
      EXAMPLES
        martlet limit create sms --rate 100/1s --burst 20 --kind sms.send --key-label customer
        martlet limit update sms --rate 200/1s --reason 'the new contract'
        martlet limit run gateway -- ./send.sh
      """,
    subcommands: [
      LimitCreate.self, LimitList.self, LimitGet.self, LimitUpdate.self, LimitDelete.self,
      LimitAcquire.self, LimitRun.self,
    ])
}

struct LimitCreate: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Create a limit.",
    discussion: """
      Give one of --rate, --window and --concurrency. Without --pool, --kind and --key-label no task \
      needs it: then only `limit acquire`, `limit run` and services take its permits.
      """)

  @Argument(help: "Its name: letters, digits and . _ / : -, the first a letter or a digit.")
  var name: String

  @OptionGroup var rule: LimitRuleOptions
  @OptionGroup var scope: LimitScopeOptions
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if rule.rule == nil {
      throw ValidationError("what it allows is missing, for example --rate 100/1s")
    }
  }

  func run(in session: Session) async throws {
    let limit = try await session.client.limits.create(
      name,
      API.LimitSpec(
        rule: rule.rule, pools: scope.pool, kinds: scope.kind, keyLabel: scope.keyLabel ?? ""),
      reason: why.reason
    ).value
    session.show(limit)
    await session.remarkMissingPools(of: scope)
  }
}

struct LimitGet: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show a limit, and what has been taken of one key.")

  @OptionGroup var argument: LimitArgument
  @Option(help: "Whose state to show.") var key: String = ""
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(try await session.client.limits.get(argument.limit, key: key).value)
  }
}

struct LimitList: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the limits, by name.")

  @Option(help: .init("Only names that begin so.", valueName: "text")) var prefix: String = ""
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    var limits: [API.NamedLimit] = []
    var token = ""
    repeat {
      let page = try await session.client.limits.list(
        namePrefix: prefix, pageSize: 1_000, pageToken: token)
      limits += page.limits
      token = page.nextPageToken
    } while !token.isEmpty
    switch session.format {
    case .json: for limit in limits { session.print(JSON(limit)) }
    case .table:
      if limits.isEmpty {
        return session.remark("There are no limits: create one with `martlet limit create`.")
      }
      session.print(.limits(limits))
    }
  }
}

struct LimitUpdate: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Change a limit while it works.",
    discussion: """
      Changes what is given, at once. --pool and --kind replace all pools and kinds; an empty \
      --key-label takes the keys away. A rate cannot become a window.
      """)

  @OptionGroup var argument: LimitArgument
  @OptionGroup var rule: LimitRuleOptions
  @OptionGroup var scope: LimitScopeOptions
  @Option(help: .init("Change it only if it is still as it was read.", valueName: "etag"))
  var etag: String = ""
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  private var paths: [String] {
    var paths = [rule.path].compactMap { $0 }
    if !scope.pool.isEmpty { paths.append("pools") }
    if !scope.kind.isEmpty { paths.append("kinds") }
    if scope.keyLabel != nil { paths.append("key_label") }
    return paths
  }

  func validate() throws {
    if paths.isEmpty {
      throw ValidationError("nothing to change was given, for example --rate 200/1s")
    }
  }

  func run(in session: Session) async throws {
    let limit = try await session.client.limits.update(
      argument.limit,
      API.LimitSpec(
        rule: rule.rule, pools: scope.pool, kinds: scope.kind, keyLabel: scope.keyLabel ?? ""),
      paths: paths, etag: etag, reason: why.reason
    ).value
    session.show(limit)
    await session.remarkMissingPools(of: scope)
  }
}

struct LimitDelete: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a limit; tasks that waited for it wait no more.")

  @OptionGroup var argument: LimitArgument
  @OptionGroup var why: ReasonOption
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.limits.delete(argument.limit, reason: why.reason).value)
  }
}

struct LimitAcquire: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "acquire", abstract: "Take permits of a rate or a window, or wait for them.",
    discussion: """
      Those of a concurrency limit are held until their lease is over: use `limit run` to give them \
      back when a command has ended.
      """)

  @OptionGroup var argument: LimitArgument
  @OptionGroup var wanted: PermitOptions
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    session.show(
      try await session.client.limits.acquire(
        argument.limit, key: wanted.key, units: wanted.units, owner: wanted.owner ?? "martlet",
        lease: wanted.lease?.duration ?? .seconds(15), wait: wanted.wait?.duration ?? .zero
      ).value)
  }
}

extension Session {
  /// A pool may come after its limit; a name that was mistyped would limit nothing without a word.
  fileprivate func remarkMissingPools(of scope: LimitScopeOptions) async {
    for pool in scope.pool {
      do {
        _ = try await client.pools.get(pool)
      } catch let error as MartletError where error.reason == .poolNotFound {
        remark("There is no pool \(pool) yet: the limit waits for it.")
      } catch {
        return
      }
    }
  }
}
