internal import MartletRPC

/// Groups of pools that share a budget of slots. Got from `MartletClient.groups`.
public struct GroupClient: Sendable {
  let runner: CallRunner

  /// Creates a group. ALREADY_EXISTS (`.groupExists`) if the name is taken.
  ///
  /// - Parameter budget: Slots that its pools use together at most: 1 to 1,000,000.
  @discardableResult
  public func create(
    _ name: String, budget: Int, labels: [String: String] = [:], reason: String = ""
  ) async throws -> Reply<API.Group> {
    let request = API.CreateGroupRequest(
      name: name, spec: .init(budget: Int32(clamping: budget), labels: labels), reason: reason)
    let response: API.CreateGroupResponse = try await runner.unary(
      API.GroupServiceMethods.createGroup, request, repeats: .never)
    return try reply(response.group, response.cursor)
  }

  /// A group with its pools. NOT_FOUND (`.groupNotFound`) if there is none.
  public func get(_ name: String, minCursor: String = "") async throws -> Reply<API.Group> {
    let response: API.GetGroupResponse = try await runner.unary(
      API.GroupServiceMethods.getGroup, API.GetGroupRequest(name: name, minCursor: minCursor),
      repeats: .always)
    return try reply(response.group, response.cursor)
  }

  /// All groups, by name.
  public func list() async throws -> [API.Group] {
    var groups: [API.Group] = []
    var request = API.ListGroupsRequest(pageSize: 1_000)
    repeat {
      let page: API.ListGroupsResponse = try await runner.unary(
        API.GroupServiceMethods.listGroups, request, repeats: .always)
      groups += page.groups
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty
    return groups
  }

  /// Changes what is given. FAILED_PRECONDITION (`.groupBudgetExceeded`) if the budget would be
  /// below what its pools are guaranteed.
  ///
  /// - Parameter etag: Of the group as it was read: ABORTED (`.etagMismatch`) if its spec has
  ///   changed since. Empty: whatever it is now.
  @discardableResult
  public func update(
    _ name: String, budget: Int? = nil, labels: [String: String]? = nil, etag: String = "",
    reason: String = ""
  ) async throws -> Reply<API.Group> {
    let paths = (budget == nil ? [] : ["budget"]) + (labels == nil ? [] : ["labels"])
    let request = API.UpdateGroupRequest(
      name: name, spec: .init(budget: Int32(clamping: budget ?? 0), labels: labels ?? [:]),
      updateMask: WellKnown.FieldMask(paths: paths), etag: etag, reason: reason)
    let response: API.UpdateGroupResponse = try await runner.unary(
      API.GroupServiceMethods.updateGroup, request, repeats: etag.isEmpty ? .always : .never)
    return try reply(response.group, response.cursor)
  }

  /// FAILED_PRECONDITION (`.groupNotEmpty`) while pools are in it.
  @discardableResult
  public func delete(_ name: String, reason: String = "") async throws -> Reply<API.Group> {
    let response: API.DeleteGroupResponse = try await runner.unary(
      API.GroupServiceMethods.deleteGroup, API.DeleteGroupRequest(name: name, reason: reason),
      repeats: .never)
    return try reply(response.group, response.cursor)
  }

  private func reply(_ group: API.Group?, _ cursor: String) throws -> Reply<API.Group> {
    try Reply(group, cursor: cursor, of: "group", target: runner.target)
  }
}
