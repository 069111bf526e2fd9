internal import NIOPosix

/// Decompresses the requests of one event loop: small ones at once, large ones on another thread,
/// one after the other. A few kilobytes may grow to megabytes, which take milliseconds: meanwhile
/// the other calls of the loop go on.
///
/// `@unchecked Sendable`: touched on the loop only; `elsewhere` by the one job that is running.
final class Inflater: @unchecked Sendable {
  /// A message that waits for the other thread.
  struct Job {
    var limit: Int
    /// The compressed bytes when its turn has come; nil: nobody wants it any more.
    var input: () -> [UInt8]?
    var done: (Result<[UInt8], RPCStatus>) -> Void
  }

  /// What is done at once takes some 100 µs.
  private static let smallBytes = 64 << 10

  private unowned let loop: RPCEventLoop
  private let elsewhere = GzipCoder()
  @exclusivity(unchecked) private var waiting: ContiguousArray<Job> = []
  @exclusivity(unchecked) private var waitingStart = 0
  @exclusivity(unchecked) private var running: Job?

  init(loop: RPCEventLoop) { self.loop = loop }

  /// The message, if it is small; nil: it is for `add`.
  func inflateSmall(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(RPCStatus) -> [UInt8]? {
    do throws(RPCStatus) {
      return try loop.gzip.decompress(bytes, limit: min(limit, Self.smallBytes))
    } catch {
      if error.code == .resourceExhausted, limit > Self.smallBytes { return nil }
      throw error
    }
  }

  func add(_ job: Job) {
    waiting.append(job)
    if running == nil { runNext() }
  }

  private func runNext() {
    while waitingStart < waiting.count {
      let job = waiting[waitingStart]
      waitingStart &+= 1
      guard let packed = job.input() else { continue }
      running = job
      let limit = job.limit
      NIOThreadPool.singleton.submit { _ in
        let result = self.inflate(packed, limit: limit)
        self.loop.execute { self.ended(result) }
      }
      break
    }
    if waitingStart == waiting.count {
      waiting.removeAll(keepingCapacity: waiting.count < 4096)
      waitingStart = 0
    }
  }

  private func inflate(_ packed: [UInt8], limit: Int) -> Result<[UInt8], RPCStatus> {
    Result { () throws(RPCStatus) in
      let bytes = packed.span.bytes
      return try bytes.withUnsafeBytes { (bytes) throws(RPCStatus) in
        try elsewhere.decompress(bytes, limit: limit)
      }
    }
  }

  private func ended(_ result: Result<[UInt8], RPCStatus>) {
    let job = running
    running = nil
    runNext()
    job?.done(result)
  }
}
