/// One thing that can be configured: by flag, environment variable or file, in that order.
struct Setting: Sendable {
  enum Kind: Sendable {
    case text
    case texts
    case number(ClosedRange<Int>)
    case flag
    case choice([String])

    /// What a value must be, for people.
    var wanted: String {
      switch self {
      case .text: "a text"
      case .texts: "a list of texts"
      case .number: "a whole number"
      case .flag: "true or false"
      case .choice(let choices): "one of \(choices.joined(separator: ", "))"
      }
    }
  }

  /// As a flag, without dashes: `data-dir`; in the environment MARTLET_DATA_DIR; in a file
  /// `dataDir`.
  var name: String
  var kind: Kind
  var fallback: String
  var help: String

  /// The key of swift-configuration, whose coders make the three spellings.
  var key: String {
    let words = name.split(separator: "-")
    return words.dropFirst().reduce(String(words.first ?? "")) {
      $0 + $1.prefix(1).uppercased() + $1.dropFirst()
    }
  }

  var environmentName: String {
    "MARTLET_" + name.uppercased().split(separator: "-").joined(separator: "_")
  }

  var isList: Bool { if case .texts = kind { true } else { false } }
  var takesValue: Bool { if case .flag = kind { false } else { true } }
}
