package import NIOCore

/// How the bytes of connections are protected: not at all, or as a module such as `MartletRPCTLS`
/// has it.
public struct TransportSecurity: Sendable {
  /// Plain text.
  public static let none = TransportSecurity(scheme: "http", hasHandshake: false) { _, _ in
  } describe: { _ in
    nil
  }

  /// Value of `:scheme`.
  package let scheme: String
  /// The two sides agree on something before HTTP/2 begins; `SecureTransportReady` says when.
  package let hasHandshake: Bool
  /// Adds what belongs between the socket and HTTP/2, on the channel's event loop. A client passes
  /// the host that it calls, if that has a name.
  package let install: @Sendable (_ channel: any Channel, _ host: String?) throws -> Void
  /// What the two sides of a connection have agreed on; nil: nothing yet. On the channel's event
  /// loop.
  package let describe: @Sendable (_ channel: any Channel) -> RPCConnectionSecurity?

  package init(
    scheme: String, hasHandshake: Bool,
    install: @escaping @Sendable (_ channel: any Channel, _ host: String?) throws -> Void,
    describe: @escaping @Sendable (_ channel: any Channel) -> RPCConnectionSecurity?
  ) {
    self.scheme = scheme
    self.hasHandshake = hasHandshake
    self.install = install
    self.describe = describe
  }
}

/// The event of a pipeline after which what is written leaves.
package struct SecureTransportReady: Sendable {
  /// What the other side has shown of itself, and was believed; nil: nothing.
  package let peerCertificate: PeerCertificate?

  package init(peerCertificate: PeerCertificate?) { self.peerCertificate = peerCertificate }
}
