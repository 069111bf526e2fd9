package import MartletAPI
import MartletCore
package import MartletRPC

/// `martlet.v1.ServerService`.
package struct ServerService: API.ServerService {
  let desk: ServiceDesk

  package func getServerInfo(
    _ request: API.GetServerInfoRequest, context: CallContext
  ) async throws -> API.GetServerInfoResponse {
    try await desk.answer(context) {
      let info = try await desk.node.info()
      let limits = desk.node.limits
      return .init(
        version: ServerVersion.text, startTime: .init(info.startTime),
        uptime: .init(max(info.now.wall - info.startTime, .zero)), time: .init(info.now.wall),
        elapsed: .init(info.now.elapsed - .zero), oldestCursor: Cursor(before: info.oldest).text,
        cursor: Cursor(info.newest).text, oldestRevision: info.oldest.rawValue,
        newestRevision: info.newest.rawValue, lastFlush: .init(info.lastFlush),
        limits: Limits.all.map { limit in
          .init(
            name: limit.name, value: Int64(limits[keyPath: limit.field]), unit: limit.unit,
            beyond: limit.beyond)
        }, kinds: desk.node.handlerKinds, indexLagEvents: Int64(info.indexLagEvents),
        memoryBytes: Int64(info.strain.memory.bytes),
        refusingSubmissions: info.strain.reasons.map(\.rawValue))
    }
  }
}
