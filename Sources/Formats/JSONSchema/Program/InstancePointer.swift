import JSON

/// Finds the RFC 6901 pointer of a node by walking down to it; only failures pay for it.
enum InstancePointer {
    static func text(of target: Int, in tape: JSONTape) -> String {
        var pointer = ""
        var index = 0
        while index != target {
            switch tape.kind(index) {
            case .object:
                var key = index + 1
                while tape.end(key + 1) <= target { key = tape.end(key + 1) }
                pointer += "/" + escaped(tape.string(key))
                if key == target { return pointer }
                index = key + 1
            case .array:
                var element = index + 1
                var position = 0
                while tape.end(element) <= target {
                    element = tape.end(element)
                    position += 1
                }
                pointer += "/\(position)"
                index = element
            default: return pointer
            }
        }
        return pointer
    }

    private static func escaped(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
