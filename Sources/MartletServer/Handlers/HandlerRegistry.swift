import MartletCore

/// The handlers of a server, by kind. Complete before the server starts; a value from then on.
package struct HandlerRegistry: Sendable {
  private var handlers: [String: any TaskHandler] = [:]

  package init() {}

  /// The handlers that every server has. `file.digest` reads below `fileRoots` only; there is no
  /// `exec` without commands.
  package static func standard(
    fileRoots: FileRoots, commands: [CommandTemplate] = [],
    outputBytesMax: Int = Limits().resultBytes
  ) -> HandlerRegistry {
    var registry = HandlerRegistry()
    let handlers: [any TaskHandler] = [
      FileDigestHandler(roots: fileRoots), SleepHandler(), EchoHandler(), FailHandler(),
    ]
    for handler in handlers { registry.register(handler) }
    if !commands.isEmpty {
      registry.register(ExecHandler(commands: commands, outputBytesMax: outputBytesMax))
    }
    return registry
  }

  /// The handler takes the place of an earlier one of its kind, which is returned.
  @discardableResult
  package mutating func register(_ handler: any TaskHandler) -> (any TaskHandler)? {
    handlers.updateValue(handler, forKey: handler.kind)
  }

  package func handler(for kind: String) -> (any TaskHandler)? { handlers[kind] }

  /// In alphabetical order.
  package var kinds: [String] { handlers.keys.sorted() }
}
