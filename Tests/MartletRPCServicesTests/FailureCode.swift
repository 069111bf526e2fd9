import MartletRPC

/// What a call fails with; nil if it does not.
func code(_ call: () async throws -> Void) async -> StatusCode? {
  do {
    try await call()
    return nil
  } catch {
    return (error as? RPCStatus)?.code
  }
}
