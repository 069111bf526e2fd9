import Configuration
import MartletCore
import SystemPackage

/// Everything that martletd was told, checked.
struct Settings: Sendable {
  var listen: [String]
  var dataDirectory: String
  var fileRoots: [String]
  var isInsecure: Bool
  var reflection: String
  var channelz: String
  var logLevel: String
  var logFormat: String
  var limits: Limits
  /// Every setting as it is in force, for `--print-config`.
  var inForce: [(name: String, value: String)]

  /// Why the server does not start, in one sentence that says what to do.
  struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  static let basic: [Setting] = [
    Setting(
      name: "listen", kind: .texts, fallback: "127.0.0.1:7411",
      help: "Address to serve: host:port or unix:/path; may be repeated."),
    Setting(
      name: "data-dir", kind: .text, fallback: "./.martlet",
      help: "Folder of the log and the index; made if it is missing."),
    Setting(
      name: "file-root", kind: .texts, fallback: "",
      help: "Folder that file.digest may read; may be repeated. None unless said."),
    Setting(
      name: "insecure", kind: .flag, fallback: "false",
      help: "Serve an address that is not loopback although there is no TLS."),
    Setting(
      name: "reflection", kind: .choice(["auto", "on", "off"]), fallback: "auto",
      help: "Tell clients the contract (gRPC reflection); auto: if only loopback is served."),
    Setting(
      name: "channelz", kind: .choice(["auto", "on", "off"]), fallback: "auto",
      help: "Tell clients of all connections (gRPC channelz); auto: if only loopback is served."),
    Setting(
      name: "log-level", kind: .choice(["trace", "debug", "info", "notice", "warning", "error"]),
      fallback: "info", help: "The least important messages that are written."),
    Setting(
      name: "log-format", kind: .choice(["text", "json"]), fallback: "text",
      help: "One line a message, as text or as a JSON object."),
  ]

  /// Those of `Limits`, named after what they bound.
  static let limits: [Setting] = Limits.all.map { limit in
    Setting(
      name: "limit-" + limit.name, kind: .number(limit.range),
      fallback: String(Limits()[keyPath: limit.field]),
      help: "\(limit.unit); beyond: \(limit.beyond).")
  }

  static var all: [Setting] { basic + limits }

  /// Reads flags, environment and, if one is named, a file.
  static func load(
    arguments: [String], environment: [String: String]
  ) async throws -> Settings {
    let flags = CommandLineArgumentsProvider(arguments: arguments)
    let variables = EnvironmentVariablesProvider(environmentVariables: environment)
    var providers: [any ConfigProvider] = [
      flags, KeyMappingProvider(upstream: variables) { $0.prepending("martlet") },
    ]
    let first = ConfigReader(providers: providers)
    if let file = first.string(forKey: "config") { providers.append(try await fileProvider(file)) }
    return try Settings(ConfigReader(providers: providers))
  }

  private static func fileProvider(_ path: String) async throws -> any ConfigProvider {
    do {
      if path.hasSuffix(".json") {
        return try await FileProvider<JSONSnapshot>(filePath: FilePath(path))
      }
      return try await FileProvider<YAMLSnapshot>(filePath: FilePath(path))
    } catch {
      throw Problem(
        description: "the configuration file \(path) cannot be read: \(error); "
          + "check its path and form")
    }
  }

  private init(_ config: ConfigReader) throws {
    var values: [String: [String]] = [:]
    for setting in Self.all { values[setting.name] = try Self.values(of: setting, in: config) }
    let read = values
    func one(_ name: String) -> String { read[name]?.first ?? "" }
    listen = values["listen"] ?? []
    dataDirectory = one("data-dir")
    fileRoots = values["file-root"] ?? []
    isInsecure = one("insecure") == "true"
    reflection = one("reflection")
    channelz = one("channelz")
    logLevel = one("log-level")
    logFormat = one("log-format")
    var bounds = Limits()
    for limit in Limits.all {
      bounds[keyPath: limit.field] = Int(one("limit-" + limit.name)) ?? bounds[keyPath: limit.field]
    }
    limits = bounds
    inForce = Self.all.map { ($0.name, (read[$0.name] ?? []).joined(separator: ",")) }
  }

  private static func values(of setting: Setting, in config: ConfigReader) throws -> [String] {
    let key = ConfigKey(setting.key)
    switch setting.kind {
    case .text:
      return [config.string(forKey: key, default: setting.fallback)]
    case .texts:
      let fallback = setting.fallback.isEmpty ? [] : [setting.fallback]
      return config.stringArray(forKey: key, default: fallback)
    case .flag:
      return [config.bool(forKey: key, default: setting.fallback == "true") ? "true" : "false"]
    case .choice(let choices):
      let value = config.string(forKey: key, default: setting.fallback)
      guard choices.contains(value) else {
        throw Problem(
          description: "\(setting.name) is \"\(value)\": "
            + "use one of \(choices.joined(separator: ", "))")
      }
      return [value]
    case .number(let range):
      return [String(try number(setting, range, in: config))]
    }
  }

  private static func number(
    _ setting: Setting, _ range: ClosedRange<Int>, in config: ConfigReader
  ) throws -> Int {
    let key = ConfigKey(setting.key)
    let value: Int
    do {
      value = try config.requiredInt(forKey: key)
    } catch {
      guard let text = config.string(forKey: key) else { return Int(setting.fallback) ?? 0 }
      throw Problem(description: "\(setting.name) is \"\(text)\": use a whole number")
    }
    guard range.contains(value) else {
      throw Problem(
        description:
          "\(setting.name) is \(value): use \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
