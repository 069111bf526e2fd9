import Configuration
import Foundation
import SystemPackage
import Yams

/// The file that `--config` names: JSON if its name ends so, else YAML.
enum ConfigurationFile {
  /// Throws `Settings.Problem` if it cannot be read, or has a key that is no setting's:
  /// swift-configuration, which is asked for keys, would never see that one.
  static func provider(_ path: String) async throws -> any ConfigProvider {
    let provider: any ConfigProvider
    let names: [String]
    do {
      let data = try Data(contentsOf: URL(filePath: path))
      if path.hasSuffix(".json") {
        provider = try await FileProvider<JSONSnapshot>(filePath: FilePath(path))
        names = keys(json: data)
      } else {
        provider = try await FileProvider<YAMLSnapshot>(filePath: FilePath(path))
        names = try keys(yaml: data)
      }
    } catch {
      throw Settings.Problem(
        description: "the configuration file \(path) cannot be read: \(reason(error)); "
          + "check its path and form")
    }
    let known = Settings.all.map(\.key)
    if let unknown = names.first(where: { !known.contains($0) }) {
      let nearest = Spelling.nearest(to: unknown, among: known)
      throw Settings.Problem(
        description: "the configuration file \(path) has the key \"\(unknown)\", "
          + "which is no setting: "
          + (nearest.map { "is \($0) meant?" } ?? "see --print-config for those there are"))
    }
    return provider
  }

  private static func keys(json: Data) -> [String] {
    let object = try? JSONSerialization.jsonObject(with: json) as? [String: Any]
    return object?.keys.sorted() ?? []
  }

  private static func keys(yaml: Data) throws -> [String] {
    let root = try Yams.compose(yaml: String(decoding: yaml, as: UTF8.self))
    return root?.mapping?.keys.compactMap(\.string) ?? []
  }

  private static func reason(_ error: any Error) -> String {
    if let error = error as? CocoaError, error.isFileError {
      return FileManager.default.fileExists(atPath: error.filePath ?? "")
        ? "it may not be read" : "it is not there"
    }
    // A parser's message goes on with lines of the file.
    return "\(error)".split(separator: "\n").first.map(String.init) ?? "it makes no sense"
  }
}
