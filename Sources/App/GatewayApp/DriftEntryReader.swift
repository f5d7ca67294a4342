import Bytes
import JSON
import OpenAPIPatch

/// Reads the admin listener's drift report.
enum DriftEntryReader {
    /// One difference of the report.
    struct Entry {
        /// `service.operationId`, or service, method and path.
        let operation: String
        let direction: String
        let status: Int
        let field: String
        let pointer: String
        let code: String
        let subject: String?

        func difference(ofService service: String?, isStream: Bool) -> ObservedDifference {
            ObservedDifference(
                operation: service.map { String(operation.dropFirst($0.count + 1)) } ?? operation,
                direction: ObservedDifference.Direction(rawValue: direction) ?? .request, status: status, field: field,
                pointer: pointer, code: code, subject: subject, isMessageOfStream: isStream)
        }
    }

    /// The differences in a report, and the number of those it had no room for; none in text that is no report.
    static func read(_ text: String) -> (entries: [Entry], dropped: Int) {
        Array(text.utf8).withByteView { bytes in
            let tape = JSONTape()
            guard tape.parse(bytes) == nil, tape.count > 0, let list = tape.member(of: 0, named: "drift"),
                tape.kind(list) == .array
            else { return ([], 0) }
            var entries: [Entry] = []
            var entry = list + 1
            while entry < tape.end(list) {
                func string(_ name: StaticString) -> String? {
                    tape.member(of: entry, named: name).flatMap { tape.kind($0) == .string ? tape.string($0) : nil }
                }
                let status = tape.member(of: entry, named: "status").flatMap { tape.int64($0) }
                entries.append(
                    Entry(
                        operation: string("operation") ?? "", direction: string("direction") ?? "",
                        status: status.flatMap { Int(exactly: $0) } ?? 0, field: string("field") ?? "",
                        pointer: string("pointer") ?? "", code: string("code") ?? "", subject: string("subject")))
                entry = tape.end(entry)
            }
            let dropped = tape.member(of: 0, named: "dropped").flatMap { tape.int64($0) } ?? 0
            return (entries, Int(clamping: dropped))
        }
    }
}
