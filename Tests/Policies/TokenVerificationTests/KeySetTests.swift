import Bytes
import Testing

@testable import TokenVerification

@Suite("Key set")
struct KeySetTests {
    private func parse(_ text: String) -> Result<KeySet, KeySet.Fault> { text.withByteView { KeySet.parse($0) } }

    @Test("one bad key is a finding and the others are used: real-world shapes in one set")
    func shapes() throws {
        let shapes = Fixtures.shapes
        #expect(shapes.count == 34)
        let set = try Fixtures.keySet(["keys": shapes.compactMap { $0["key"] }]).get()
        let expected = shapes.enumerated().compactMap { index, shape in (shape["code"] as? String).map { "\(index) \($0)" } }
        #expect(set.findings.map { "\($0.index) \($0.code.rawValue)" } == expected)
        #expect(set.keys.map { $0.keyID.map { String(decoding: $0, as: UTF8.self) } } == ["x5c", "sign-byte", "private", "x5c"])
    }

    @Test("each bad key alone leaves the set without a usable key", arguments: Fixtures.shapes.indices)
    func alone(_ index: Int) throws {
        let shape = Fixtures.shapes[index]
        let key = try #require(shape["key"])
        let code = (shape["code"] as? String).flatMap(KeyFinding.Code.init)
        let isUsed = !(code?.skipsKey ?? false) || code == .duplicate
        switch try Fixtures.keySet(["keys": [key]]) {
        case .success(let set): #expect(isUsed && set.keys.count == 1)
        case .failure(let fault): #expect(!isUsed && fault == .noUsableKey)
        }
    }

    @Test(
        "a document that is no key set is refused whole",
        arguments: [
            ("", KeySet.Fault.notJSON), ("{", .notJSON), ("{\"keys\":[],\"keys\":[]}", .notJSON), ("[]", .noKeys),
            ("null", .noKeys),
            ("{}", .noKeys), ("{\"keys\":{}}", .noKeys), ("{\"keys\":null}", .noKeys), ("{\"keys\":[]}", .noUsableKey),
            ("{\"keys\":[[],1,null,true,\"x\",{}]}", .noUsableKey), ("<html></html>", .notJSON),
            (String(repeating: "[", count: 100), .notJSON), ("{\"keys\":\(String(repeating: "[", count: 17))", .notJSON),
        ])
    func refused(_ text: String, _ fault: KeySet.Fault) {
        guard case .failure(let found) = parse(text) else {
            Issue.record("taken: \(text)")
            return
        }
        #expect(found == fault)
    }

    @Test("the size limit holds to the byte")
    func size() throws {
        let set = "{\"keys\":[]}"
        let room = KeySet.maximumBytes - set.utf8.count
        #expect(parse(set + String(repeating: " ", count: room)).fault == .noUsableKey)
        #expect(parse(set + String(repeating: " ", count: room + 1)).fault == .tooLarge)
    }

    @Test("keys beyond the 64th are not read and one finding says so")
    func count() throws {
        let good = try #require((Fixtures.shapes[0]["key"] as? [String: Any]))
        func keys(_ count: Int) throws -> KeySet {
            let list = (0..<count).map { index in good.merging(["kid": "k\(index)"]) { _, new in new } }
            return try Fixtures.keySet(["keys": list]).get()
        }
        let full = try keys(64)
        #expect(full.keys.count == 64 && full.findings.isEmpty)
        let over = try keys(66)
        #expect(over.keys.count == 64)
        #expect(over.findings == [KeyFinding(index: 64, keyID: nil, code: .tooMany)])
    }

    @Test("a set cut at any offset is refused or complete, never half read")
    func truncation() throws {
        let text = "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}"
        let bytes = Array(text.utf8)
        for cut in bytes.indices {
            #expect(Array(bytes[..<cut]).withByteView { KeySet.parse($0).fault } == .notJSON)
        }
    }

    @Test("a key keeps its identity when it is fetched again, and loses it with its rule")
    func identity() throws {
        let (rule, keys) = Fixtures.issuers[0]
        let held = try Fixtures.identity(Fixtures.good[0].token).key
        #expect(KeyRing([(rule, keys)], generation: 9).contains(held))
        #expect(!KeyRing([(rule, nil)]).contains(held))
        #expect(!KeyRing([(rule, Fixtures.issuers[1].keys)]).contains(held))
        #expect(!KeyRing([]).contains(held))
        var changes: [IssuerRule] = []
        for change in [\IssuerRule.issuer, \.tenantClaim, \.rolesClaim] {
            var other = rule
            other[keyPath: change] += "x"
            changes.append(other)
        }
        changes.append(rule)
        changes[3].audiences = ["x"]
        changes.append(rule)
        changes[4].algorithms = [.es256]
        for other in changes { #expect(!KeyRing([(other, keys)]).contains(held)) }
    }
}

extension Result {
    fileprivate var fault: Failure? {
        if case .failure(let fault) = self { fault } else { nil }
    }
}
