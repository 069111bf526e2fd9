/// What `--help` and `--print-config` show, made from the settings themselves.
enum Help {
  static var text: String {
    """
    martletd: a durable task-pool service over gRPC.

    USAGE: martletd [--listen ADDRESS] [--data-dir DIR] [--file-root DIR] [--config FILE] …

    Each setting is a flag, an environment variable or a key of the file that --config names
    (YAML, or JSON by its ending), in this order:  --data-dir X,  MARTLET_DATA_DIR=X,  dataDir: X

    SETTINGS
    \(lines(Settings.basic))
      --config FILE  (MARTLET_CONFIG)
          Read more settings from this file.

    LIMITS
    \(lines(Settings.limits))

    OTHER
      --print-config   Print every setting in force, as YAML, and end.
      --version        Print the version and end.
      --help           Print this and end.

    EXAMPLES
      martletd
      martletd --listen 127.0.0.1:7411 --data-dir /var/lib/martlet --file-root /usr/share/doc
      MARTLET_LOG_FORMAT=json martletd --config /etc/martlet.yaml

    SIGTERM or SIGINT stops it: running attempts may finish for a while, the rest is given back and
    runs after the next start. The same signal again stops it at once, still without loss.

    """
  }

  private static func lines(_ settings: [Setting]) -> String {
    settings.map { setting in
      let value = setting.takesValue ? " VALUE" : ""
      let fallback = setting.fallback.isEmpty ? "none" : setting.fallback
      return "  --\(setting.name)\(value)  (\(setting.environmentName), default \(fallback))\n"
        + "      \(setting.help)\(range(of: setting))"
    }.joined(separator: "\n")
  }

  private static func range(of setting: Setting) -> String {
    switch setting.kind {
    case .number(let range): " Range: \(range.lowerBound) to \(range.upperBound)."
    case .choice(let choices): " One of: \(choices.joined(separator: ", "))."
    case .text, .texts, .flag: ""
    }
  }

  static func yaml(_ settings: Settings) -> String {
    zip(Settings.all, settings.inForce).map { setting, inForce in
      switch setting.kind {
      case .number, .flag: "\(setting.key): \(inForce.value)"
      case .texts:
        "\(setting.key): [\(inForce.value.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ", "))]"
      case .text, .choice: "\(setting.key): \"\(inForce.value)\""
      }
    }.joined(separator: "\n")
  }
}
