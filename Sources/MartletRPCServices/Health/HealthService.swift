public import MartletRPC

/// `grpc.health.v1.Health`: what a health board says, for load balancers and those who wait for a
/// server.
public struct HealthService: GRPCHealth.Health {
  private let board: HealthBoard
  private static let listMax = 100

  public init(board: HealthBoard) { self.board = board }

  public func check(
    _ request: GRPCHealth.HealthCheckRequest, context: CallContext
  ) async throws -> GRPCHealth.HealthCheckResponse {
    guard let status = board.status(of: request.service) else {
      throw RPCStatus(
        code: .notFound,
        message: "This server has no service \"\(request.service.prefix(64))\": leave it empty.")
    }
    return .init(status: Self.message(status))
  }

  public func list(
    _ request: GRPCHealth.HealthListRequest, context: CallContext
  ) async throws -> GRPCHealth.HealthListResponse {
    let statuses = board.statuses
    guard statuses.count <= Self.listMax else {
      throw RPCStatus(
        code: .resourceExhausted,
        message: "There are more than \(Self.listMax) services: check them one by one.")
    }
    return .init(statuses: statuses.mapValues { .init(status: Self.message($0)) })
  }

  /// As the protocol demands, an unknown service is watched too: it might be known one day.
  public func watch(
    _ request: GRPCHealth.HealthCheckRequest,
    response: ResponseWriter<GRPCHealth.HealthCheckResponse>, context: CallContext
  ) async throws {
    var last: GRPCHealth.HealthCheckResponse.ServingStatus?
    for await change in board.changes(of: request.service) {
      let now = Self.message(change)
      if now == last { continue }
      last = now
      try await response.write(.init(status: now))
    }
    try Task.checkCancellation()
    throw RPCStatus(code: .unavailable, message: "The server is stopping: watch it again later.")
  }

  private static func message(
    _ status: HealthBoard.Status?
  ) -> GRPCHealth.HealthCheckResponse.ServingStatus {
    switch status {
    case .serving: .serving
    case .notServing: .notServing
    case nil: .serviceUnknown
    }
  }
}
