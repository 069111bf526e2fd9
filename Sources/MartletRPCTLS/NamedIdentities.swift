internal import MartletRPC
internal import NIOCore
internal import NIOSSL

/// The certificates of a server by the names in them.
struct NamedIdentities: Sendable {
  private let fallback: LoadedIdentity
  private var byName: [String: LoadedIdentity] = [:]

  /// `fallback` has no advantage over `further` but that it is shown where no name fits.
  init(_ fallback: LoadedIdentity, _ further: [LoadedIdentity]) {
    self.fallback = fallback
    for identity in [fallback] + further {
      for name in identity.dnsNames where byName[name] == nil { byName[name] = identity }
    }
  }

  /// What is shown to a client that asks for `host`; nil: it does not say.
  func identity(for host: String?) -> LoadedIdentity {
    guard let host = host?.lowercased() else { return fallback }
    if let exact = byName[host] { return exact }
    return PeerCertificate.Name.wildcard(for: host).flatMap { byName[$0] } ?? fallback
  }

  var callback: NIOSSLContextCallback {
    { hello, promise in
      let identity = identity(for: hello.serverHostname)
      var change = NIOSSLContextConfigurationOverride()
      change.certificateChain = identity.chain
      change.privateKey = identity.key
      promise.succeed(change)
    }
  }
}
