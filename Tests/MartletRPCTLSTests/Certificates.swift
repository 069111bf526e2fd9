import Foundation
import MartletRPCTLS

/// A folder with an authority and the certificates that it made, for a few hours.
final class Certificates: Sendable {
  private let folder: URL

  struct OpenSSLFailed: Error {}

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "martlet-tls-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "1", "-subj", "/CN=Authority", "-keyout", path("ca.key"), "-out", authority)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  var authority: String { path("ca.pem") }

  func path(_ name: String) -> String { folder.appending(path: name).path() }

  /// Makes a certificate for some names, in the syntax of OpenSSL: `DNS:a,IP:1.2.3.4`.
  func identity(_ name: String, for names: String) throws -> TLSIdentity {
    let identity = TLSIdentity(
      certificateFile: path("\(name).pem"), keyFile: path("\(name).key"))
    try openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
      "/CN=\(name)", "-addext", "subjectAltName=\(names)", "-keyout", identity.keyFile, "-out",
      path("\(name).csr"))
    try openssl(
      "x509", "-req", "-in", path("\(name).csr"), "-CA", authority, "-CAkey", path("ca.key"),
      "-CAcreateserial", "-copy_extensions", "copy", "-days", "1", "-out",
      identity.certificateFile)
    return identity
  }

  /// Puts another one's files in the place of `identity`.
  func replace(_ identity: TLSIdentity, by other: TLSIdentity) throws {
    for (old, new) in [
      (identity.certificateFile, other.certificateFile), (identity.keyFile, other.keyFile),
    ] {
      try Data(contentsOf: URL(filePath: new)).write(to: URL(filePath: old))
    }
  }

  private func openssl(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw OpenSSLFailed() }
  }
}
