import Bytes
import JSON
import Testing

@Suite struct JSONStringTests {
    @Test(
        "unescapes every escape",
        arguments: [
            (#""abc""#, "abc", false), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t", true),
            (#""\u0041\u00e9\u20AC""#, "Aé€", true),
            (#""\ud83d\ude00!""#, "😀!", true), (#""é😀""#, "é😀", false), (#""0123456789\u0000x""#, "0123456789\u{0}x", true),
            (#""日本\n語""#, "日本\n語", true), ("\"\u{7f}\"", "\u{7f}", false),
        ])
    func unescape(text: String, expected: String, escapes: Bool) {
        withTape(text) { tape, fault in
            #expect(fault == nil)
            #expect(tape.string(0) == expected)
            #expect(tape.hasEscapes(0) == escapes)
            #expect(tape.codePoints(0) == expected.unicodeScalars.count)
            #expect(Array(expected.utf8).withByteView { tape.equals(0, $0) })
            #expect(!Array((expected + "x").utf8).withByteView { tape.equals(0, $0) })
        }
    }

    @Test(
        "refuses bad escapes",
        arguments: [
            (#""\x41""#, 1, .invalidEscape), (#""\u12g4""#, 1, .invalidEscape), (#""\u12""#, 6, .unexpectedEnd),
            (#""\"#, 2, .unexpectedEnd),
            (#""\ud83d""#, 8, .unexpectedEnd), (#""\ud83d      ""#, 1, .loneSurrogate), (#""\ud83d\ud83d""#, 1, .loneSurrogate),
            (#""\ude00abcdefgh""#, 1, .loneSurrogate), (#""\ud83d\n12345678""#, 1, .loneSurrogate), (#""abc"#, 4, .unexpectedEnd),
        ] as [(String, Int, JSONFault.Code)])
    func badEscapes(text: String, offset: Int, code: JSONFault.Code) {
        #expect(fault(of: text) == JSONFault(offset: offset, code: code))
    }

    @Test("refuses control characters at every position of a string", arguments: [0, 1, 6, 7, 8, 9, 15, 16, 17])
    func controls(position: Int) {
        for control in UInt8(0)..<0x20 {
            var bytes = Array("\"aaaaaaaaaaaaaaaaaaaa\"".utf8)
            bytes[1 + position] = control
            #expect(fault(of: bytes) == JSONFault(offset: 1 + position, code: .controlCharacter))
        }
    }

    @Test("accepts a byte sequence exactly when the standard library does")
    func utf8() {
        // Every lead byte with boundary continuation bytes, at two alignments of the eight-byte scan.
        let edges: [UInt8] = [0x20, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]
        for lead in UInt8(0x80)...0xff {
            for second in edges {
                for third in edges {
                    let sequence = [lead, second, third, 0xbf]
                    for used in 1...4 {
                        let body = Array("abcdefg".utf8.prefix(used + 1)) + sequence.prefix(used)
                        let text = [UInt8(ascii: "\"")] + body + [UInt8(ascii: "\"")]
                        let valid = String(validating: body, as: UTF8.self) != nil
                        #expect((fault(of: text)?.code == .invalidUTF8) == !valid, "\(body)")
                        #expect(body.withByteView { UTF8Scan.firstFault(in: $0) == nil } == valid)
                    }
                }
            }
        }
    }

    @Test("counts code points as the standard library does", arguments: ["", "abc", "é", "日本語のテキスト", "a😀b😀c😀d", "0123456789é"])
    func codePoints(text: String) {
        #expect(Array(text.utf8).withByteView { UTF8Scan.codePoints(in: $0) } == text.unicodeScalars.count)
    }

    @Test("what is escaped reads back as it was, and is valid whatever the bytes are")
    func escapeRoundTrip() {
        for first in UInt8(0)...255 {
            for second in [0x00, 0x1f, 0x22, 0x41, 0x5c, 0x80, 0xa9, 0xff] as [UInt8] {
                let body: [UInt8] = [0x61, first, second, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67]
                let writer = ByteWriter()
                body.withByteView { writer.append(jsonString: $0) }
                withTape(String(writer.view)) { tape, fault in
                    #expect(fault == nil)
                    if let text = String(validating: body, as: UTF8.self) {
                        #expect(tape.string(0) == text)
                    } else {
                        #expect(tape.string(0).contains("\u{fffd}"))
                    }
                }
            }
        }
    }

    @Test("escapes as the shortest form")
    func escapes() {
        let writer = ByteWriter()
        writer.append(jsonString: "a\"\\/\u{1}\u{8}\t\n\u{c}\r\u{1f}é")
        #expect(String(writer.view) == #""a\"\\/\u0001\b\t\n\f\r\u001fé""#)
    }
}
