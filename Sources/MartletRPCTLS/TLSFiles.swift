internal import Glibc
internal import MartletRPC
internal import NIOSSL

/// A file that is missing, or is not what it should be.
public struct TLSFileError: Error, Equatable, CustomStringConvertible {
  /// Its path.
  public let file: String
  /// Such as "is not a private key in PEM".
  public let problem: String

  public var description: String { "\(file) \(problem)" }
}

/// Reading PEM files.
enum TLSFiles {
  static func certificates(_ file: String) throws(TLSFileError) -> [NIOSSLCertificate] {
    try check(file)
    let found = try? NIOSSLCertificate.fromPEMFile(file)
    guard let found, !found.isEmpty else {
      throw TLSFileError(file: file, problem: "is not a list of certificates in PEM")
    }
    return found
  }

  static func key(_ file: String) throws(TLSFileError) -> NIOSSLPrivateKey {
    try check(file)
    guard let key = try? NIOSSLPrivateKey(file: file, format: .pem) else {
      throw TLSFileError(file: file, problem: "is not a private key in PEM")
    }
    return key
  }

  private static func check(_ file: String) throws(TLSFileError) {
    guard access(file, R_OK) != 0 else { return }
    let words = strerror(errno).map { String(cString: $0).lowercased() } ?? "error \(errno)"
    throw TLSFileError(file: file, problem: "cannot be read: \(words)")
  }
}

/// A certificate, those behind it, and its key.
struct LoadedIdentity: Sendable {
  let files: TLSIdentity
  let chain: [NIOSSLCertificateSource]
  let key: NIOSSLPrivateKeySource
  /// What it may be called, in lower case.
  let dnsNames: [String]

  init(_ files: TLSIdentity) throws(TLSFileError) {
    self.files = files
    let certificates = try TLSFiles.certificates(files.certificateFile)
    chain = certificates.map { .certificate($0) }
    key = .privateKey(try TLSFiles.key(files.keyFile))
    dnsNames = (certificates.first.map(PeerCertificate.names) ?? []).compactMap { name in
      if case .dns(let host) = name { host.lowercased() } else { nil }
    }
  }
}
