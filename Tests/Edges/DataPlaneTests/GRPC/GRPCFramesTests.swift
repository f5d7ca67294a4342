import Bytes
import Testing

@testable import DataPlane

@Suite("Frames of clients that speak gRPC")
struct GRPCFramesTests {
    /// What goes on of a request that arrives in pieces of `size`: the bytes, and how it ends.
    private func passed(_ bytes: [UInt8], pieces size: Int, messageLimit: Int = 4, totalLimit: Int = 6) -> ([UInt8], String) {
        var frames = GRPCFrames(messageLimit: messageLimit, totalLimit: totalLimit)
        let buffer = ByteWriter()
        var out: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            for byte in rest.prefix(size) { buffer.append(byte) }
            rest = rest.dropFirst(size)
            do {
                let taken = try frames.take(buffer.view)
                for index in 0..<taken { out.append(buffer.view[index]) }
                buffer.removeFirst(taken)
            } catch {
                return (out, "\(error)")
            }
        }
        return (out, frames.isWhole && buffer.count == 0 ? "whole \(frames.count)" : "cut off")
    }

    private func frame(_ content: [UInt8], flag: UInt8 = 0) -> [UInt8] { [flag, 0, 0, 0, UInt8(content.count)] + content }

    @Test("whole messages pass untouched, however they arrive", arguments: 1...16)
    func whole(size: Int) {
        let bytes = frame([1, 2, 3]) + frame([], flag: 1) + frame([9, 9, 9])
        #expect(passed(bytes, pieces: size) == (bytes, "whole 3"))
    }

    @Test("a cut at every byte but the ends of messages is one", arguments: 0...13)
    func truncated(count: Int) {
        let bytes = Array((frame([1, 2, 3]) + frame([4])).prefix(count))
        #expect(passed(bytes, pieces: 1).1 == ([0: "whole 0", 8: "whole 1"][count] ?? "cut off"))
    }

    @Test("every flag but those of gRPC is refused before anything of its message passes")
    func flags() {
        for flag in UInt8(2)...255 {
            let (out, end) = passed(frame([7]) + frame([1], flag: flag), pieces: 3)
            #expect(out.count <= 6 && end == "malformed")
        }
    }

    @Test(
        "limits hold at the byte",
        arguments: [
            ([4], "whole 1"), ([5], "tooLarge"), ([4, 2], "whole 2"), ([4, 3], "tooLarge"), ([3, 3, 0], "whole 3"),
            ([3, 3, 1], "tooLarge"),
        ] as [([Int], String)])
    func limits(sizes: [Int], end: String) {
        let bytes = sizes.flatMap { frame(Array(repeating: 1, count: $0)) }
        for size in 1...bytes.count { #expect(passed(bytes, pieces: size).1 == end) }
    }

    @Test("the largest length there is does not overflow")
    func giant() {
        #expect(passed([0, 255, 255, 255, 255, 1], pieces: 6, messageLimit: .max, totalLimit: Int(UInt32.max)).1 == "cut off")
        #expect(passed([0, 255, 255, 255, 255], pieces: 5, messageLimit: .max, totalLimit: Int(UInt32.max) - 1).1 == "tooLarge")
    }

    @Test(
        "base64 of pieces is decoded group by group",
        arguments: [
            ("", "", 0), ("QQ==", "A", 4), ("QUI=", "AB", 4), ("QUJD", "ABC", 4), ("QQ==QUI=QUJD", "AABABC", 12),
            ("QUJDQ", "ABC", 4),
            ("QUJDQQ=", "ABC", 4), ("QUJ", "", 0), ("+/+/", nil, 4),
        ] as [(String, String?, Int)])
    func base64(text: String, wanted: String?, used: Int) {
        let out = ByteWriter()
        #expect(text.withByteView { GRPCText.appendBase64Quads($0, to: out) } == used)
        if let wanted { #expect(String(out.view) == wanted) }
    }

    @Test(
        "what is no base64 is refused", arguments: ["====", "A===", "=AAA", "A=AA", "AA=A", "AA\r\n", "AA-_", "QQ==*AAA", "ÄÄÄÄ"])
    func malformedBase64(text: String) {
        #expect(text.withByteView { GRPCText.appendBase64Quads($0, to: ByteWriter()) } == nil)
    }
}
