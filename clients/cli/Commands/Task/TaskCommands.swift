internal import ArgumentParser
internal import MartletClient

struct TaskCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task",
    abstract: "Submit, look at, trace, explain, wait for, cancel, pause, retry and change tasks.",
    subcommands: [
      TaskSubmit.self, TaskBatch.self, TaskListCommand.self, TaskGet.self, TaskCount.self,
      TaskCancel.self, TaskPause.self, TaskResume.self, TaskRetry.self, TaskUpdateCommand.self,
      TaskWaitCommand.self, TaskTraceCommand.self, TaskExplain.self,
    ])
}

/// The task that a command is about.
struct TaskArgument: ParsableArguments {
  @Argument(
    help: "The task's id, or @last for the one that you submitted last.",
    completion: Completions.tasks)
  var task: String
}

extension Session {
  func show(_ task: API.Task) { show(json: JSON(task), table: .task(task)) }

  /// Shows a task that has ended; throws the exit status if it did not succeed.
  func showEnd(of task: API.Task, resultOnly: Bool) throws {
    if !resultOnly {
      show(task)
    } else if let result = task.result {
      surroundings.output.write(bytes: result.data)
    }
    if task.state == .succeeded { return }
    if resultOnly {
      let why = task.failure?.text ?? task.cancelReason
      throw CommandFailure(
        .taskFailed,
        "task \(task.id) \(task.state.name)\(why.isEmpty ? "" : " (\(why))"): "
          + "see `martlet task get \(task.id)`, or run it again with `martlet task retry`.")
    }
    throw ExitStatus.taskFailed
  }
}
