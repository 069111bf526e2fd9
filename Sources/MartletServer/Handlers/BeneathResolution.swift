import Glibc

/// How a path is resolved so that it stays beneath a directory. Both ways follow links that stay
/// there, refuse (EXDEV) absolute links and those that lead out, and open without waiting, so that
/// a pipe without a writer blocks nobody.
enum BeneathResolution: Hashable, CaseIterable {
  /// `openat2`, or the walk where the kernel does not have it or a sandbox forbids it.
  case kernel
  /// One directory after the other.
  case walk

  private static let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY
  private static let linksMax = 40
  private static let triesMax = 16

  func open(
    _ names: ArraySlice<String>, beneath directory: consuming FileDescriptor
  ) throws(SystemError) -> FileDescriptor {
    guard !names.isEmpty else { throw SystemError(EISDIR) }
    if self == .kernel {
      do throws(SystemError) {
        return try Self.askKernel(names.joined(separator: "/"), beneath: directory)
      } catch {
        guard [ENOSYS, EPERM, EINVAL, E2BIG].contains(error.number) else { throw error }
      }
    }
    return try Self.walk(names, from: directory)
  }

  /// The kernel gives up with EAGAIN when a directory is renamed while it looks.
  private static func askKernel(
    _ path: String, beneath directory: borrowing FileDescriptor
  ) throws(SystemError) -> FileDescriptor {
    for _ in 1..<triesMax {
      do throws(SystemError) {
        return try directory.openBeneath(path, flags: flags)
      } catch {
        guard error.number == EAGAIN || error.number == EINTR else { throw error }
      }
    }
    return try directory.openBeneath(path, flags: flags)
  }

  /// Holds every directory on the way open, so that `..` in a link means the way that was come.
  private static func walk(
    _ names: ArraySlice<String>, from root: consuming FileDescriptor
  ) throws(SystemError) -> FileDescriptor {
    var way = Way(root: root)
    var rest = Array(names.reversed())
    var links = 0
    while let name = rest.popLast() {
      if name == "." { continue }
      if name == ".." {
        try way.goBack()
        continue
      }
      do throws(SystemError) {
        if rest.isEmpty { return try way.openLast(name, flags: flags) }
        try way.enter(name)
      } catch {
        guard let target = try way.linkTarget(of: name, after: error) else { throw error }
        links += 1
        guard links <= linksMax else { throw SystemError(ELOOP) }
        guard target.utf8.first != UInt8(ascii: "/") else { throw SystemError(EXDEV) }
        rest += target.utf8.split(separator: UInt8(ascii: "/")).reversed()
          .map { String(Substring($0)) }
      }
    }
    throw SystemError(EISDIR)
  }
}

/// The directories from the root to where a walk is.
private struct Way: ~Copyable {
  private let root: FileDescriptor
  private var deeper: [Directory] = []

  /// An array holds no values that cannot be copied.
  private final class Directory {
    let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
  }

  init(root: consuming FileDescriptor) { self.root = root }

  mutating func goBack() throws(SystemError) {
    guard deeper.popLast() != nil else { throw SystemError(EXDEV) }
  }

  mutating func enter(_ name: String) throws(SystemError) {
    let next =
      if let last = deeper.last {
        try last.descriptor.openDirectory(name)
      } else {
        try root.openDirectory(name)
      }
    deeper.append(Directory(next))
  }

  func openLast(_ name: String, flags: Int32) throws(SystemError) -> FileDescriptor {
    if let last = deeper.last { return try last.descriptor.openEntry(name, flags: flags) }
    return try root.openEntry(name, flags: flags)
  }

  /// Where `name` leads if it failed to open because it is a link; nil if it is none.
  func linkTarget(of name: String, after error: SystemError) throws(SystemError) -> String? {
    guard error.number == ELOOP || error.number == ENOTDIR else { return nil }
    do throws(SystemError) {
      if let last = deeper.last { return try last.descriptor.linkTarget(of: name) }
      return try root.linkTarget(of: name)
    } catch {
      if error.number == EINVAL { return nil }
      throw error
    }
  }
}
