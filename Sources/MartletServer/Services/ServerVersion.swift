/// The version of this server, as it tells callers.
package enum ServerVersion {
  package static let text = "0.1.0"
}
