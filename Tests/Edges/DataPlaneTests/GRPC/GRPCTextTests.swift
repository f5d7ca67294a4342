import Bytes
import HTTPSemantics
import Testing

@testable import DataPlane

@Suite struct GRPCTextTests {
    func text(_ body: (ByteWriter) -> Void) -> String {
        let writer = ByteWriter()
        body(writer)
        return String(writer.view)
    }

    @Test(
        "percent-decodes a message and leaves malformed escapes",
        arguments: [("a%20b", "a b"), ("caf%C3%a9", "café"), ("100%", "100%"), ("%2", "%2"), ("%zz%41", "%zzA"), ("", "")])
    func percent(encoded: String, decoded: String) {
        #expect(text { writer in encoded.withByteView { GRPCText.appendPercentDecoded($0, to: writer) } } == decoded)
    }

    @Test(
        "decodes base64 with and without padding, and nothing that is malformed",
        arguments: [
            ("", ""), ("Zg", "f"), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob"), ("Zm9vY", ""),
            ("Zm 9", ""),
            ("+/+/", "\u{fffd}\u{fffd}\u{fffd}"),
        ])
    func base64(encoded: String, decoded: String) {
        #expect(text { writer in encoded.withByteView { GRPCText.appendBase64Decoded($0, to: writer) } } == decoded)
    }

    @Test(
        "a timeout has at most eight digits",
        arguments: [
            (1, "1m"), (999, "999m"), (1000, "1S"), (1500, "1500m"), (5000, "5S"), (99_999_999, "99999999m"),
            (100_000_001, "100000S"),
            (1 << 40, "99999999S"),
        ] as [(Int64, String)])
    func timeout(milliseconds: Int64, expected: String) {
        #expect(
            text { GRPCText.appendTimeout(milliseconds: milliseconds, to: $0) }
                == (milliseconds == 1 << 40 ? "99999999S" : expected))
    }

    @Test(
        "knows the statuses 0 to 16, and any other number as UNKNOWN",
        arguments: [
            ("0", 0), ("16", 16), ("17", 2), ("99", 2), ("4294967295", 2), ("001", 1), ("", nil), ("-1", nil), ("1a", nil),
            ("12345678901", nil),
        ] as [(String, Int?)])
    func status(text: String, expected: Int?) {
        #expect(text.withByteView { GRPCText.status($0) } == expected)
    }

    @Test(
        "knows gRPC by its content type",
        arguments: [
            ("application/grpc", true), ("application/grpc+proto", true), ("Application/GRPC;x=y", true),
            ("application/grpc-web", false),
            ("application/json", false), ("application/grp", false), ("", false),
        ])
    func contentType(text: String, expected: Bool) {
        #expect(text.withByteView { GRPCSyntax.isGRPC(contentType: $0) } == expected)
    }
}
