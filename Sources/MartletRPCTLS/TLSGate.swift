internal import MartletRPC
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Stands between TLS and HTTP/2: nothing passes until both sides have agreed on `h2`, and errors
/// pass in words.
final class TLSGate: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// The other side.
  enum Peer: Equatable {
    case client
    /// Called by a name, or by its address.
    case server(name: String?)
  }

  private let tls: NIOSSLHandler
  private let peer: Peer
  private var isOpen = false

  init(_ tls: NIOSSLHandler, to peer: Peer) {
    self.tls = tls
    self.peer = peer
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent {
      if let objection = objection(to: negotiated) {
        context.fireErrorCaught(objection)
        return context.close(promise: nil)
      }
      isOpen = true
      let certificate = peer == .client ? tls.peerCertificate : nil
      context.fireUserInboundEventTriggered(
        SecureTransportReady(peerCertificate: certificate.flatMap { PeerCertificate($0) }))
    }
    context.fireUserInboundEventTriggered(event)
  }

  /// What the two sides have agreed on; nil: nothing yet. The library does not tell the cipher.
  var agreement: RPCConnectionSecurity? {
    guard isOpen else { return nil }
    let certificate = try? tls.peerCertificate?.toDERBytes()
    return RPCConnectionSecurity(
      version: tls.tlsVersion == .tlsv13 ? "TLS 1.3" : "TLS 1.2",
      remoteCertificate: certificate ?? [])
  }

  /// What stands against going on after the handshake.
  private func objection(to negotiated: String?) -> TLSFailure? {
    guard negotiated == "h2" else {
      return TLSFailure(words: "\(TLSFailure.name(of: peer)) has no HTTP/2")
    }
    // The library is content with an address, or a name in the subject, where a name is wanted.
    guard case .server(let name?) = peer else { return nil }
    let certificate = tls.peerCertificate
    let names = certificate.map(PeerCertificate.names) ?? []
    guard names.contains(where: { $0.isDNS(name) }) else {
      return .wrongName(name, certificate)
    }
    return nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isOpen { context.fireChannelRead(data) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // HTTP/2 knows by itself what was cut off.
    if case .uncleanShutdown? = error as? NIOSSLError { return }
    context.fireErrorCaught(TLSFailure.explain(error, by: peer, tls.peerCertificate))
  }
}
