import Foundation
import Glibc

/// The machine that the numbers are of.
struct Machine {
  var cores: Int
  var processor: String
  var kernel: String
  var memoryBytes: Int
  var disk: String
  var freeDiskBytes: Int

  /// - Parameter directory: On the disk that is described.
  init(directory: String) {
    cores = sysconf(CInt(_SC_NPROCESSORS_ONLN))
    processor = Self.value(of: "model name", in: "/proc/cpuinfo") ?? "unknown"
    kernel = Self.text("/proc/sys/kernel/osrelease").trimmingCharacters(in: .newlines)
    let memory = Self.value(of: "MemTotal", in: "/proc/meminfo") ?? ""
    memoryBytes = (Int(memory.split(separator: " ").first ?? "") ?? 0) * 1_024
    disk = Self.mount(of: directory)
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: directory)
    freeDiskBytes = (attributes?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
  }

  /// How many processes wanted to run in the last minute.
  static var load: String {
    text("/proc/loadavg").split(separator: " ").prefix(3).joined(separator: " ")
  }

  var lines: [String] {
    [
      "machine  \(cores) cores, \(processor), \(memoryBytes >> 30) GiB, Linux \(kernel)",
      "disk     \(disk), \(freeDiskBytes >> 30) GiB free",
    ]
  }

  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }

  private static func trimmed(_ text: Substring) -> String {
    text.trimmingCharacters(in: .whitespaces)
  }

  /// Of the first line `name : value`.
  private static func value(of name: String, in path: String) -> String? {
    for line in text(path).split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, Self.trimmed(parts[0]) == name
      else { continue }
      return Self.trimmed(parts[1])
    }
    return nil
  }

  /// Device and type of the file system that the folder is on.
  private static func mount(of directory: String) -> String {
    let path = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path + "/"
    var best: (point: Substring, text: String) = ("", "unknown")
    for line in text("/proc/self/mounts").split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 2 else { continue }
      let point = fields[1]
      let isAbove = point == "/" || path.hasPrefix(point + "/")
      if isAbove, point.count >= best.point.count {
        best = (point, "\(fields[0]) (\(fields[2]))")
      }
    }
    return best.text
  }
}

extension Machine {
  /// What the data of the full form takes, with room to spare.
  private static let diskBytes = 8 << 30

  /// For a thousand connections; the server inherits it.
  static func allowManyFiles() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  func checkDisk(isShort: Bool) throws {
    if disk.hasSuffix("(tmpfs)") {
      throw BenchProblem("the folder is in memory: choose one on a disk with --data-dir")
    }
    if !isShort, freeDiskBytes < Self.diskBytes {
      throw BenchProblem(
        "the disk has less than \(Self.diskBytes >> 30) GiB free: choose another with --data-dir")
    }
  }
}
