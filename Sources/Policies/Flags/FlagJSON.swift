import Bytes
import Documents
import JSON

/// Values of flags in JSON.
enum FlagJSON {
    static func text(_ node: SourceNode) -> String {
        let out = ByteWriter()
        append(node, to: out)
        return String(out.view)
    }

    private static func append(_ node: SourceNode, to out: ByteWriter) {
        switch node.kind {
        case .scalar(let scalar): append(scalar, to: out)
        case .sequence(let elements):
            out.append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(",") }
                append(element, to: out)
            }
            out.append("]")
        case .mapping(let entries):
            out.append("{")
            for (index, entry) in entries.enumerated() {
                if index > 0 { out.append(",") }
                out.append(jsonString: entry.key.text ?? "")
                out.append(":")
                append(entry.value, to: out)
            }
            out.append("}")
        }
    }

    private static func append(_ scalar: SourceScalar, to out: ByteWriter) {
        switch scalar {
        case .null: out.append("null")
        case .bool(let value): out.append(value ? "true" : "false")
        case .integer(let value): "\(value)".withByteView { out.append($0) }
        case .double(let value): (value.isFinite ? "\(value)" : "null").withByteView { out.append($0) }
        case .string(let value): out.append(jsonString: value)
        }
    }
}
