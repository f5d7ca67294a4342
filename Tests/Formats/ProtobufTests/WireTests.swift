import Bytes
import Testing

@testable import Protobuf

@Suite("wire format")
struct WireTests {
    private func written(_ body: (ByteWriter) -> Void) -> [UInt8] {
        let writer = ByteWriter()
        body(writer)
        return Array(writer.view)
    }

    @Test(
        "writes and reads varints at every width",
        arguments: [
            (UInt64(0), [UInt8(0)]), (1, [1]), (127, [127]), (128, [0x80, 1]), (300, [0xac, 2]), (16_383, [0xff, 0x7f]),
            (16_384, [0x80, 0x80, 1]), (1 << 35, [0x80, 0x80, 0x80, 0x80, 0x80, 1]),
            (.max, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ] as [(UInt64, [UInt8])])
    func varints(value: UInt64, bytes: [UInt8]) {
        #expect(written { $0.append(varint: value) } == bytes)
        bytes.withByteView { view in
            var reader = WireReader(view)
            let read = reader.readVarint()
            #expect(read == value)
            #expect(reader.isAtEnd)
        }
        for length in 0..<bytes.count {
            Array(bytes[..<length]).withByteView { view in
                var reader = WireReader(view)
                let read = reader.readVarint()
                #expect(read == nil)
            }
        }
    }

    @Test(
        "refuses varints of more than 64 bits",
        arguments: [
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
        ] as [[UInt8]])
    func longVarints(bytes: [UInt8]) {
        bytes.withByteView { view in
            var reader = WireReader(view)
            let read = reader.readVarint()
            #expect(read == nil)
        }
    }

    @Test(
        "folds signs",
        arguments: [
            (Int64(0), UInt64(0)), (-1, 1), (1, 2), (-2, 3), (.max, .max - 1), (.min, .max),
        ] as [(Int64, UInt64)])
    func zigzag(value: Int64, folded: UInt64) {
        #expect(ZigZag.encode(value) == folded)
        #expect(ZigZag.decode(folded) == value)
    }

    @Test("writes fixed words little-endian and reads them back")
    func fixed() {
        let bytes = written {
            $0.append(littleEndian: UInt32(0x0102_0304))
            $0.append(littleEndian: UInt64(0x0102_0304_0506_0708))
        }
        #expect(bytes == [4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1])
        bytes.withByteView { view in
            var reader = WireReader(view)
            let word = reader.readFixed32()
            #expect(word == 0x0102_0304)
            let long = reader.readFixed64()
            #expect(long == 0x0102_0304_0506_0708)
            let pastEnd = (reader.readFixed32(), reader.readFixed64())
            #expect(pastEnd == (nil, nil))
        }
    }

    @Test(
        "reads tags, and refuses field zero, unused types and numbers above 29 bits",
        arguments: [
            ([0x08], WireTag(number: 1, type: .varint)), ([0x0d], WireTag(number: 1, type: .fixed32)), ([0x00], nil),
            ([0x07], nil),
            ([0x0e], nil), ([0x0f], nil),
            ([0xfd, 0xff, 0xff, 0xff, 0x0f], WireTag(number: WireTag.maximumNumber, type: .fixed32)),
            ([0x80, 0x80, 0x80, 0x80, 0x10], nil), ([], nil),
        ] as [([UInt8], WireTag?)])
    func tags(bytes: [UInt8], tag: WireTag?) {
        bytes.withByteView { view in
            var reader = WireReader(view)
            let read = reader.readTag()
            #expect(read == tag)
        }
    }

    @Test("widens a length at 128 and at 16384 bytes", arguments: [0, 1, 127, 128, 129, 16_383, 16_384, 70_000])
    func lengths(count: Int) {
        let contents = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let bytes = written { writer in
            writer.append(7)
            let mark = writer.openLengthDelimited()
            contents.withByteView { writer.append($0) }
            writer.closeLengthDelimited(mark)
            writer.append(9)
        }
        bytes.withByteView { view in
            var reader = WireReader(view, in: ByteRange(1, view.count))
            let range = reader.readLengthDelimited()
            #expect(range.map { Array(view[$0]) } == contents)
            let read = reader.readVarint()
            #expect(read == 9)
            #expect(reader.isAtEnd)
        }
    }

    @Test("refuses a length beyond the range it reads", arguments: [1, 2, 3])
    func bounded(end: Int) {
        [UInt8(0), 3, 1, 2, 3].withByteView { view in
            var reader = WireReader(view, in: ByteRange(1, 1 + end))
            let contents = reader.readLengthDelimited()
            #expect(contents == nil)
        }
    }

    @Test("a range outside the bytes reads as nothing")
    func outside() {
        [UInt8(1)].withByteView { view in
            var reader = WireReader(view, in: ByteRange(0, 5))
            #expect(reader.isAtEnd)
            let read = reader.readVarint()
            #expect(read == nil)
        }
    }

    @Test(
        "skips every type of field and stops at its end",
        arguments: [
            [0x08, 0xff, 1], [0x09, 1, 2, 3, 4, 5, 6, 7, 8], [0x0a, 2, 1, 1], [0x0d, 1, 2, 3, 4], [0x0b, 0x0c],
            [0x0b, 0x08, 1, 0x13, 0x0a, 1, 1, 0x14, 0x0c],
        ] as [[UInt8]])
    func skips(field: [UInt8]) {
        (field + [0x55]).withByteView { view in
            var reader = WireReader(view)
            guard let tag = reader.readTag() else {
                Issue.record("no tag")
                return
            }
            let isSkipped = reader.skip(tag)
            #expect(isSkipped)
            #expect(reader.offset == field.count)
        }
        for length in 1..<field.count {
            Array(field[..<length]).withByteView { view in
                var reader = WireReader(view)
                let isSkipped = reader.readTag().map { tag in reader.skip(tag) } ?? false
                #expect(!isSkipped)
            }
        }
    }

    @Test("refuses an end without a start, and a start with another end", arguments: [[0x0c], [0x0b, 0x14]] as [[UInt8]])
    func groups(bytes: [UInt8]) {
        bytes.withByteView { view in
            var reader = WireReader(view)
            guard let tag = reader.readTag() else {
                Issue.record("no tag")
                return
            }
            let isSkipped = reader.skip(tag)
            #expect(!isSkipped)
        }
    }

    @Test("answers a group's contents without its end")
    func groupContents() {
        [UInt8(0x0b), 0x08, 5, 0x0c, 1].withByteView { view in
            var reader = WireReader(view)
            _ = reader.readTag()
            let contents = reader.readGroup(1)
            #expect(contents == ByteRange(1, 3))
            #expect(reader.offset == 4)
        }
    }
}
