public import Bytes
import HTTPSemantics
import JSON

/// Writes problem documents (RFC 9457) with members in a fixed order:
/// `type`, `title`, `status`, `detail`, `instance`, `traceId`, the extras, `errors`.
public struct ProblemWriter: Sendable {
    /// The media type of what is written.
    public static let contentType: StaticString = "application/problem+json"
    /// The default for the URI that slugs are appended to.
    public static let defaultBase = "https://septemcore.com/problems/"

    /// `{"type":"` and the escaped base.
    private let opening: [UInt8]

    /// A writer whose `type` is `base` followed by the slug.
    public init(base: String = defaultBase) {
        let writer = ByteWriter()
        writer.append("{\"type\":\"")
        base.withByteView { writer.append(jsonEscaped: $0) }
        opening = Array(writer.view)
    }

    /// Appends the document; `instance` is the path of the request without its query, `traceID` 32 hexadecimal digits.
    public func write(_ problem: Problem, instance: ByteView, traceID: ByteView, to writer: ByteWriter) {
        writeHead(problem, instance: instance, to: writer)
        writer.append(jsonEscaped: traceID)
        writeTail(problem, to: writer)
    }

    /// Appends the document with the trace id given as its two halves.
    public func write(
        _ problem: Problem, instance: ByteView, traceHigh: UInt64, traceLow: UInt64, to writer: ByteWriter
    ) {
        writeHead(problem, instance: instance, to: writer)
        writer.append(hex: traceHigh)
        writer.append(hex: traceLow)
        writeTail(problem, to: writer)
    }

    private func writeHead(_ problem: Problem, instance: ByteView, to writer: ByteWriter) {
        opening.withByteView { writer.append($0) }
        writer.append(problem.slug.text)
        writer.append("\",\"title\":\"")
        let title = ReasonPhrase.text(problem.status)
        writer.append(jsonEscaped: ByteView(title.utf8CodeUnitCount == 0 ? problem.slug.title : title))
        writer.append("\",\"status\":")
        writer.append(decimal: problem.status)
        writer.append(",\"detail\":\"")
        switch problem.detail {
        case .literal(let text): writer.append(jsonEscaped: ByteView(text))
        case .bytes(let text): text.withByteView { writer.append(jsonEscaped: $0) }
        }
        writer.append("\",\"instance\":\"")
        writer.append(jsonEscaped: instance)
        writer.append("\",\"traceId\":\"")
    }

    private func writeTail(_ problem: Problem, to writer: ByteWriter) {
        writer.append(UInt8(ascii: "\""))
        for extra in problem.extras {
            writer.append(UInt8(ascii: ","))
            Self.write(extra, to: writer)
        }
        if !problem.errors.isEmpty { Self.write(problem.errors, to: writer) }
        writer.append(UInt8(ascii: "}"))
    }

    private static func write(_ member: ProblemMember, to writer: ByteWriter) {
        writer.append(jsonString: member.name)
        writer.append(UInt8(ascii: ":"))
        write(member.value, to: writer)
    }

    private static func write(_ value: ProblemMember.Value, to writer: ByteWriter) {
        switch value {
        case .text(let text): writer.append(jsonString: text)
        case .object(let members):
            writer.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { writer.append(UInt8(ascii: ",")) }
                write(member, to: writer)
            }
            writer.append(UInt8(ascii: "}"))
        case .list(let values):
            writer.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { writer.append(UInt8(ascii: ",")) }
                write(value, to: writer)
            }
            writer.append(UInt8(ascii: "]"))
        }
    }

    private static func write(_ errors: [ProblemFieldError], to writer: ByteWriter) {
        writer.append(",\"errors\":[")
        for (index, error) in errors.enumerated() {
            writer.append(index == 0 ? "{\"field\":" : ",{\"field\":")
            writer.append(jsonString: error.field)
            writer.append(",\"pointer\":")
            writer.append(jsonString: error.pointer)
            writer.append(",\"code\":")
            writer.append(jsonString: error.code)
            writer.append(",\"message\":")
            writer.append(jsonString: error.message)
            writer.append(UInt8(ascii: "}"))
        }
        writer.append(UInt8(ascii: "]"))
    }
}
