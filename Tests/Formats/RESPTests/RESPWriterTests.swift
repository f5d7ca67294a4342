import Bytes
import RESP
import Testing

@Suite struct RESPWriterTests {
    @Test("a command is an array of bulk strings")
    func command() {
        let writer = ByteWriter()
        writer.beginRESPCommand(parts: 4)
        writer.appendRESP("SET")
        writer.appendRESP(utf8: "ключ")
        writer.appendRESP(ByteView("a\r\nb"))
        writer.appendRESP(ByteView.empty)
        #expect(String(writer.view) == "*4\r\n$3\r\nSET\r\n$8\r\nключ\r\n$4\r\na\r\nb\r\n$0\r\n\r\n")
    }

    @Test(
        "numbers are written with their length",
        arguments: [
            (0, "$1\r\n0\r\n"), (9, "$1\r\n9\r\n"), (10, "$2\r\n10\r\n"), (-1, "$2\r\n-1\r\n"), (-10, "$3\r\n-10\r\n"),
            (Int64.max, "$19\r\n9223372036854775807\r\n"), (Int64.min, "$20\r\n-9223372036854775808\r\n"),
        ])
    func numbers(_ value: Int64, _ expected: String) {
        let writer = ByteWriter()
        writer.appendRESP(decimal: value)
        #expect(String(writer.view) == expected)
    }
}
