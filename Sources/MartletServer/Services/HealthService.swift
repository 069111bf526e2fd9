package import MartletAPI
package import MartletRPC

/// `grpc.health.v1.Health`, for the server as a whole (the empty name) and for each of its
/// services, which live and die together.
package struct HealthService: GRPCHealth.Health {
  let board: HealthBoard
  /// Full names; the empty one among them.
  let services: Set<String>

  package func check(
    _ request: GRPCHealth.HealthCheckRequest, context: CallContext
  ) async throws -> GRPCHealth.HealthCheckResponse {
    guard services.contains(request.service) else {
      throw RPCStatus(
        code: .notFound,
        message: "This server has no service \"\(request.service.shortened)\": leave it empty.")
    }
    return .init(status: status(board.status))
  }

  /// As the protocol demands, an unknown service is watched too: it might be known one day.
  package func watch(
    _ request: GRPCHealth.HealthCheckRequest,
    response: ResponseWriter<GRPCHealth.HealthCheckResponse>, context: CallContext
  ) async throws {
    let isKnown = services.contains(request.service)
    var last: GRPCHealth.HealthCheckResponse.ServingStatus?
    for await change in board.changes() {
      let now = isKnown ? status(change) : .serviceUnknown
      if now == last { continue }
      last = now
      try await response.write(.init(status: now))
    }
    try Task.checkCancellation()
    throw RPCStatus(code: .unavailable, message: "The server is stopping: watch it again later.")
  }

  private func status(
    _ status: HealthBoard.Status
  ) -> GRPCHealth.HealthCheckResponse.ServingStatus {
    switch status {
    case .serving: .serving
    case .notServing: .notServing
    }
  }
}
