internal import ArgumentParser

/// `martlet`, the command line of Martlet.
struct Martlet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "martlet",
    abstract: "Submit tasks to a Martlet server, look at them, and follow what happens.",
    discussion: """
      EXAMPLES
        martlet pool create mails --slots 4
        martlet task submit mails echo '{"to": "ada"}' --wait
        martlet task list --pool mails --state failed
        martlet task get @last
        martlet events --follow --pool mails
        martlet workflow submit nightly.yaml --watch
        martlet stats --last 1h --by kind
        martlet worker run --kind shout -- tr a-z A-Z
        martlet demo /usr/share/doc

      EXIT CODES (but of `lock run`, which exits as its command did)
        0  done
        1  the task failed or was cancelled (submit --wait, wait, batch --wait), the workflow did
           not succeed (--watch, watch), or the demo's results were not right; the worker breaks a rule (worker check)
        2  the command or its input is not valid
        3  there is no such pool, group, task, workflow, operation, lock or worker
        4  refused: the queue is full, the pool is draining, the name is taken, …
        5  the server cannot be reached
        6  the time limit passed (--timeout)
        7  anything else, such as a file that cannot be read or a fault in the server

      The server's address is --server, else the environment's MARTLET_SERVER, else \
      127.0.0.1:7411. Colours are left out when NO_COLOR is set or the output is no terminal.
      Shell completions: martlet --generate-completion-script bash|zsh|fish
      """,
    subcommands: [
      PoolCommands.self, GroupCommands.self, LimitCommands.self, TaskCommands.self,
      WorkflowCommands.self, ScheduleCommands.self, LockCommands.self, StatsCommands.self,
      BulkCommands.self,
      PurgeCommand.self, WorkerCommands.self, EventsCommand.self, DemoCommand.self,
      InfoCommand.self, PingCommand.self, VersionCommand.self,
    ])

  /// This program's version.
  static let version = "0.1.0"
}
