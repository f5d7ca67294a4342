import Bytes
import Foundation
import Testing
import TokenVerification

@Suite("Base64url")
struct Base64URLTests {
    private func decode(_ text: [UInt8]) -> [UInt8]? {
        let out = ByteWriter()
        return text.withByteView { Base64URL.decode($0, into: out) } ? Array(out.view) : nil
    }

    /// Foundation's encoder, respelled.
    private func encode(_ bytes: [UInt8]) -> [UInt8] {
        Array(Data(bytes).base64EncodedString().utf8).compactMap { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: byte
            }
        }
    }

    @Test("reads what another encoder wrote, at every length and with every byte")
    func roundTrip() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length &* 11) }
            #expect(decode(encode(bytes)) == bytes)
        }
        let all = (0...255).map { UInt8($0) }
        #expect(decode(encode(all)) == all)
    }

    @Test("every text has one meaning: whatever is read is written back the same")
    func canonical() {
        for base in ["AAAA", "AAA", "AA", "QUJD", "AAAAA"] {
            var text = Array(base.utf8)
            for index in text.indices {
                let kept = text[index]
                for byte in UInt8.min...UInt8.max {
                    text[index] = byte
                    if let bytes = decode(text) { #expect(encode(bytes) == text) }
                }
                text[index] = kept
            }
        }
    }

    @Test(
        "refuses padding, whitespace, the other alphabet, one spare character and unused bits",
        arguments: [
            "A", "AAAAA", "AA==", "AAA=", "=", "AB", "AAB", "A A", "AA\n", "+AAA", "/AAA", "A.AA", "\0\0\0\0", "AAA\u{e9}",
        ])
    func refused(_ text: String) {
        #expect(decode(Array(text.utf8)) == nil)
    }

    @Test("a refusal leaves what was written before")
    func untouched() {
        let out = ByteWriter()
        out.append("kept")
        #expect(!"AAAAAA*A".withByteView { Base64URL.decode($0, into: out) })
        #expect(out.view == "kept")
    }
}
