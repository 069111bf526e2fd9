import Foundation
import MartletRPCTLS

/// A folder with an authority and the certificates that it made, for a day.
final class Certificates: Sendable {
  private let folder: URL

  struct OpenSSLFailed: Error {}

  init() async throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "martlet-tls-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try await openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "1", "-subj", "/CN=Authority", "-keyout", path("ca.key"), "-out", authority)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  var authority: String { path("ca.pem") }

  func path(_ name: String) -> String { folder.appending(path: name).path() }

  /// Makes a certificate for some names, in the syntax of OpenSSL: `DNS:a,IP:1.2.3.4`. With less
  /// than one day it has expired.
  func identity(_ name: String, for names: String, days: Int = 1) async throws -> TLSIdentity {
    let identity = TLSIdentity(
      certificateFile: path("\(name).pem"), keyFile: path("\(name).key"))
    try await openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
      "/CN=\(name)", "-addext", "subjectAltName=\(names)", "-keyout", identity.keyFile, "-out",
      path("\(name).csr"))
    try await openssl(
      "x509", "-req", "-in", path("\(name).csr"), "-CA", authority, "-CAkey", path("ca.key"),
      "-CAcreateserial", "-copy_extensions", "copy", "-days", "\(days)", "-out",
      identity.certificateFile)
    return identity
  }

  /// Puts another one's files in the place of `identity`.
  func replace(_ identity: TLSIdentity, by other: TLSIdentity) throws {
    try replace(identity.certificateFile, by: other.certificateFile)
    try replace(identity.keyFile, by: other.keyFile)
  }

  func replace(_ file: String, by other: String) throws {
    try Data(contentsOf: URL(filePath: other)).write(to: URL(filePath: file))
  }

  func write(_ text: String, to file: String) throws {
    try Data(text.utf8).write(to: URL(filePath: file))
  }

  private func openssl(_ arguments: String...) async throws {
    guard try await OpenSSL.run(arguments).hasSucceeded else { throw OpenSSLFailed() }
  }
}
