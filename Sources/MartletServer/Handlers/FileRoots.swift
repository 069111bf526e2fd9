import Glibc

/// The directories below which `file.digest` may read. None allows nothing.
///
/// A path is allowed by what it says (absolute, no `..`, below a root) and by where it leads: it is
/// opened beneath the root, so that no link on the way, not even one that is put there meanwhile,
/// leads out.
package struct FileRoots: Sendable {
  /// A directory, in the spelling that paths below it begin with.
  private struct Root: Hashable {
    var names: [String]

    var path: String { "/" + names.joined(separator: "/") }
  }

  private var roots: [Root]
  private let resolution: BeneathResolution

  package static let none = FileRoots()

  private init() {
    roots = []
    resolution = .kernel
  }

  /// Relative paths are below the working directory of now. A root that is a link, or below one,
  /// may be named by both of its paths.
  package init(_ paths: [String]) throws(FileRootFailure) {
    try self.init(paths, resolution: .kernel)
  }

  init(_ paths: [String], resolution: BeneathResolution) throws(FileRootFailure) {
    self.resolution = resolution
    var found: Set<Root> = []
    for path in paths {
      guard let workingDirectory = Self.realPath("."), let real = Self.realPath(path) else {
        throw FileRootFailure(path: path, reason: String(cString: strerror(errno)))
      }
      guard Self.isDirectory(real) else {
        throw FileRootFailure(path: path, reason: "not a directory")
      }
      let written = path.utf8.first == UInt8(ascii: "/") ? path : workingDirectory + "/" + path
      found.insert(Root(names: Self.names(in: real)))
      // With `..` after a link, what is written is not where it leads.
      let names = Self.names(in: written)
      if !names.contains("..") { found.insert(Root(names: names)) }
    }
    // The outermost first: it allows the most links.
    roots = found.sorted { ($0.names.count, $0.path) < ($1.names.count, $1.path) }
  }

  /// The regular file at `path`, open for reading.
  func open(_ path: String) throws(HandlerFailure) -> OpenFile {
    guard path.utf8.first == UInt8(ascii: "/") else {
      throw .notAllowed("the path has to be absolute")
    }
    guard !path.utf8.contains(0) else { throw .notAllowed("the path contains a NUL") }
    let names = Self.names(in: path)
    guard !names.contains("..") else { throw .notAllowed("the path contains `..`") }
    guard let root = roots.first(where: { names.starts(with: $0.names) }) else {
      throw .notAllowed("the path is not below a directory that this server may read")
    }
    let descriptor: FileDescriptor
    do throws(SystemError) {
      let directory = try FileDescriptor.openRoot(root.path)
      descriptor = try resolution.open(names.dropFirst(root.names.count), beneath: directory)
    } catch {
      throw error.failure
    }
    return try OpenFile(descriptor)
  }

  private static func names(in path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
  }

  private static func realPath(_ path: String) -> String? {
    guard !path.utf8.contains(0), let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

/// A configured root cannot be one.
package struct FileRootFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package var path: String
  package var reason: String

  package var description: String { "cannot use \(path) as a file root: \(reason)" }
}

extension HandlerFailure {
  static func notAllowed(_ message: String) -> HandlerFailure {
    HandlerFailure(code: "NOT_ALLOWED", message: message, retryable: false)
  }

  static func notAFile(_ message: String) -> HandlerFailure {
    HandlerFailure(code: "NOT_A_FILE", message: message, retryable: false)
  }
}

extension SystemError {
  /// What a handler says of it.
  var failure: HandlerFailure {
    switch number {
    case EXDEV: .notAllowed("a link on the path leads out of the directory that may be read")
    case ELOOP: .notAllowed("the path has too many links, or one that may not be followed")
    case ENOENT, ENOTDIR, ENAMETOOLONG:
      HandlerFailure(code: "NOT_FOUND", message: "there is no such file", retryable: false)
    case EACCES, EPERM:
      HandlerFailure(
        code: "PERMISSION_DENIED", message: "the server's user may not read the file",
        retryable: false)
    case EISDIR: .notAFile("it is a directory")
    case ENXIO, ENODEV: .notAFile("it is a socket or a device")
    default:
      HandlerFailure(
        code: "READ_FAILED", message: "the file could not be read: \(description)", retryable: true)
    }
  }
}
