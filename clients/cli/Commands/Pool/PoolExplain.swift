internal import ArgumentParser
internal import MartletClient

struct PoolExplain: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say what holds a pool back, and what would help.")

  @OptionGroup var argument: PoolArgument
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func run(in session: Session) async throws {
    let explanation = try await session.client.pools.explain(argument.pool)
    guard session.format == .table else { return session.print(JSON(explanation)) }
    session.print(explanation.summary)
    if let scaling = explanation.scaling {
      session.print("scaling \(scaling.mode.name): \(scaling.text)")
    }
    if explanation.causes.isEmpty {
      session.print("Nothing holds back what it has.")
    } else {
      session.print(Table.causes(explanation.causes, withTasks: true))
    }
    if explanation.omittedCauses > 0 {
      session.print("and \(explanation.omittedCauses) causes more, with fewer tasks each")
    }
    if !explanation.shares.isEmpty { session.print(Table.shares(explanation.shares)) }
    if explanation.omittedShares > 0 {
      session.print("and \(explanation.omittedShares) keys more, which use less")
    }
  }
}
