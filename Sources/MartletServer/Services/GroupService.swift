package import MartletAPI
import MartletCore
package import MartletRPC

/// `martlet.v1.GroupService`.
package struct GroupService: API.GroupService {
  let desk: ServiceDesk

  /// Of a group in a list.
  private static let listedMembersMax = 1_000

  private var node: Node { desk.node }
  private var limits: Limits { desk.node.limits }

  package func createGroup(
    _ request: API.CreateGroupRequest, context: CallContext
  ) async throws -> API.CreateGroupResponse {
    try await desk.answer(context) {
      let (name, spec) = try RequestCheck.create(request, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      let command = GroupCommand.create(name: name, spec, origin: origin)
      if request.validateOnly {
        let cursor = try await rehearse(command, context)
        return .init(group: .init(name: name, spec: .init(spec)), cursor: cursor)
      }
      let (group, cursor) = try await change(command, context)
      return .init(group: group, cursor: cursor)
    }
  }

  package func getGroup(
    _ request: API.GetGroupRequest, context: CallContext
  ) async throws -> API.GetGroupResponse {
    try await desk.answer(context) {
      let minimum = try RequestCheck.group(
        name: request.name, minCursor: request.minCursor, limits: limits)
      try desk.check(minimum)
      let (views, revision) = try await look(.group(request.name), context)
      return .init(group: views.first.map { .init($0) }, cursor: Cursor(revision).text)
    }
  }

  package func listGroups(
    _ request: API.ListGroupsRequest, context: CallContext
  ) async throws -> API.ListGroupsResponse {
    try await desk.answer(context) {
      let list = try RequestCheck.list(request, limits: limits)
      try desk.check(list.minimum)
      let (views, revision) = try await look(.groups, context)
      let first = list.first ?? revision
      let rest = views.drop { view in
        list.after.map { !$0.utf8.lexicographicallyPrecedes(view.record.name.utf8) } ?? false
      }
      let page = rest.prefix(list.pageSize)
      var token = ""
      if page.count < rest.count, let last = page.last {
        token =
          PageToken(
            position: Array(last.record.name.utf8), first: first, listHash: CheckedGroupList.hash
          ).text
      }
      var room = Self.listedMembersMax
      let groups = page.map { view in
        defer { room = max(0, room - view.members.count) }
        return API.Group(view, membersMax: room)
      }
      return .init(
        groups: groups, nextPageToken: token, totalSize: Int64(views.count),
        cursor: Cursor(first).text)
    }
  }

  package func updateGroup(
    _ request: API.UpdateGroupRequest, context: CallContext
  ) async throws -> API.UpdateGroupResponse {
    try await desk.answer(context) {
      let update = try RequestCheck.update(request, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      let change = update.change
      let command = GroupCommand.update(
        name: update.name, expected: update.etag, change: { change.apply(to: &$0) },
        origin: origin)
      if request.validateOnly {
        _ = try await rehearse(command, context)
        var (views, revision) = try await look(.group(update.name), context)
        for place in views.indices { change.apply(to: &views[place].record.spec) }
        return .init(group: views.first.map { .init($0) }, cursor: Cursor(revision).text)
      }
      let (group, cursor) = try await self.change(command, context)
      return .init(group: group, cursor: cursor)
    }
  }

  package func deleteGroup(
    _ request: API.DeleteGroupRequest, context: CallContext
  ) async throws -> API.DeleteGroupResponse {
    try await desk.answer(context) {
      _ = try RequestCheck.group(name: request.name, reason: request.reason, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      let (group, cursor) = try await change(
        .delete(name: request.name, origin: origin), context)
      return .init(group: group, cursor: cursor)
    }
  }

  // MARK: - Parts

  private func change(
    _ command: GroupCommand, _ context: CallContext
  ) async throws -> (group: API.Group, cursor: String) {
    let outcome = try await node.perform(.group(command), on: context.loop)
    guard case .group(let view) = outcome.value else { throw unexpected(context) }
    return (.init(view), Cursor(outcome.revision).text)
  }

  private func rehearse(
    _ command: GroupCommand, _ context: CallContext
  ) async throws -> String {
    let seen = try await node.see(.rehearsal(.group(command)), on: context.loop)
    return Cursor(seen.revision).text
  }

  private func look(
    _ query: Query, _ context: CallContext
  ) async throws -> (views: [GroupView], revision: Revision) {
    let seen = try await node.see(query, on: context.loop)
    guard case .groups(let views) = seen.value else { throw unexpected(context) }
    return (views, seen.revision)
  }

  private func unexpected(_ context: CallContext) -> RPCStatus {
    desk.fault("the engine answered a call about groups with something else", in: context)
  }
}
