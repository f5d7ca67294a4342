import Foundation
import Testing

@testable import Transcoding

/// The translators against Python protobuf (`Fixtures/make_cases.py`).
@Suite("agrees with another protobuf")
struct DifferentialTests {
    struct Case: Decodable {
        let kind: String
        let type: String
        let json: String?
        let wire: String?
    }

    static func cases(_ kind: String) throws -> [Case] {
        let text = String(decoding: try Fixture.bytes("cases.jsonl"), as: UTF8.self)
        return try text.split(separator: "\n").map { try JSONDecoder().decode(Case.self, from: Data($0.utf8)) }
            .filter { $0.kind == kind }
    }

    private func translators(_ cases: [Case]) throws -> [String: Translator] {
        let pool = try Fixture.codecs()
        return try Dictionary(uniqueKeysWithValues: Set(cases.map(\.type)).map { ($0, try Translator($0, pool)) })
    }

    /// Both write fields by number where the JSON does; only the order of members and map entries may differ, so equal bytes in
    /// another order pass here, and their meaning is compared by reading them back.
    @Test("writes the same wire bytes for JSON")
    func encodes() throws {
        let cases = try Self.cases("encode")
        #expect(cases.count > 350)
        let translators = try translators(cases)
        for row in cases {
            let translator = try #require(translators[row.type])
            let result = translator.encode(row.json ?? "")
            guard let wire = result.value else {
                Issue.record("\(row.type) \(row.json ?? "") -> \(String(describing: result.fault))")
                continue
            }
            let wanted = (row.wire ?? "").unhexed
            #expect(wire.sorted() == wanted.sorted(), "\(row.type) \(row.json ?? "") -> \(wire.hexed), not \(row.wire ?? "")")
            let read = try #require(translator.decode(wire).value)
            let readWanted = try #require(translator.decode(wanted).value)
            #expect(try tree(read) == tree(readWanted), "\(row.json ?? "")")
        }
    }

    @Test("writes the same JSON for wire bytes")
    func decodes() throws {
        let cases = try Self.cases("decode")
        #expect(cases.count > 250)
        let translators = try translators(cases)
        for row in cases {
            let result = try #require(translators[row.type]).decode((row.wire ?? "").unhexed)
            guard let json = result.value else {
                Issue.record("\(row.type) \(row.wire ?? "") -> \(String(describing: result.fault))")
                continue
            }
            #expect(try tree(json) == tree(row.json ?? ""), "\(row.type) \(row.wire ?? "")\n\(json)\n\(row.json ?? "")")
        }
    }

    @Test("refuses the same JSON")
    func refusesJSON() throws {
        let cases = try Self.cases("refuse")
        #expect(cases.count > 200)
        let translators = try translators(cases)
        for row in cases {
            let result = try #require(translators[row.type]).encode(row.json ?? "")
            #expect(result.fault != nil, "\(row.type) \(row.json ?? "")")
        }
    }

    @Test("refuses the same wire bytes")
    func refusesWire() throws {
        let cases = try Self.cases("garbage")
        #expect(cases.count > 20)
        let translators = try translators(cases)
        for row in cases {
            let result = try #require(translators[row.type]).decode((row.wire ?? "").unhexed)
            #expect(result.fault != nil, "\(row.type) \(row.wire ?? "") -> \(result.value ?? "")")
        }
    }
}
