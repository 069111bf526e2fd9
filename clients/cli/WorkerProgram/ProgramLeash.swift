internal import Foundation

/// A named pipe that the worker holds open. When the worker is gone, however it ended, the pipe
/// ends, and a watcher in the program's group ends the group: no program outlives its worker.
final class ProgramLeash: Sendable {
  let path: String
  private let descriptor: Int32

  /// What the shell in front of a program runs. `$1` is the progress pipe, `$2` the leash, `$3` the
  /// seconds between SIGTERM and SIGKILL; the rest is the program. The watcher is no child of the
  /// program, which may wait for all that it has.
  static let shellScript = """
    exec 3>"$1" || exit 126
    ( ( trap '' TERM; read -r end < "$2"; kill -TERM -$$; sleep "$3"; kill -KILL -$$ ) \
      </dev/null >/dev/null 2>&1 3>&- & )
    shift 3
    exec "$@"
    """

  init(in folder: String) throws {
    path = "\(folder)/leash"
    guard mkfifo(path, 0o600) == 0 else { throw ProgramFault.system("mkfifo", errno) }
    descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw ProgramFault.system("open", errno) }
  }

  deinit { close(descriptor) }
}
