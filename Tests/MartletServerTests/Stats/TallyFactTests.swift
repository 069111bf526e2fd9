import MartletAPI
import MartletCore
import MartletProtobuf
import Testing

@testable import MartletServer

@Suite("Tallies in the engine table")
struct TallyFactTests {
  @Test("a table from before there were tallies counts from what comes next")
  func older() {
    let engine = LogAPI.EngineFact(revision: 41, lastTask: 7).protobufBytes()
    let catalog = CatalogFacts.catalog(["engine": engine])
    #expect(catalog?.talliedFrom == Revision(42) && catalog?.tallies == TallyTable())
    #expect(Catalog().talliedFrom == Revision(1))
  }

  @Test("are read back as they were, and not if they make no sense")
  func rows() {
    let key = Counters.Key(pool: PoolID(rawValue: 3), kind: .other)
    var tally = TaskTally()
    tally[.failed(.rejected)] = 5
    tally[.submitted] = 9
    let read = CatalogFacts.tally(CatalogFacts.tally(tally), key: CatalogFacts.tallyKey(key))
    #expect(read?.0 == key && read?.1 == tally)
    #expect(CatalogFacts.tally(CatalogFacts.tally(tally), key: "tally/3") == nil)
    #expect(CatalogFacts.tally([], key: CatalogFacts.tallyKey(key)) == nil)
  }
}
