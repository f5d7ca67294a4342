/// Where in an operation a comparison stands, and which way its values travel.
struct Scene {
    /// What a value is a part of, which is also how codes about it begin.
    enum Part: String {
        case parameter
        case request
        case response
        case responseHeader = "response-header"

        /// Whether clients send it: accepting less breaks them. Otherwise they read it, and getting more does.
        var isSent: Bool { self == .parameter || self == .request }
    }

    /// `POST /contacts`.
    var operation: String
    var part: Part
    /// `request body`, `query parameter limit`, `response 200`.
    var name: String
    /// The way into the value: `records.*.name`; empty for the whole.
    var field = ""

    var place: String {
        var text = operation
        if !name.isEmpty { text += ", \(name)" }
        if !field.isEmpty { text += ", \(field)" }
        return text
    }

    func member(_ name: String) -> Scene {
        var scene = self
        scene.field = field.isEmpty ? name : "\(field).\(name)"
        return scene
    }
}
