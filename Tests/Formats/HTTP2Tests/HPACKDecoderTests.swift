import Bytes
import Testing

@testable import HTTP2

@Suite struct HPACKDecoderTests {
    /// RFC 7541 appendix C.3 to C.6: blocks of one connection and the fields they say.
    static let appendix: [(tableSize: Int, blocks: [(String, [Field])])] = [
        (
            4096,
            [
                (
                    "828684410f7777772e6578616d706c652e636f6d",
                    [
                        Field(":method", "GET"), Field(":scheme", "http"), Field(":path", "/"),
                        Field(":authority", "www.example.com"),
                    ]
                ),
                (
                    "828684be58086e6f2d6361636865",
                    [
                        Field(":method", "GET"), Field(":scheme", "http"), Field(":path", "/"),
                        Field(":authority", "www.example.com"), Field("cache-control", "no-cache"),
                    ]
                ),
                (
                    "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
                    [
                        Field(":method", "GET"), Field(":scheme", "https"), Field(":path", "/index.html"),
                        Field(":authority", "www.example.com"), Field("custom-key", "custom-value"),
                    ]
                ),
            ]
        ),
        (
            4096,
            [
                (
                    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
                    [
                        Field(":method", "GET"), Field(":scheme", "http"), Field(":path", "/"),
                        Field(":authority", "www.example.com"),
                    ]
                ),
                (
                    "828684be5886a8eb10649cbf",
                    [
                        Field(":method", "GET"), Field(":scheme", "http"), Field(":path", "/"),
                        Field(":authority", "www.example.com"), Field("cache-control", "no-cache"),
                    ]
                ),
            ]
        ),
        (
            256,
            [
                (
                    "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
                    [
                        Field(":status", "302"), Field("cache-control", "private"),
                        Field("date", "Mon, 21 Oct 2013 20:13:21 GMT"), Field("location", "https://www.example.com"),
                    ]
                ),
                (
                    "4883640effc1c0bf",
                    [
                        Field(":status", "307"), Field("cache-control", "private"),
                        Field("date", "Mon, 21 Oct 2013 20:13:21 GMT"), Field("location", "https://www.example.com"),
                    ]
                ),
                (
                    "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
                    [
                        Field(":status", "200"), Field("cache-control", "private"),
                        Field("date", "Mon, 21 Oct 2013 20:13:22 GMT"), Field("location", "https://www.example.com"),
                        Field("content-encoding", "gzip"),
                        Field("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"),
                    ]
                ),
            ]
        ),
    ]

    @Test("decodes the examples of RFC 7541 appendix C", arguments: appendix.indices)
    func decodesAppendix(example: Int) {
        let (size, blocks) = Self.appendix[example]
        let decoder = HPACKDecoder(tableSize: 4096)
        let list = HeaderList()
        for (index, (block, fields)) in blocks.enumerated() {
            // The appendix assumes a table of 256 bytes from the start: say so in the first block.
            let prefix: [UInt8] = index == 0 && size == 256 ? [0x3f, 0xe1, 0x01] : []
            let isDecoded = (prefix + hex(block)).withByteView { decoder.decode($0, into: list, maximumListSize: 4096) }
            #expect(isDecoded && list.all == fields)
        }
    }

    @Test("decodes what nghttp2 and hyper encode")
    func decodesOtherEncoders() throws {
        var decoder = HPACKDecoder(tableSize: 4096)
        let list = HeaderList()
        var expected: [Field] = []
        var isDecoded = true
        var blocks = 0
        func check() {
            #expect(isDecoded, "block \(blocks)")
            #expect(list.all == expected, "block \(blocks)")
        }
        for line in try vectorLines("blocks.txt") {
            let words = line.split(separator: " ")
            switch words[0] {
            case "N":
                check()
                decoder = HPACKDecoder(tableSize: 4096)
                list.removeAll()
                expected = []
            case "B":
                check()
                blocks += 1
                expected = []
                isDecoded = hex(words[1]).withByteView { decoder.decode($0, into: list, maximumListSize: 1 << 20) }
            case "F": expected.append(Field(hex(words[1]), hex(words[2]), words[3] == "1"))
            default: break
            }
        }
        check()
        #expect(blocks == 180)
    }

    @Test(
        "refuses blocks that lose the compression context",
        arguments: [
            ("80", "index 0"), ("be", "beyond both tables"), ("c0", "beyond both tables"), ("7f", "name index cut short"),
            ("40", "no name"), ("4001", "name cut short"), ("400161", "no value"), ("40016101", "value cut short"),
            ("ffffffffffff0f", "integer too large"), ("ff8080808000", "integer padded without end"),
            ("8220", "size update after a field"), ("3fe21f", "size update beyond the limit"),
            ("0081ff", "seven bits of padding are legal, eight are not: one byte of ones is padding only"),
            ("000184", "huffman value missing"), ("00848fffffff3fff", "padding not of ones"),
            ("0084ffffffff0161", "end-of-string symbol"), ("418100", "padding of zeros"),
        ])
    func refuses(block: String, why: String) {
        let decoder = HPACKDecoder(tableSize: 4096)
        #expect(!hex(block).withByteView { decoder.decode($0, into: HeaderList(), maximumListSize: 4096) }, "\(why)")
    }

    @Test("a table larger than acknowledged must shrink before the next field")
    func shrinksAfterAcknowledgement() {
        let list = HeaderList()
        func decode(_ decoder: HPACKDecoder, _ block: String) -> Bool {
            hex(block).withByteView { decoder.decode($0, into: list, maximumListSize: 4096) }
        }
        let strict = HPACKDecoder(tableSize: 0)
        #expect(decode(strict, "4001610162"))
        strict.settingsAcknowledged()
        #expect(!decode(strict, "82"))
        let obedient = HPACKDecoder(tableSize: 0)
        #expect(decode(obedient, "4001610162"))
        obedient.settingsAcknowledged()
        #expect(decode(obedient, "2082"))
        #expect(!decode(obedient, "be"), "the shrunk table is empty")
        #expect(!decode(obedient, "2182"), "one byte is more than announced")
    }

    @Test("a list beyond its limit is marked, and the table still follows")
    func truncatesLists() {
        let decoder = HPACKDecoder(tableSize: 4096)
        let list = HeaderList()
        // Two fields of 34 bytes each.
        let block = hex("4001610162 4001630164")
        #expect(block.withByteView { decoder.decode($0, into: list, maximumListSize: 67) })
        #expect(list.isTruncated && list.all == [Field("a", "b")])
        #expect(hex("bebf").withByteView { decoder.decode($0, into: list, maximumListSize: 68) })
        #expect(!list.isTruncated && list.all == [Field("c", "d"), Field("a", "b")])
    }

    @Test("a list many times too large is given up, however few bytes stand for it")
    func givesUpLists() {
        let decoder = HPACKDecoder(tableSize: 4096)
        let list = HeaderList()
        // One field of 4000 bytes, kept; then itself again and again: 4032 each as lists are counted.
        let field = [0x40, 0x01, 0x61, 0x7f] + [0xa1, 0x1e] + [UInt8](repeating: 0x62, count: 4000)
        func decode(_ repetitions: Int) -> Bool {
            (field + [UInt8](repeating: 0xbe, count: repetitions)).withByteView {
                decoder.decode($0, into: list, maximumListSize: 8192)
            }
        }
        #expect(decode(1) && !list.isTruncated)
        #expect(decode(10) && list.isTruncated && !decoder.isExcessive)
        #expect(!decode(60_000) && decoder.isExcessive)
        // What cannot be decoded for another reason is not said to be too large.
        #expect(![0x80].withByteView { decoder.decode($0, into: list, maximumListSize: 8192) } && !decoder.isExcessive)
    }

    @Test("survives every truncation and every byte value at every position")
    func survivesDamage() {
        let block = hex("488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff400161016200826162")
        let list = HeaderList()
        var accepted = 0
        for end in 0...block.count {
            let decoder = HPACKDecoder(tableSize: 4096)
            if Array(block[..<end]).withByteView({ decoder.decode($0, into: list, maximumListSize: 4096) }) { accepted += 1 }
        }
        #expect(accepted >= 4, "whole fields decode")
        for at in block.indices {
            for byte in UInt8.min...UInt8.max {
                var damaged = block
                damaged[at] = byte
                let decoder = HPACKDecoder(tableSize: 4096)
                if damaged.withByteView({ decoder.decode($0, into: list, maximumListSize: 4096) }) {
                    #expect(list.countedSize <= 4096)
                }
            }
        }
    }
}
