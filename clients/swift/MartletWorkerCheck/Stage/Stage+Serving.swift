internal import MartletAPI
internal import MartletProtobuf
internal import MartletRPC

/// How a stream ends by the server.
enum RPCEnding: Sendable {
  case ok
  case status(RPCStatus)
}

extension Stage {
  /// One stream, from its first message to its end.
  func serve(
    _ requests: RequestStream<API.WorkRequest>, _ response: ResponseWriter<API.WorkResponse>
  ) async throws {
    let (line, outputs) = try admit()
    defer {
      change { scene in
        scene.book.lines[line]?.isOpen = false
        scene.book.lines[line]?.isHeard = false
        scene.outboxes.removeValue(forKey: line)?.finish()
      }
    }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask { try await self.read(requests, line) }
      group.addTask { try await self.write(outputs, response, line) }
      defer { group.cancelAll() }
      // When the worker says nothing more, what is left is still written.
      if try await group.next() == true { _ = try await group.next() }
    }
  }

  /// The number of a new stream, unless it is refused.
  private func admit() throws -> (Int, AsyncStream<Scene.Output>) {
    let (outputs, outbox) = AsyncStream.makeStream(of: Scene.Output.self)
    let refusal: RPCStatus?
    let line: Int
    (line, refusal) = change { scene in
      scene.lineCount += 1
      let line = scene.lineCount
      scene.add(.came, on: line)
      if case .refusal(let status) = scene.book.policy.reception {
        scene.add(.did("refuses with \(status.code)"), on: line)
        return (line, status)
      }
      for (other, state) in scene.book.lines where state.isOpen && state.isHeard {
        scene.book.note(.streamSingle, line, "stream \(other) still stood")
        scene.outboxes[other]?.yield(
          .end(.status(RPCStatus(code: .aborted, message: "The worker came again."))))
      }
      scene.book.lines[line] = ServerBook.Line()
      scene.outboxes[line] = outbox
      return (line, nil)
    }
    if let refusal { throw refusal }
    return (line, outputs)
  }

  /// True: the worker ended its side in order.
  private func read(_ requests: RequestStream<API.WorkRequest>, _ line: Int) async throws -> Bool {
    do {
      for try await request in requests { heard(request, line) }
    } catch {
      gone(line, "\(error)")
      throw error
    }
    change { scene in
      scene.add(.left, on: line)
      scene.book.lines[line]?.isHeard = false
      scene.outboxes[line]?.finish()
    }
    return true
  }

  private func heard(_ request: API.WorkRequest, _ line: Int) {
    change { scene in
      scene.add(.said(request), on: line)
      let breaches = scene.book.breaches.count
      let answer = scene.book.take(request, on: line)
      if scene.book.breaches.count > breaches { scene.illustrateBreaches(from: breaches) }
      if answer != API.WorkResponse() { scene.tell(answer, on: line) }
    }
  }

  private func write(
    _ outputs: AsyncStream<Scene.Output>, _ response: ResponseWriter<API.WorkResponse>,
    _ line: Int
  ) async throws -> Bool {
    for await output in outputs {
      switch output {
      case .message(let message): try await response.write(message)
      case .bytes(let bytes):
        try await response.write(encodedByteCount: bytes.count) { $0.copyBytes(from: bytes) }
      case .end(.ok): return false
      case .end(.status(let status)): throw status
      }
    }
    return false
  }

  private func gone(_ line: Int, _ how: String) {
    change { scene in
      guard scene.book.lines[line]?.isHeard == true else { return }
      scene.book.lines[line]?.isHeard = false
      scene.add(.broke(how), on: line)
    }
  }
}

extension Scene {
  /// Adds to new breaches what happened before them.
  mutating func illustrateBreaches(from index: Int) {
    let entries = entries.suffix(16)
    let start = entries.first?.time ?? .now
    let texts = entries.map { $0.text(since: start) }
    for index in book.breaches.indices[index...] { book.breaches[index].heard = texts }
  }

  /// Sends a message on a stream.
  mutating func tell(_ response: API.WorkResponse, on line: Int) {
    add(.told(response), on: line)
    outboxes[line]?.yield(.message(response))
  }
}
