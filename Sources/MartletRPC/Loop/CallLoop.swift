/// The event loop that owns a call.
///
/// Resuming many waiting handlers from another thread costs one hop if it is done within one
/// `execute` per loop, and their replies then share one write per connection.
public struct CallLoop: Sendable, Hashable {
  let loop: RPCEventLoop

  /// Runs `body` on the loop soon; at once in the current turn if called on the loop. It must not
  /// block.
  public func execute(_ body: @escaping @Sendable () -> Void) { loop.execute(body) }

  public static func == (one: Self, other: Self) -> Bool { one.loop === other.loop }

  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(loop)) }
}
