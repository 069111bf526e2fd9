internal import MartletClient

/// Colours, or none.
struct Style: Equatable, Sendable {
  var usesColours: Bool

  enum Colour: String, Sendable {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case faint = "2"
    case bold = "1"
  }

  func paint(_ text: String, _ colour: Colour?) -> String {
    guard usesColours, let colour, !text.isEmpty else { return text }
    return "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m"
  }
}

extension API.TaskState {
  var colour: Style.Colour? {
    switch self {
    case .succeeded: .green
    case .failed: .red
    case .cancelled: .yellow
    case .running: .cyan
    case .unspecified, .blocked, .scheduled, .pending, .paused, .unrecognized: nil
    }
  }
}

extension API.PoolState {
  var colour: Style.Colour? {
    switch self {
    case .active: .green
    case .paused, .draining: .yellow
    case .deleting: .red
    case .unspecified, .closed, .unrecognized: nil
    }
  }
}
