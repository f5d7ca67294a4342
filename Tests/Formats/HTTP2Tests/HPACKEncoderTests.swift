import Bytes
import Testing

@testable import HTTP2

@Suite struct HPACKEncoderTests {
    let encoder = HPACKEncoder()
    let decoder = HPACKDecoder(tableSize: 4096)
    let template = HeaderTemplate([
        (":method", "POST"), (":scheme", "http"), (":path", "/demo.Data/Get"), (":authority", "data:50051"),
        ("te", "trailers"), ("content-type", "application/grpc"), ("user-agent", "gateway"),
    ])

    /// Encodes one block and checks that a decoder reads the same fields.
    func block(_ template: HeaderTemplate?, _ fields: [Field] = []) -> [UInt8] {
        let output = ByteWriter()
        encoder.beginBlock(output)
        var expected: [Field] = []
        if let template {
            encoder.encode(template, output)
            template.bytes.withByteView { bytes in
                expected = template.fields.map { Field([UInt8](bytes[$0.name]), [UInt8](bytes[$0.value]), $0.isSensitive) }
            }
        }
        for field in fields {
            field.name.withByteView { name in
                field.value.withByteView {
                    encoder.encode(name, $0, sensitive: field.isSensitive, isRepeated: false, output)
                }
            }
        }
        let list = HeaderList()
        let isDecoded = decoder.decode(output.view, into: list, maximumListSize: 1 << 20)
        #expect(isDecoded && list.all == expected + fields)
        return [UInt8](output.view)
    }

    @Test("a repeated template costs one byte a field")
    func repeatsCheaply() {
        #expect(block(template).count > 60)
        #expect(block(template).count == 7)
        #expect(block(template).count == 7)
    }

    @Test("a field that differs from call to call is named by number from the second time on")
    func namesByNumber() {
        _ = block(template, [Field("x-request-id", "0123456789abcdef")])
        // Index byte or two, length, value.
        #expect(block(template, [Field("x-request-id", "fedcba9876543210")]).count <= 7 + 3 + 16)
        #expect(block(template, [Field("x-request-id", "0123456789abcdef")]).count == 8, "the first value is remembered")
    }

    @Test("a sensitive field is never indexed, and says so")
    func neverIndexesSensitive() {
        let field = Field("authorization", "Bearer secret", true)
        let first = block(nil, [field])
        #expect(first.first == 0x1f, "never indexed, with the static name")
        #expect(block(nil, [field]) == first)
    }

    @Test("follows the peer's table size", arguments: [0, 64, 200, 4096, 65536])
    func followsPeerLimit(size: Int) {
        _ = block(template)
        encoder.setPeerLimit(size)
        let first = block(template)
        #expect((first.first == 0x20) == (size < 4096), "a changed size empties the table first")
        let second = block(template)
        if size == 0 { #expect(second.count > 60) }
        if size == 4096 { #expect(second.count == 7) }
    }

    @Test("a full table sends literals and starts afresh after many of them")
    func restartsWhenFull() {
        for index in 0..<60 { _ = block(HeaderTemplate([(":path", "/a.long.package.of.services.Service\(index)/Method")])) }
        let late = HeaderTemplate([(":path", "/late.Service/Method")])
        _ = block(late)
        #expect(block(late).count > 20)
        for _ in 0...HPACKEncoder.refusalsBeforeRestart { _ = block(late) }
        #expect(block(late).count == 1)
    }

    @Test("long values and empty ones survive", arguments: [0, 1, 126, 127, 128, 255, 256, 257, 5000])
    func encodesLengths(count: Int) {
        let field = Field(Array("x-value".utf8), [UInt8](repeating: 0x61, count: count))
        _ = block(template, [field])
        _ = block(template, [field])
    }
}
