import Bytes
import Foundation
import JSON

/// A value of an answer.
indirect enum Answer {
    case null
    case bool(Bool)
    case integer(Int)
    case text(String)
    case list([Answer])
    case object(KeyValuePairs<String, Answer>)
    /// JSON that is already written.
    case json([UInt8])

    /// The text, or null.
    static func optional(_ text: String?) -> Answer { text.map { .text($0) } ?? .null }

    static func base64(_ bytes: [UInt8]) -> Answer { .text(Data(bytes).base64EncodedString()) }

    /// Bytes of a header: UTF-8 when they are, else ISO-8859-1, so that none is lost.
    static func header(_ bytes: [UInt8]) -> Answer {
        .text(String(validating: bytes, as: UTF8.self) ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })))
    }

    /// One whole answer.
    static func line(id: Answer, _ members: KeyValuePairs<String, Answer>) -> [UInt8] {
        let out = ByteWriter()
        out.append("{\"id\":")
        id.write(to: out)
        for (name, value) in members {
            out.append(",")
            append(name, value, to: out)
        }
        out.append("}")
        return Array(out.view)
    }

    private func write(to out: ByteWriter) {
        switch self {
        case .null: out.append("null")
        case .bool(let value): out.append(value ? "true" : "false")
        case .integer(let value): out.append(decimal: value)
        case .text(let text): out.append(jsonString: text)
        case .json(let bytes): bytes.withByteView { out.append($0) }
        case .list(let elements):
            out.append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(",") }
                element.write(to: out)
            }
            out.append("]")
        case .object(let members):
            out.append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(",") }
                Self.append(member.key, member.value, to: out)
            }
            out.append("}")
        }
    }

    private static func append(_ name: String, _ value: Answer, to out: ByteWriter) {
        out.append(jsonString: name)
        out.append(":")
        value.write(to: out)
    }
}
