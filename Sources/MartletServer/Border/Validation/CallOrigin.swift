import MartletCore
import MartletRPC

extension Origin {
  /// The metadata by which a caller says on whose behalf it acts.
  static let actorKey: StaticString = "martlet-actor"
  private static let actorBytesMax = 127

  /// Who calls: as the metadata says, else the other end of the connection.
  init(_ context: CallContext, reason: String = "") throws(InvalidRequest) {
    guard let actor = context.metadataValue(Self.actorKey), !actor.isEmpty else {
      self.init(actor: context.peer, reason: reason)
      return
    }
    guard actor.utf8.count <= Self.actorBytesMax, actor.utf8.allSatisfy({ 0x20...0x7E ~= $0 })
    else {
      throw InvalidRequest(
        field: "metadata.\(Self.actorKey)",
        description: "must be at most \(Self.actorBytesMax) printable ASCII characters")
    }
    self.init(actor: actor, reason: reason)
  }
}
