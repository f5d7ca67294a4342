import Bytes
import RESP
import Testing

@Suite struct RESPParserTests {
    @Test("reads every type", arguments: samples)
    func types(_ text: String, _ expected: Reply) {
        #expect(ending(text) == .reply(expected, length: text.utf8.count))
    }

    @Test("reads the same when cut anywhere, or everywhere", arguments: samples)
    func cuts(_ text: String, _ expected: Reply) {
        let bytes = Array(text.utf8)
        let whole = Ending.reply(expected, length: bytes.count)
        for cut in 0..<bytes.count {
            #expect(RESPParser().ending(Array(bytes[..<cut])) == .incomplete)
            #expect(RESPParser().ending(bytes, cuts: [cut]) == whole)
        }
        #expect(RESPParser().ending(bytes, cuts: Array(0..<bytes.count)) == whole)
    }

    @Test("leaves what follows a reply alone and goes on with it")
    func pipelined() {
        let parser = RESPParser()
        let bytes = samples.flatMap { Array($0.0.utf8) }
        var position = 0
        for (text, expected) in samples {
            #expect(parser.ending(Array(bytes[position...])) == .reply(expected, length: text.utf8.count))
            position += text.utf8.count
        }
        #expect(parser.ending([]) == .incomplete)
    }

    @Test("takes no first byte but that of a type")
    func firstBytes() {
        let types = Set("+-:$!=_#,(*~%>|".utf8)
        for byte in UInt8.min...UInt8.max {
            let isRefused = RESPParser().ending([byte]) == .fault(.unknownType)
            #expect(isRefused == !types.contains(byte))
        }
    }

    @Test(
        "refuses what is malformed",
        arguments: [
            ("+a\nb\r\n", RESPFault.lineEnd), ("+a\rb\r\n", .lineEnd), ("$1\r\nab\r\n", .lineEnd), ("$1\r\na\rb", .lineEnd),
            ("$-2\r\n", .length), ("$01\r\n", .length), ("$+1\r\n", .length), ("$\r\n", .length), ("$1a\r\n", .length),
            ("*-2\r\n", .length), ("%-1\r\n", .length), ("~-1\r\n", .length), (">-1\r\n", .length), ("|-1\r\n", .length),
            ("!-1\r\n", .length), ("*99999999999999999999\r\n", .length), ("* 1\r\n", .length),
            (":\r\n", .number), (":-\r\n", .number), (":1 \r\n", .number), (":9223372036854775808\r\n", .number),
            (":-9223372036854775809\r\n", .number), (":0x1\r\n", .number), (",\r\n", .number), (",1e\r\n", .number),
            (",.5\r\n", .number), (",1e+\r\n", .number), (",infinity\r\n", .number), (",0x1p3\r\n", .number),
            ("(1.0\r\n", .number),
            ("(\r\n", .number), ("(+\r\n", .number), ("#\r\n", .boolean), ("#true\r\n", .boolean), ("#T\r\n", .boolean),
            ("_x\r\n", .null), ("=3\r\ntxt\r\n", .verbatim), ("=4\r\ntxt \r\n", .verbatim), ("=0\r\n\r\n", .verbatim),
            ("$?\r\n", .streamed), ("*?\r\n", .streamed), ("%?\r\n", .streamed), ("~?\r\n", .streamed), (";4\r\n", .unknownType),
            ("*1\r\n>1\r\n+a\r\n", .pushInside), ("|1\r\n+a\r\n>0\r\n:1\r\n", .pushInside), ("PONG\r\n", .unknownType),
            ("HTTP/1.1 400 Bad Request\r\n", .unknownType), ("*1\r\n\r\n", .unknownType),
        ])
    func malformed(_ text: String, _ expected: RESPFault) {
        #expect(fault(text) == expected)
        let bytes = Array(text.utf8)
        #expect(RESPParser().ending(bytes, cuts: Array(0..<bytes.count)) == .fault(expected))
    }

    @Test("a fault stays until the parser is reset")
    func faultStays() {
        let parser = RESPParser()
        #expect(parser.ending(Array("?".utf8)) == .fault(.unknownType))
        #expect(parser.ending(Array("+OK\r\n".utf8)) == .fault(.unknownType))
        parser.reset()
        #expect(parser.ending(Array("+OK\r\n".utf8)) == .reply(.text(.simpleString, "OK"), length: 5))
    }

    @Test(
        "no number a double may be is refused",
        arguments: ["0", "-0", "1.", "1.5e300", "1E-7", "inf", "-inf", "nan", "-nan", "+1.5"])
    func doubles(_ text: String) {
        #expect(ending(",\(text)\r\n") == .reply(.text(.double, text), length: text.utf8.count + 3))
    }
}
