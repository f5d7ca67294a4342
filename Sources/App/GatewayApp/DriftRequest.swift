import AsyncHTTPClient
import Bytes
import Foundation
import JSON
import NIOCore
import NIOHTTP1

/// Asks a running gateway's admin listener how messages differ from their documents, for `gateway drift`.
public struct DriftRequest: Sendable {
    public struct Answer: Sendable {
        /// Columns aligned for people; a sentence when nothing differs.
        public let table: String
        /// The admin listener's whole answer.
        public let json: String
        public let isEmpty: Bool
    }

    public struct Fault: Error {
        public let message: String
    }

    /// More than all differences that a gateway keeps.
    static let maximumAnswerBytes = 8 << 20

    private let admin: String

    public init(admin: String) { self.admin = admin }

    public func send() async -> Result<Answer, Fault> {
        do {
            let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: admin + "/drift"), timeout: .seconds(5))
            let text = String(buffer: try await response.body.collect(upTo: Self.maximumAnswerBytes))
            guard response.status == .ok, let rows = Self.rows(in: text) else {
                return .failure(Fault(message: "\(admin) answered \(response.status.code), which is no drift report"))
            }
            return .success(Answer(table: Self.table(rows), json: text, isEmpty: rows.isEmpty))
        } catch {
            return .failure(
                Fault(message: "\(admin) does not answer (\(error)); is the gateway running, and is this its admin listener?"))
        }
    }

    private static let columns: KeyValuePairs = [
        "OPERATION": "operation", "DIRECTION": "direction", "STATUS": "status", "FIELD": "field", "POINTER": "pointer",
        "RULE": "code", "ABOUT": "subject", "COUNT": "count", "FIRST": "firstSeen", "LAST": "lastSeen",
    ]

    private static func rows(in text: String) -> [[String]]? {
        Array(text.utf8).withByteView { bytes in
            let tape = JSONTape()
            guard tape.parse(bytes) == nil, tape.count > 0, let list = tape.member(of: 0, named: "drift"),
                tape.kind(list) == .array
            else { return nil }
            var rows: [[String]] = []
            var entry = list + 1
            while entry < tape.end(list) {
                rows.append(columns.map { cell(tape, entry, $0.value) })
                entry = tape.end(entry)
            }
            return rows
        }
    }

    private static func cell(_ tape: JSONTape, _ entry: Int, _ name: String) -> String {
        guard let value = name.withByteView({ tape.member(of: entry, named: $0) }) else { return "-" }
        if let seconds = tape.int64(value), name.hasSuffix("Seen") {
            return Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
        }
        let text = tape.kind(value) == .string ? tape.string(value) : String(tape.raw(value))
        return text.isEmpty ? "-" : text
    }

    private static func table(_ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "no message differed from its document" }
        return TextTable.render([columns.map(\.key)] + rows)
    }
}
