import Bytes
import JSON
import Testing

@Suite struct JSONStructureTests {
    @Test(
        "reads structure in document order",
        arguments: [
            ("{}", "{}#0"), ("[]", "[]#0"), (" [ ] ", "[]#0"), ("null", "null"), ("true", "true"), ("false", "false"),
            ("-0", "-0"), ("\"\"", "''"), ("[1,2,[3],{}]", "[1,2,[3]#1,{}#0]#4"),
            ("{\"a\":1,\"b\":{\"c\":[true,null]},\"d\":\"x\"}", "{a:1,b:{c:[true,null]#2}#1,d:'x'}#3"),
            ("\t\r\n {\"a\" : [ 1 , {\"b\" : false } ] } \n", "{a:[1,{b:false}#1]#2}#1"),
            ("[[[[]]],{\"a\":{\"b\":{}}}]", "[[[[]#0]#1]#1,{a:{b:{}#0}#1}#1]#2"),
        ])
    func structure(text: String, expected: String) {
        withTape(text) { tape, fault in
            #expect(fault == nil)
            #expect(outline(tape) == expected)
            #expect(tape.end(0) == tape.count)
        }
    }

    @Test("answers a container's whole text as its range")
    func containerRange() {
        withTape(" {\"a\": [1, 2] } ") { tape, _ in
            #expect(String(tape.raw(0)) == "{\"a\": [1, 2] }")
            #expect(String(tape.raw(2)) == "[1, 2]")
        }
    }

    @Test("finds members by their unescaped names")
    func members() {
        withTape(#"{"a":1,"\u0062":2,"c":{"d":3}}"#) { tape, _ in
            #expect(tape.member(of: 0, named: "a").flatMap { tape.int64($0) } == 1)
            #expect(tape.member(of: 0, named: "b").flatMap { tape.int64($0) } == 2)
            #expect(tape.member(of: 0, named: "d") == nil)
            #expect(tape.member(of: 2, named: "a") == nil)
        }
    }

    @Test(
        "refuses what RFC 8259 does not allow, at the byte where it goes wrong",
        arguments: [
            ("", 0, .unexpectedEnd), ("  ", 2, .unexpectedEnd), ("{", 1, .unexpectedEnd), ("[1", 2, .unexpectedEnd),
            ("[1,]", 3, .unexpectedByte), ("[,1]", 1, .unexpectedByte), ("{,}", 1, .unexpectedByte),
            ("{\"a\":1,}", 7, .unexpectedByte), ("{\"a\"}", 4, .unexpectedByte), ("{\"a\":}", 5, .unexpectedByte),
            ("{a:1}", 1, .unexpectedByte), ("{1:1}", 1, .unexpectedByte), ("[1 2]", 3, .unexpectedByte),
            ("[1}", 2, .unexpectedByte),
            ("{\"a\":1]", 6, .unexpectedByte), ("]", 0, .unexpectedByte), ("tru", 3, .unexpectedEnd),
            ("trve", 2, .unexpectedByte),
            ("nulL", 3, .unexpectedByte), ("NaN", 0, .unexpectedByte), ("'a'", 0, .unexpectedByte), ("/**/1", 0, .unexpectedByte),
            ("1 2", 2, .trailingBytes), ("{}{}", 2, .trailingBytes), ("null\u{0}", 4, .trailingBytes),
            ("\u{feff}1", 0, .unexpectedByte),
        ] as [(String, Int, JSONFault.Code)])
    func refusals(text: String, offset: Int, code: JSONFault.Code) {
        #expect(fault(of: text) == JSONFault(offset: offset, code: code))
    }

    @Test("holds nothing after a fault")
    func emptyAfterFault() {
        withTape("[1,2") { tape, fault in
            #expect(fault != nil)
            #expect(tape.count == 0)
            #expect(tape.bytes.isEmpty)
        }
    }

    @Test("gives the same answer when it is used again")
    func reuse() {
        let tape = JSONTape(seed: 1)
        for text in ["[1,[2,{\"a\":3}]]", "{\"b\":[]}", "[1,[2,{\"a\":3}]]"] {
            let bytes = Array(text.utf8)
            let seen = bytes.withByteView { view in
                #expect(tape.parse(view) == nil)
                return outline(tape)
            }
            #expect(seen == withTape(text) { fresh, _ in outline(fresh) })
        }
    }
}
