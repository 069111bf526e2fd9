import MartletAPI
import MartletCore

struct CheckedGroupUpdate: Sendable {
  /// What is nil stays.
  struct Change: Hashable, Sendable {
    var budget: Int?
    var labels: LabelSet?

    func apply(to spec: inout GroupSpec) {
      if let budget { spec.budget = budget }
      if let labels { spec.labels = labels }
    }
  }

  var name: String
  var change: Change
  /// nil: whatever the spec is now.
  var etag: GroupVersion?
}

struct CheckedGroupList: Sendable {
  static let hash = StableHash.of("groups")

  var pageSize: Int
  /// The name that the page before ended with.
  var after: String?
  var first: Revision?
  var minimum: Revision?
}

extension RequestCheck {
  mutating func groupName(_ name: String, _ field: StaticString) {
    if !NameRule.isPool(name) {
      fail(.request, field, "must be the name of a group: \(NameRule.poolText)")
    }
  }

  private mutating func budget(_ spec: API.GroupSpec) -> Int {
    number(spec.budget, in: 1...1_000_000, .spec, "budget")
  }

  static func create(
    _ request: API.CreateGroupRequest, limits: Limits
  ) throws(InvalidRequest) -> (name: String, spec: GroupSpec) {
    var check = RequestCheck(limits: limits)
    check.groupName(request.name, "name")
    check.reason(request.reason)
    if request.spec == nil { check.fail(.request, "spec", "must be set") }
    let given = request.spec ?? .init(budget: 1)
    let spec = GroupSpec(
      budget: check.budget(given), labels: check.labels(given.labels, .spec))
    try check.conclude()
    return (request.name, spec)
  }

  static func update(
    _ request: API.UpdateGroupRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedGroupUpdate {
    var check = RequestCheck(limits: limits)
    check.groupName(request.name, "name")
    check.reason(request.reason)
    if request.spec == nil { check.fail(.request, "spec", "must be set") }
    let change = check.change(
      request.updateMask?.paths ?? [], of: request.spec ?? .init(budget: 1))
    var etag: GroupVersion?
    if !request.etag.isEmpty {
      etag = GroupEtag.version(of: request.etag)
      if etag == nil {
        check.fail(.request, "etag", "must be empty or the etag of a group as it was read")
      }
    }
    try check.conclude()
    return CheckedGroupUpdate(name: request.name, change: change, etag: etag)
  }

  private mutating func change(
    _ paths: [String], of spec: API.GroupSpec
  ) -> CheckedGroupUpdate.Change {
    var change = CheckedGroupUpdate.Change()
    if paths.isEmpty { fail(.request, "update_mask", "must name at least one path, or be `*`") }
    let known = ["budget", "labels", "*"]
    for (index, path) in paths.enumerated() where !known.contains(path) {
      fail(
        .request, "update_mask.paths", .index(index),
        "must be one of budget, labels and *, not `\(path.shortened)`")
    }
    let isWhole = paths.contains("*")
    if isWhole || paths.contains("budget") { change.budget = budget(spec) }
    if isWhole || paths.contains("labels") { change.labels = labels(spec.labels, .spec) }
    return change
  }

  /// Of GetGroup and DeleteGroup.
  static func group(
    name: String, reason: String = "", minCursor: String = "", limits: Limits
  ) throws(InvalidRequest) -> Revision? {
    var check = RequestCheck(limits: limits)
    check.groupName(name, "name")
    check.reason(reason)
    let minimum = check.cursor(minCursor, "min_cursor")
    try check.conclude()
    return minimum
  }

  static func list(
    _ request: API.ListGroupsRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedGroupList {
    var check = RequestCheck(limits: limits)
    var list = CheckedGroupList(
      pageSize: check.pageSize(request.pageSize),
      minimum: check.cursor(request.minCursor, "min_cursor"))
    if !request.pageToken.isEmpty {
      if let token = PageToken(parsing: request.pageToken, listHash: CheckedGroupList.hash) {
        list.after = String(decoding: token.position, as: UTF8.self)
        list.first = token.first
      } else {
        check.failPageToken()
      }
    }
    try check.conclude()
    return list
  }
}
