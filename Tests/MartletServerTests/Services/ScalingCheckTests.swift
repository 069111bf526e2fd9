import MartletAPI
import MartletCore
import Testing

@testable import MartletServer

@Suite("The check of scaling, groups and rollbacks")
struct ScalingCheckTests {
  private func create(_ spec: API.PoolSpec) throws(InvalidRequest) -> PoolSpec {
    try RequestCheck.create(API.CreatePoolRequest(name: "p", spec: spec), limits: Limits()).spec
  }

  @Test("what is unset of scaling has a default, and is shown again")
  func defaults() throws {
    let spec = try create(.init(slots: 2, scaling: .init(minSlots: 1, maxSlots: 8)))
    #expect(spec.scaling == PoolScaling(mode: .off, minSlots: 1, maxSlots: 8))
    let given = API.PoolScaling(
      mode: .on, minSlots: 1, maxSlots: 8, upPercent: 300, downPercent: 0,
      oldestAge: .init(seconds: 30), step: .stepSlots(3), upCooldown: .init(),
      downCooldown: .init(seconds: 5))
    let other = try create(.init(slots: 2, scaling: given, group: "g", groupMinimum: 8))
    #expect(API.PoolSpec(other).scaling == given)
    #expect(API.PoolSpec(other).group == "g" && API.PoolSpec(other).groupMinimum == 8)
  }

  @Test("finds everything that is out of range at once")
  func ranges() {
    let wrong = API.PoolScaling(
      mode: .unrecognized(9), minSlots: 0, maxSlots: 10_001, upPercent: 0, downPercent: 100,
      oldestAge: .init(), step: .stepPercent(0), upCooldown: .init(seconds: -1),
      downCooldown: .init(seconds: 7 * 86_400 + 1))
    let spec = API.PoolSpec(slots: 1, scaling: wrong, group: "G", groupMinimum: -1)
    #expect(
      fields { () throws(InvalidRequest) in _ = try create(spec) } == [
        "spec.scaling.mode", "spec.scaling.min_slots", "spec.scaling.max_slots",
        "spec.scaling.up_percent", "spec.scaling.down_percent", "spec.scaling.oldest_age",
        "spec.scaling.step_percent", "spec.scaling.up_cooldown", "spec.scaling.down_cooldown",
        "spec.group", "spec.group_minimum",
      ])
  }

  @Test(
    "refuses what does not fit together",
    arguments: [
      (API.PoolScaling(minSlots: 9, maxSlots: 8), "spec.scaling.min_slots"),
      (API.PoolScaling(minSlots: 1, maxSlots: 8, upPercent: 20), "spec.scaling.down_percent"),
    ])
  func crossed(scaling: API.PoolScaling, field: String) {
    let spec = API.PoolSpec(slots: 1, scaling: scaling)
    #expect(fields { () throws(InvalidRequest) in _ = try create(spec) } == [field])
  }

  @Test("refuses a guarantee without a group, and one beyond the pool's slots")
  func guarantee() {
    for spec in [
      API.PoolSpec(slots: 4, groupMinimum: 1),
      API.PoolSpec(slots: 4, group: "g", groupMinimum: 5),
    ] {
      #expect(
        fields { () throws(InvalidRequest) in _ = try create(spec) } == ["spec.group_minimum"])
    }
  }

  @Test("an update names scaling, group and guarantee apart, and may take scaling away")
  func update() throws {
    let request = API.UpdatePoolRequest(
      name: "p", spec: .init(slots: 0, group: "g", groupMinimum: 1),
      updateMask: .init(paths: ["scaling", "group", "group_minimum"]))
    var spec = PoolSpec(slots: 4, queueCapacity: 7, retry: .default, runTimeout: .seconds(9))
    spec.scaling = PoolScaling(mode: .on, minSlots: 1, maxSlots: 8)
    try RequestCheck.update(request, limits: Limits()).change.apply(to: &spec)
    #expect(spec.scaling == nil && spec.group == "g" && spec.groupMinimum == 1)
    #expect(spec.slots == 4)
  }

  @Test("finds everything that is wrong with a group")
  func groups() {
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.create(
          API.CreateGroupRequest(
            name: "G", spec: .init(budget: 0, labels: ["": "x"]),
            reason: String(repeating: "x", count: 1_025)), limits: Limits())
      } == ["name", "reason", "spec.budget", "spec.labels[\"\"]"])
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.update(
          API.UpdateGroupRequest(
            name: "g", spec: .init(budget: 1_000_001),
            updateMask: .init(paths: ["budget", "slots"]), etag: "v1-1"), limits: Limits())
      } == ["update_mask.paths[1]", "spec.budget", "etag"])
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.update(API.UpdateGroupRequest(name: "g"), limits: Limits())
      } == ["spec", "update_mask"])
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.list(
          API.ListGroupsRequest(pageSize: -1, pageToken: "x", minCursor: "x"), limits: Limits())
      } == ["page_size", "min_cursor", "page_token"])
  }

  @Test("finds everything that is wrong with a rollback and a list of revisions")
  func rollback() throws {
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.rollback(
          API.RollbackPoolRequest(
            pool: "P", reason: String(repeating: "x", count: 1_025), etag: "x"),
          limits: Limits())
      } == ["pool", "reason", "revision", "etag"])
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.list(
          API.ListPoolRevisionsRequest(pool: "P", pageSize: 1_001, pageToken: "x"),
          limits: Limits())
      } == ["pool", "page_size", "page_token"])
    let token = PageToken(position: Array("17".utf8), first: Revision(40), listHash: 1)
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.list(
          API.ListPoolRevisionsRequest(pool: "p", pageToken: token.text), limits: Limits())
      } == ["page_token"], "the token of another list is no token of this one")
  }

  @Test("the etag of a group is exactly what it was shown as")
  func etags() {
    let version = GroupVersion(group: GroupID(rawValue: 7), specVersion: 3)
    #expect(GroupEtag.version(of: GroupEtag.text(version)) == version)
    for text in ["", "g3", "v3-7", "g3-7-1", "g03-7", "g3- 7"] {
      #expect(GroupEtag.version(of: text) == nil)
    }
  }
}
