import Configuration
import MartletCore
import MartletServer

/// Everything that martletd was told, checked.
struct Settings: Sendable {
  var listen: [String]
  var dataDirectory: String
  var fileRoots: [String]
  var commands: [CommandTemplate]
  var zoneinfoDirectory: String
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
      name: "exec-commands", kind: .texts, fallback: "",
      help: "File of the commands that exec may run; may be repeated. No exec unless said."),
    Setting(
      name: "zoneinfo-dir", kind: .text, fallback: ZoneFolder.standard,
      help: "Folder of the time zones that schedules may name (TZif files)."),
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
    if let file = first.string(forKey: "config") {
      providers.append(try await ConfigurationFile.provider(file))
    }
    let config = ConfigReader(providers: providers)
    var values: [String: [String]] = [:]
    for setting in all { values[setting.name] = try await self.values(of: setting, in: config) }
    return try Settings(values)
  }

  private init(_ values: [String: [String]]) throws {
    func one(_ name: String) -> String { values[name]?.first ?? "" }
    listen = values["listen"] ?? []
    dataDirectory = one("data-dir")
    fileRoots = values["file-root"] ?? []
    commands = try (values["exec-commands"] ?? []).flatMap(CommandFile.commands)
    zoneinfoDirectory = one("zoneinfo-dir")
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
    inForce = Self.all.map { ($0.name, (values[$0.name] ?? []).joined(separator: ",")) }
  }

  private static func values(
    of setting: Setting, in config: ConfigReader
  ) async throws -> [String] {
    do {
      return try await setting.values(in: config)
    } catch let error as Problem {
      throw error
    } catch {
      // Something is there, and is of another type.
      let text = config.string(forKey: ConfigKey(setting.key))
      let found = text.map { "\"\($0)\"" } ?? "something else"
      throw Problem(description: "\(setting.name) is \(found): use \(setting.kind.wanted)")
    }
  }
}

extension Setting {
  /// The value in force, several for a list. Throws `Settings.Problem` for one out of its range,
  /// and anything else for one that is not of its type.
  fileprivate func values(in config: ConfigReader) async throws -> [String] {
    let key = ConfigKey(self.key)
    switch kind {
    case .text:
      let value = try await config.fetchString(forKey: key, default: fallback)
      guard !value.isEmpty else {
        throw Settings.Problem(description: "\(name) is empty: use \(kind.wanted)")
      }
      return [value]
    case .texts:
      let usual = fallback.isEmpty ? [] : [fallback]
      let values = try await config.fetchStringArray(forKey: key, default: usual)
        .filter { !$0.isEmpty }
      if values.isEmpty && !usual.isEmpty {
        throw Settings.Problem(description: "\(name) is empty: use \(kind.wanted)")
      }
      return values
    case .flag:
      return [String(try await config.fetchBool(forKey: key, default: fallback == "true"))]
    case .choice(let choices):
      let value = try await config.fetchString(forKey: key, default: fallback)
      guard choices.contains(value) else {
        throw Settings.Problem(description: "\(name) is \"\(value)\": use \(kind.wanted)")
      }
      return [value]
    case .number(let range):
      let value = try await config.fetchInt(forKey: key, default: Int(fallback) ?? 0)
      guard range.contains(value) else {
        throw Settings.Problem(
          description: "\(name) is \(value): use \(range.lowerBound) to \(range.upperBound)")
      }
      return [String(value)]
    }
  }
}
