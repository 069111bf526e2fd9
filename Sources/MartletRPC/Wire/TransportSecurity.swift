package import NIOCore

/// How the bytes of connections are protected: not at all, or as a module such as `MartletRPCTLS`
/// has it.
public struct TransportSecurity: Sendable {
  /// Plain text.
  public static let none = TransportSecurity(scheme: "http") { _, _ in }

  /// Value of `:scheme`.
  package let scheme: String
  /// Adds what belongs between the socket and HTTP/2, on the channel's event loop. A client passes
  /// the host that it calls, if that has a name.
  package let install: @Sendable (_ channel: any Channel, _ host: String?) throws -> Void

  package init(
    scheme: String,
    install: @escaping @Sendable (_ channel: any Channel, _ host: String?) throws -> Void
  ) {
    self.scheme = scheme
    self.install = install
  }
}
