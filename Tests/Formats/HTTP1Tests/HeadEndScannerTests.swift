import Bytes
import HTTP1
import Testing

@Suite("Head end scanner")
struct HeadEndScannerTests {
    /// After which of the bytes, given one at a time, the scanner wants a parse.
    private func hits(_ text: String, limits: HTTP1Limits = .default) -> [Int] {
        let bytes = Array(text.utf8)
        var scanner = HeadEndScanner()
        return (1...bytes.count).filter { length in
            withExactBytes(Array(bytes[..<length])) { scanner.shouldParse($0, limits: limits) }
        }
    }

    @Test(
        "asks for a parse at a blank line and at a bare line feed only",
        arguments: [
            ("a\r\nb\r\n\r\n", [8]), ("a\r\nb: c\r\nd", []), ("a\n", [2]), ("a\r\n\n", [4]), ("\r\na\r\n\r\n", [2, 7]),
            ("\n", [1]), ("\r\r\n", []),
        ] as [(String, [Int])])
    func hit(text: String, expected: [Int]) { #expect(hits(text) == expected) }

    @Test("asks for a parse when the limit is reached, not before")
    func limit() { #expect(hits("abcdefgh", limits: HTTP1Limits(headBytes: 6)) == [6, 7, 8]) }

    @Test("starts over after reset")
    func reset() {
        var scanner = HeadEndScanner()
        withExactBytes(Array("a\r\n\r\n".utf8)) { bytes in
            let first = scanner.shouldParse(bytes)
            let second = scanner.shouldParse(bytes)
            scanner.reset()
            let afterReset = scanner.shouldParse(bytes)
            #expect([first, second, afterReset] == [true, false, true])
        }
    }
}
