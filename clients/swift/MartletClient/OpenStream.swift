internal import MartletProtobuf
internal import MartletRPC

/// A stream that is being read. Letting go of it ends the call.
struct OpenStream<Message: ProtobufMessage> {
  private let stream: ResponseStream<Message>
  private var iterator: ResponseStream<Message>.Iterator

  init(_ stream: ResponseStream<Message>) {
    self.stream = stream
    iterator = stream.makeAsyncIterator()
  }

  mutating func next() async throws -> Message? { try await iterator.next() }
}
