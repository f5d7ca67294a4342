import Bytes
import RESP
import Testing

@Suite struct RESPLimitTests {
    private static func limits(_ change: (inout RESPLimits) -> Void) -> RESPLimits {
        var limits = RESPLimits()
        change(&limits)
        return limits
    }

    @Test("bulk strings up to the limit, before any of their bytes", arguments: ["$", "!", "="])
    func bulk(_ type: String) {
        let limits = Self.limits { $0.bulkBytes = 10 }
        #expect(fault("\(type)10\r\n", limits: limits) == nil)
        #expect(fault("\(type)11\r\n", limits: limits) == .bulkTooLong)
    }

    @Test("lines up to the limit, ended or not", arguments: ["+", "-", "("])
    func lines(_ type: String) {
        let limits = Self.limits { $0.lineBytes = 10 }
        let ten = String(repeating: "1", count: 10)
        #expect(fault("\(type)\(ten)", limits: limits) == nil)
        #expect(fault("\(type)\(ten)\r\n", limits: limits) == nil)
        #expect(fault("\(type)\(ten)1", limits: limits) == .lineTooLong)
        #expect(fault("\(type)\(ten)1\r\n", limits: limits) == .lineTooLong)
    }

    @Test("lengths and numbers have an end", arguments: [":", "$", "!", "=", "_", "#", ",", "*", "~", "%", "|", ">"])
    func numbers(_ type: String) {
        #expect(fault(type + String(repeating: "1", count: 128)) == nil)
        #expect(fault(type + String(repeating: "1", count: 129)) == .lineTooLong)
    }

    @Test("values up to the limit, by what is announced", arguments: ["*", "~", ">"])
    func values(_ type: String) {
        let limits = Self.limits { $0.values = 4 }
        #expect(fault("\(type)3\r\n", limits: limits) == nil)
        #expect(fault("\(type)4\r\n", limits: limits) == .tooManyValues)
        #expect(fault("*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n", limits: limits) == .tooManyValues)
        #expect(fault("*2\r\n*1\r\n:1\r\n:3\r\n", limits: limits) == nil)
    }

    @Test("maps and attributes count both of a pair", arguments: ["%", "|"])
    func pairs(_ type: String) {
        let limits = Self.limits { $0.values = 5 }
        #expect(fault("\(type)2\r\n", limits: limits) == nil)
        #expect(fault("\(type)3\r\n", limits: limits) == .tooManyValues)
        #expect(fault("\(type)9999999999\r\n") == .tooManyValues)
    }

    @Test("attributes count although they are left out")
    func attributes() {
        let limits = Self.limits { $0.values = 7 }
        #expect(fault("|1\r\n:1\r\n:2\r\n|1\r\n:3\r\n:4\r\n:5\r\n", limits: limits) == nil)
        #expect(fault("|1\r\n:1\r\n:2\r\n|1\r\n:3\r\n:4\r\n*1\r\n:5\r\n", limits: limits) == .tooManyValues)
        #expect(fault(String(repeating: "|0\r\n", count: 8), limits: limits) == .tooManyValues)
    }

    @Test("depth up to the limit", arguments: ["*1\r\n", "~1\r\n", "%1\r\n:0\r\n", "|1\r\n:0\r\n"])
    func depth(_ opening: String) {
        let limits = Self.limits { $0.depth = 3 }
        #expect(fault(String(repeating: opening, count: 3), limits: limits) == nil)
        #expect(fault(String(repeating: opening, count: 4), limits: limits) == .tooDeep)
        #expect(fault(String(repeating: opening, count: 100_000)) == .tooDeep)
    }

    @Test("a whole reply up to the limit")
    func replies() {
        let limits = Self.limits { $0.replyBytes = 20 }
        #expect(fault("*2\r\n+12345\r\n+12345\r\n", limits: limits) == nil)
        #expect(fault("*2\r\n+12345\r\n+123456\r\n", limits: limits) == .replyTooLong)
        #expect(fault("*2\r\n+12345\r\n$99\r\n", limits: limits) == .replyTooLong)
        #expect(fault("*3\r\n+12345\r\n+1234567\r", limits: limits) == .replyTooLong)
    }

    @Test("time grows with the bytes, not with their square, when they come one by one")
    func noRescans() {
        // Quadratic work on this many pieces would not end within any patience.
        let bytes = Array(("+" + String(repeating: "x", count: 60_000) + "\r\n").utf8)
        let parser = RESPParser()
        bytes.withByteView { view in
            for end in 0..<bytes.count { #expect(parser.parse(view[0, end]) == .incomplete) }
            #expect(parser.parse(view) == .complete(length: bytes.count))
        }
    }
}
