import Bytes
import JSON
import Testing

@Suite struct JSONNamesTests {
    @Test(
        "refuses a repeated name wherever it is, at the second one",
        arguments: [
            (#"{"a":1,"a":2}"#, 8), (#"{"a":1,"b":2,"a":3}"#, 14), (#"[{"x":{"k":1,"k":1}}]"#, 14), (#"{"a":1,"\u0061":2}"#, 8),
            (#"{"\u0061":1,"\u0061":2}"#, 13), (#"{"":1,"":2}"#, 7), (#"{"é":1,"\u00e9":2}"#, 9),
            (#"{"a_name_longer_than_sixteen_bytes":1,"a_name_longer_than_sixteen_byte\u0073":2}"#, 39),
        ])
    func repeated(text: String, offset: Int) {
        #expect(fault(of: text) == JSONFault(offset: offset, code: .duplicateName))
        #expect(fault(of: text, limits: JSONLimits(rejectDuplicateNames: false)) == nil)
    }

    @Test(
        "accepts one name in different objects",
        arguments: [#"[{"a":1},{"a":1}]"#, #"{"a":{"a":{"a":1}}}"#, #"{"a":1,"A":2,"a ":3,"":4}"#])
    func separate(text: String) {
        #expect(fault(of: text) == nil)
    }

    @Test("tells names of every length apart, and reads them at every distance from the end", arguments: 0...33)
    func lengths(length: Int) {
        let name = String(repeating: "n", count: length)
        for filling in 0...20 {
            let rest = String(repeating: "x", count: filling)
            #expect(fault(of: "{\"\(name)\":\"\(rest)\",\"\(name)n\":1}") == nil)
            let repeated = "{\"\(name)\":\"\(rest)\",\"\(name)\":1}"
            #expect(fault(of: repeated) == JSONFault(offset: length + filling + 8, code: .duplicateName))
            withTape("{ \"\(name)\" : \"\(rest)\" }") { tape, fault in
                #expect(fault == nil && tape.string(2) == rest && tape.string(1) == name)
            }
        }
    }

    @Test("a tape that has read other names before reads like one that has not")
    func remembered() {
        var random = RepeatableNumbers(state: 11)
        let names =
            (0...16).map { String(repeating: "n", count: $0) } + ["id", "ix", "i\\u0064", "é", "nnnnm", "mnnnnnnnn", "\\\"\\\":"]
        let used = JSONTape(seed: 7)
        for _ in 0..<3000 {
            var text = "{"
            for position in 0..<(1 + random.next(8)) {
                let value = ["1", "{}", "{\"id\":2}", "\"\"", "[{\"n\":1},{\"n\":1}]"][random.next(5)]
                text += "\(position > 0 ? "," : "")\"\(names[random.next(names.count)])\":\(value)"
            }
            var bytes = Array("\(text)}".utf8)
            // Now and then something is wrong with it.
            if random.next(3) == 0 { bytes[random.next(bytes.count)] = [0, 0x22, 0x3a, 0x6e, 0x5c, 0xff][random.next(6)] }
            if random.next(5) == 0 { bytes.removeLast(random.next(min(20, bytes.count))) }
            let fresh = JSONTape(seed: 7)
            bytes.withUnsafeBytes { buffer in
                let text = ByteView(buffer)
                let expected = fresh.parse(text)
                #expect(used.parse(text) == expected, "\(String(text))")
                if expected == nil { #expect(outline(used) == outline(fresh)) }
            }
        }
        let zeros = Array("{".utf8) + [UInt8](repeating: 0, count: 40)
        #expect(fault(of: zeros) == JSONFault(offset: 1, code: .unexpectedByte))
    }

    /// The same numbers each time.
    private struct RepeatableNumbers {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
    }

    @Test("a name repeated around an object with the same name is found after that")
    func nested() {
        #expect(fault(of: #"{"a":{"a":1,"b":{}},"b":[{"a":2}],"a":3}"#) == JSONFault(offset: 35, code: .duplicateName))
        #expect(fault(of: #"{"a":{"a":1,"b":{}},"b":[{"a":2}],"c":3}"#) == nil)
        // What comes after the repetition is read all the same.
        #expect(fault(of: #"{"a":1,"a":2"#)?.code == .unexpectedEnd)
    }

    @Test("finds the repetition in objects of every size", arguments: [2, 3, 31, 32, 33, 64, 65, 1000])
    func sizes(members: Int) {
        let names = (0..<members).map { "\"name\($0)\":{}" }
        #expect(fault(of: "{\(names.joined(separator: ","))}") == nil)
        for position in [0, members / 2, members - 1] {
            let repeated = names + ["\"name\(position)\":0"]
            #expect(fault(of: "{\(repeated.joined(separator: ","))}")?.code == .duplicateName)
        }
    }
}
