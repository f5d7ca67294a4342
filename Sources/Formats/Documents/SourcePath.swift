/// The way from the root of a document to a node; nodes share the parts they have in common.
final class SourcePath: Sendable {
    let parent: SourcePath?
    let token: String

    init(_ parent: SourcePath?, _ token: String) {
        self.parent = parent
        self.token = token
    }

    /// The RFC 6901 pointer; empty for the root.
    var pointer: String {
        var tokens: [String] = []
        var step = self
        while let parent = step.parent {
            tokens.append(step.token)
            step = parent
        }
        var text = ""
        for token in tokens.reversed() {
            text += "/"
            text += escapePointerToken(token)
        }
        return text
    }
}

/// The token as it stands in an RFC 6901 pointer: `~` as `~0`, `/` as `~1`.
public func escapePointerToken(_ token: String) -> String {
    var escaped = ""
    for scalar in token.unicodeScalars {
        switch scalar {
        case "~": escaped += "~0"
        case "/": escaped += "~1"
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
