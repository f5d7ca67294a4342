import Bytes
import Testing
import TraceContext

@Suite struct TraceParentTests {
    static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("reads the parts of version 00")
    func parts() {
        let parent = parse(Self.valid)
        #expect(parent?.traceHigh == 0x0af7_6519_16cd_43dd)
        #expect(parent?.traceLow == 0x8448_eb21_1c80_319c)
        #expect(parent?.parentID == 0xb7ad_6b71_6920_3331)
        #expect(parent?.flags == 1)
    }

    @Test("keeps only the sampled flag", arguments: [("00", 0), ("01", 1), ("02", 0), ("fe", 0), ("ff", 1)] as [(String, UInt8)])
    func flags(text: String, expected: UInt8) {
        #expect(parse(Self.valid.dropLast(2) + text)?.flags == expected)
    }

    @Test(
        "tolerates later versions",
        arguments: [
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future",
            "fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        ])
    func laterVersions(text: String) {
        #expect(parse(text) == parse(Self.valid))
    }

    @Test(
        "refuses what the recommendation calls invalid",
        arguments: [
            "", "00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.extra",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01", " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ])
    func invalid(text: String) {
        #expect(parse(text) == nil)
    }

    @Test("accepts half-zero trace ids")
    func halfZero() {
        #expect(parse("00-0000000000000000000000000000000a-b7ad6b7169203331-01")?.traceLow == 10)
        #expect(parse("00-0000000000000001" + "0000000000000000-b7ad6b7169203331-01")?.traceHigh == 1)
    }

    @Test("refuses every proper prefix")
    func truncation() {
        for length in 0..<Self.valid.count { #expect(parse(String(Self.valid.prefix(length))) == nil) }
    }

    @Test("accepts exactly hyphens at their places and lowercase digits elsewhere")
    func everyByte() {
        let original = Array(Self.valid.utf8)
        for position in original.indices {
            for byte in UInt8(0)...255 {
                var bytes = original
                bytes[position] = byte
                let isDigit = "0123456789abcdef".utf8.contains(byte)
                let expected = [2, 35, 52].contains(position) ? byte == UInt8(ascii: "-") : isDigit
                let version = String(decoding: bytes.prefix(2), as: UTF8.self)
                let accepted = bytes.withByteView { TraceParent.parse($0) } != nil
                #expect(accepted == (expected && version != "ff"), "\(byte) at \(position)")
            }
        }
    }
}
