internal import Foundation

/// The files below a folder.
///
/// Regular files, readable or not, and links that lead nowhere, which no one can read. Other links
/// are left out: what they lead to is counted where it is.
struct FileCollection: Equatable {
  /// Without links in it, so that a server that follows none finds the same files.
  var root: String
  /// Absolute, in order.
  var paths: [String] = []
  /// Folders that could not be read.
  var closedFolders = 0
  /// Files whose names are not text (UTF-8), so that no request could name them.
  var unnameable = 0

  static func files(below folder: String, limit: Int?) throws -> FileCollection {
    let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath().standardizedFileURL.path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder), isFolder.boolValue
    else {
      throw CommandFailure(.usage, "\(folder) is not a folder: name one that is.")
    }
    var collection = FileCollection(root: root)
    collection.collect(root, limit: limit ?? .max)
    return collection
  }

  private mutating func collect(_ folder: String, limit: Int) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      closedFolders += 1
      return
    }
    for name in names.sorted() where paths.count < limit {
      let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0 else {
        unnameable += 1
        continue
      }
      switch status.st_mode & S_IFMT {
      case S_IFREG: paths.append(path)
      case S_IFDIR: collect(path, limit: limit)
      case S_IFLNK: if stat(path, &status) != 0 { paths.append(path) }
      default: break
      }
    }
  }
}
