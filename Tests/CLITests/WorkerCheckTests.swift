import MartletWorkerCheck
import Testing

@testable import martlet

@Suite("martlet worker check")
struct WorkerCheckTests {
  private func run(_ arguments: String...) async -> (status: martlet.ExitStatus, output: String) {
    await run(arguments)
  }

  private func run(_ arguments: [String]) async -> (status: martlet.ExitStatus, output: String) {
    var surroundings = Surroundings.process
    let (output, errors) = (CommandWorld.Collector(), CommandWorld.Collector())
    surroundings.output = output
    surroundings.errors = errors
    let status = await Surroundings.$current.withValue(surroundings) {
      await Program.run(["worker", "check"] + arguments)
    }
    return (status, output.text + errors.text)
  }

  @Test("the list names each scenario and its rule, and starts nothing")
  func list() async {
    let (status, text) = await run("--list")
    #expect(status == .ok)
    #expect(text.split(separator: "\n").count == Scenario.all.count)
    #expect(text.hasPrefix("hello-first: the first message of a stream is hello\n"))
    let cancels = await run("--list", "--only", "cancel").output
    #expect(cancels.split(separator: "\n").allSatisfy { $0.hasPrefix("cancel-") })
  }

  @Test(
    "a command line that makes no sense is a usage error",
    arguments: [[], ["--only", "nothing", "--", "true"], ["--timeout", "10ms", "--", "true"]])
  func usage(arguments: [String]) async {
    let (status, _) = await run(arguments)
    #expect(status == .usage)
  }

  @Test("a worker that never says hello is a failure, and a report that bails out")
  func noWorker() async {
    let (status, text) = await run("--", "sh", "-c", "echo not today; exit 1")
    #expect(status == .taskFailed)
    #expect(text.hasPrefix("TAP version 14\n"))
    #expect(text.contains("\nBail out! no worker"))
    #expect(text.contains("not today"))
  }
}
