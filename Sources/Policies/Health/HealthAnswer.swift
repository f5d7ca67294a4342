/// The answer of an operational endpoint.
public struct HealthAnswer: Sendable, Hashable {
    /// The media type of every body.
    public static let contentType: StaticString = "application/json"

    public let status: Int
    /// The body as UTF-8.
    public let body: [UInt8]

    init(status: Int, body: String) {
        self.status = status
        self.body = Array(body.utf8)
    }
}

extension String {
    /// The text as a JSON string with its quotes.
    var jsonString: String {
        var text = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
