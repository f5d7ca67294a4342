import Bytes
import HTTPSemantics
import Testing

@Suite("Reason phrases")
struct ReasonPhraseTests {
    @Test(
        "are those of the registry",
        arguments: [(100, "Continue"), (200, "OK"), (404, "Not Found"), (431, "Request Header Fields Too Large")])
    func registered(status: Int, phrase: String) { #expect(String(ByteView(ReasonPhrase.text(status))) == phrase) }

    @Test("are empty for codes that are not registered", arguments: [0, 99, 299, 418, 599, 600, -1])
    func unregistered(status: Int) { #expect(ByteView(ReasonPhrase.text(status)).isEmpty) }

    @Test("hold nothing a status line could not")
    func printable() {
        for status in 0...599 {
            let phrase = Array(ByteView(ReasonPhrase.text(status)))
            #expect(phrase.allSatisfy { (0x20...0x7E).contains($0) })
        }
    }
}
