internal import Dispatch
internal import Foundation

/// A named pipe on which a program reports how far it is, line by line.
///
/// The program gets it as an open descriptor: a shell in front of it opens the pipe and becomes the
/// program, since swift-subprocess hands on no descriptors beyond the standard three.
///
/// `@unchecked Sendable`: Dispatch's sources may be used from any thread.
final class ProgressChannel: @unchecked Sendable {
  /// The descriptor's number in the program.
  static let descriptorNumber = 3

  /// Longer lines are cut.
  private static let lineBytesMax = 8 << 10

  let path: String
  /// Whole lines, in order; ends with `close`.
  let lines: AsyncStream<String>
  private let descriptor: Int32
  private let source: any DispatchSourceRead
  private let queue = DispatchQueue(label: "martlet.progress")
  private let rest: Rest

  /// What has come of a line that is not whole yet.
  ///
  /// `@unchecked Sendable`: touched on the channel's queue only.
  private final class Rest: @unchecked Sendable {
    var bytes: [UInt8] = []
    let lines: AsyncStream<String>.Continuation
    init(_ lines: AsyncStream<String>.Continuation) { self.lines = lines }

    func take(_ more: [UInt8]) {
      for byte in more {
        if byte == UInt8(ascii: "\n") {
          flush()
        } else if bytes.count < ProgressChannel.lineBytesMax {
          bytes.append(byte)
        }
      }
    }

    func flush() {
      if !bytes.isEmpty { lines.yield(String(decoding: bytes, as: UTF8.self)) }
      bytes.removeAll(keepingCapacity: true)
    }
  }

  /// Makes the pipe in this folder.
  init(in folder: String) throws {
    path = "\(folder)/progress"
    guard mkfifo(path, 0o600) == 0 else { throw ProgramFault.system("mkfifo", errno) }
    // Open for writing, too, so that it does not end when the first writer of several closes it.
    descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw ProgramFault.system("open", errno) }
    let (lines, continuation) = AsyncStream.makeStream(of: String.self)
    self.lines = lines
    rest = Rest(continuation)
    source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    source.setEventHandler { [descriptor, rest] in Self.drain(descriptor, into: rest) }
    source.setCancelHandler { [descriptor] in _ = Glibc.close(descriptor) }
    source.resume()
  }

  /// Takes what is still in the pipe; nothing comes after that.
  func close() {
    queue.sync {
      guard !source.isCancelled else { return }
      Self.drain(descriptor, into: rest)
      rest.flush()
      rest.lines.finish()
      source.cancel()
    }
  }

  private static func drain(_ descriptor: Int32, into rest: Rest) {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return }
      rest.take(Array(buffer[..<count]))
    }
  }
}
