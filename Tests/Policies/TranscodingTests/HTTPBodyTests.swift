import Bytes
import Protobuf
import Testing

@testable import Transcoding

@Suite("google.api.HttpBody")
struct HTTPBodyTests {
    private func parts(_ wire: String, field: UInt32? = nil) -> (type: String, data: String)? {
        wire.unhexed.withByteView { view in
            guard let body = field.map({ HTTPBody(view, field: $0) }) ?? HTTPBody(view) else { return nil }
            return (String(view[body.contentType]), String(view[body.data]))
        }
    }

    @Test(
        "finds the content type and the bytes",
        arguments: [
            ("", "", ""), ("0a 03 61 2f 62 12 02 68 69", "a/b", "hi"), ("12 02 68 69 0a 03 61 2f 62", "a/b", "hi"),
            ("12 01 61 12 01 62 0a 01 78 0a 00", "", "b"), ("1a 02 0a 00 20 05 12 01 61", "", "a"),
        ])
    func whole(wire: String, type: String, data: String) throws {
        let found = try #require(parts(wire))
        #expect(found == (type, data))
    }

    @Test("finds them in a field, merged when it comes in parts")
    func field() throws {
        #expect(try #require(parts("08 01 2a 04 12 02 68 69", field: 5)) == ("", "hi"))
        #expect(try #require(parts("2a 06 0a 01 78 12 01 61 10 05 2a 03 12 01 62", field: 5)) == ("x", "b"))
        #expect(try #require(parts("08 01", field: 5)) == ("", ""))
    }

    @Test(
        "refuses what is malformed, and a content type that would break out of its header",
        arguments: [
            "0a", "12 05 61", "0a 03 61 0d 0a", "0a 02 61 00", "0a 02 20 61", "0a 02 61 20", "0a 02 c3 a9", "0b", "00",
        ])
    func refused(wire: String) {
        #expect(parts(wire) == nil)
        let bytes = wire.unhexed
        #expect(([0x2a, UInt8(bytes.count)] + bytes).withByteView { HTTPBody($0, field: 5) } == nil)
    }

    @Test("every truncation is read or refused")
    func truncation() {
        let wire = "0a 03 61 2f 62 12 02 68 69 1a 02 0a 00".unhexed
        let read = wire.indices.filter { count in wire[..<count].withUnsafeBytes { HTTPBody(ByteView($0)) } != nil }
        #expect(read == [0, 5, 9])
    }

    @Test("writes what it reads, as a message and as a field", arguments: [0, 1, 2, 120, 127, 128, 16_383, 16_384, 70_000])
    func written(size: Int) throws {
        let data = [UInt8](repeating: 7, count: size)
        let out = ByteWriter()
        out.append("#")
        let isWritten = data.withByteView { out.append(httpBody: $0, contentType: ByteView("text/plain"), field: 300) }
        #expect(isWritten)
        let wire = out.view[1, out.count]
        let body = try #require(HTTPBody(wire, field: 300))
        #expect(wire[body.contentType] == "text/plain")
        #expect(Array(wire[body.data]) == data)
        out.removeAll()
        #expect(data.withByteView { out.append(httpBody: $0, contentType: .empty) })
        #expect(Array(out.view[try #require(HTTPBody(out.view)).data]) == data)
    }

    @Test("writes nothing for a content type that no string field can hold")
    func invalidType() {
        let out = ByteWriter()
        let isWritten = [UInt8](arrayLiteral: 0xff).withByteView { out.append(httpBody: .empty, contentType: $0, field: 1) }
        #expect(!isWritten)
        #expect(out.count == 0)
    }

    @Test("knows the type when it sees it, and translates it as an object where it is only a part")
    func codec() throws {
        let pool = try Fixture.codecs()
        #expect(try #require(pool.codec(named: "google.api.HttpBody")).isHTTPBody)
        #expect(try #require(pool.codec(named: "test.Scalars")).isHTTPBody == false)
        let translator = try Translator("google.api.HttpBody", pool)
        #expect(translator.decode("0a 01 78 12 01 61".unhexed).value == #"{"contentType":"x","data":"YQ=="}"#)
    }
}
