import Bytes
import HTTP1
import HTTPSemantics

/// Calls `body` with the bytes in memory that ends where they end, so that the address sanitizer sees a read past them.
func withExactBytes<Value>(_ bytes: [UInt8], _ body: (ByteView) throws -> Value) rethrows -> Value {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
    defer { memory.deallocate() }
    for (index, byte) in bytes.enumerated() { memory[index] = byte }
    return try body(ByteView(memory, bytes.count))
}

/// A small reproducible generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}

/// What a request head came to, copied out.
struct ParsedRequest: Equatable {
    var method: String
    var target: String
    var minorVersion: UInt8
    var fields: [String]
    var framing: BodyFraming
    var keepAlive: Bool
    var headBytes: Int
}

func parseRequest(_ bytes: [UInt8], limits: HTTP1Limits = .default, head: RequestHead = RequestHead()) -> Result<
    ParsedRequest?, HTTP1Fault
> {
    withExactBytes(bytes) { view in
        switch head.parse(view, limits: limits) {
        case .incomplete: return .success(nil)
        case .invalid(let fault): return .failure(fault)
        case .complete(let headBytes):
            return .success(
                ParsedRequest(
                    method: String(view[head.methodRange]), target: String(view[head.targetRange]),
                    minorVersion: head.minorVersion,
                    fields: (0..<head.fields.count).map {
                        "\(String(view[head.fields[$0].name])):\(String(view[head.fields[$0].value]))"
                    },
                    framing: head.framing, keepAlive: head.keepAlive, headBytes: headBytes))
        }
    }
}

func parseRequest(_ text: String, limits: HTTP1Limits = .default) -> Result<ParsedRequest?, HTTP1Fault> {
    parseRequest(Array(text.utf8), limits: limits)
}

/// A request of HTTP/1.1 with these field lines and a valid `Host`.
func request(_ lines: String..., method: String = "POST", version: String = "1.1") -> String {
    "\(method) / HTTP/\(version)\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
}
