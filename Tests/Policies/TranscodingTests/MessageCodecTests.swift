import Bytes
import JSON
import Testing

@testable import Transcoding

/// What another implementation cannot tell us: options, order, and the exact text of responses.
@Suite("message codecs")
struct MessageCodecTests {
    @Test(
        "writes members in order of the numbers, numbers at their shortest",
        arguments: [
            ("09 00 00 00 00 00 00 f8 3f", #"{"d":1.5}"#), ("09 00 00 00 00 00 00 14 40", #"{"d":5}"#),
            ("09 9a 99 99 99 99 99 b9 3f", #"{"d":0.1}"#), ("15 cd cc cc 3d", #"{"f":0.1}"#),
            ("09 00 00 00 00 00 00 00 80", #"{"d":-0}"#),
            ("15 00 00 c0 7f", #"{"f":"NaN"}"#), ("09 00 00 00 00 00 00 f0 ff", #"{"d":"-Infinity"}"#),
            ("4a 01 61 28 05", #"{"i32":5,"text":"a"}"#), ("28 05 28 00", "{}"), ("70 63", #"{"color":99}"#),
            ("98 01 05", #"{"alias":"FIRST"}"#),
            ("4a 03 61 22 0a", #"{"text":"a\"\n"}"#), ("62 01 ff", #"{"data":"/w=="}"#), ("62 02 ff ff", #"{"data":"//8="}"#),
            ("62 03 ff ff fe", #"{"data":"///+"}"#), ("18 ff ff ff ff ff ff ff ff ff 01", #"{"i64":"-1"}"#),
        ])
    func text(wire: String, wanted: String) throws {
        #expect(try Translator("test.Scalars", try Fixture.codecs()).decode(wire.unhexed).value == wanted)
    }

    @Test(
        "a field mask takes only names that its own answer could hold",
        arguments: [#"a.b\\\\C"#, #"a\"b"#, #"\u0001"#, "a,,b", "a,"])
    func fieldMask(text: String) throws {
        let translator = try Translator("test.WellKnown", try Fixture.codecs())
        guard case .failure(let fault) = translator.encode("{\"mask\":\"\(text)\"}") else {
            Issue.record("\(text) was taken")
            return
        }
        #expect(fault.code == .invalidFieldMask)
    }

    @Test("emits defaults of fields without presence when told to, in order")
    func defaults() throws {
        var options = TranscodingOptions()
        options.emitsDefaults = true
        let pool = try Fixture.codecs(options)
        let scalars =
            #"{"d":0,"f":0,"i64":"0","u64":"0","i32":7,"f64":"0","f32":0,"flag":false,"text":"","data":"","u32":0,"#
            + #""color":"COLOR_UNSPECIFIED","sf32":0,"sf64":"0","s32":0,"s64":"0","alias":"ALIAS_ZERO"}"#
        let translator = try Translator("test.Scalars", pool)
        #expect(translator.decode("28 07".unhexed).value == scalars)
        #expect(translator.decode("4a 00 28 07".unhexed).value == scalars)
        #expect(try Translator("test.Optionals", pool).decode([]).value == "{}")
        #expect(try Translator("test.Choice", pool).decode([]).value == #"{"outside":""}"#)
        #expect(try Translator("test.Tree", pool).decode("2a 00".unhexed).value == #"{"name":"","children":[]}"#)
        #expect(try Translator("test.Tree", pool).decode([]).value == #"{"name":"","children":[]}"#)
        let maps = try #require(try Translator("test.Maps", pool).decode([]).value)
        #expect(maps.hasPrefix(#"{"text":{},"i32":{},"#))
        #expect(try Translator("test.Lists", pool).decode("2a 00".unhexed).value?.contains(#""i32":[]"#) == true)
    }

    @Test("uses the names of the .proto file when told to")
    func protoNames() throws {
        var options = TranscodingOptions()
        options.usesProtoNames = true
        let translator = try Translator("test.Names", try Fixture.codecs(options))
        #expect(translator.decode("0a 01 61 12 01 62".unhexed).value == #"{"snake_case_name":"a","renamed":"b"}"#)
        #expect(translator.encode(#"{"snakeCaseName":"a"}"#).value?.hexed == "0a0161")
    }

    @Test("escapes names of members")
    func names() throws {
        let translator = try Translator("test.Names", try Fixture.codecs())
        #expect(translator.decode("12 01 62".unhexed).value == #"{"weird \"name\"":"b"}"#)
    }

    @Test("drops unknown members and enum names when told to")
    func unknown() throws {
        var options = TranscodingOptions()
        options.ignoresUnknownMembers = true
        let pool = try Fixture.codecs(options)
        let scalars = try Translator("test.Scalars", pool)
        #expect(scalars.encode(#"{"nope":{"a":[1]},"i32":5,"color":"PINK"}"#).value?.hexed == "2805")
        #expect(scalars.encode(#"{"color":true}"#).fault?.code == .wrongType)
        #expect(try Translator("test.Lists", pool).encode(#"{"color":["RED","PINK",2]}"#).value?.hexed == "72020102")
        #expect(try Translator("test.Maps", pool).encode(#"{"u64":{"1":"PINK","2":"RED"}}"#).value?.hexed == "2a0408021001")
    }

    @Test("omits defaults of fields without presence on the wire, keeps them where presence counts")
    func omission() throws {
        let pool = try Fixture.codecs()
        #expect(try Translator("test.Scalars", pool).encode(#"{"i32":0,"text":"","flag":false,"d":0,"data":""}"#).value == [])
        #expect(try Translator("test.Optionals", pool).encode(#"{"i32":0,"text":""}"#).value?.hexed == "08001200")
        #expect(try Translator("test.Choice", pool).encode(#"{"number":0}"#).value?.hexed == "1000")
        #expect(try Translator("test.Lists", pool).encode(#"{"i32":[0]}"#).value?.hexed == "2a0100")
    }

    @Test("a codec takes back what it wrote before a fault")
    func rollback() throws {
        let translator = try Translator("test.Scalars", try Fixture.codecs())
        #expect(translator.encode(#"{"text":"abc","i32":"x"}"#).fault?.pointer == "/i32")
        #expect(translator.out.count == 0)
        #expect(translator.decode("28 05 4a 05 61".unhexed).fault?.field == "test.Scalars.text")
        #expect(translator.out.count == 0)
    }

    @Test("encodes from any node of a tape")
    func node() throws {
        let translator = try Translator("test.Scalars", try Fixture.codecs())
        let fault = #"{"a":[{"i32":5}],"b":{"i32":"x"}}"#.withByteView { view -> TranscodingFault? in
            #expect(translator.tape.parse(view) == nil)
            #expect(translator.codec.encode(translator.tape, node: 3, into: translator.out, scratch: translator.scratch) == nil)
            #expect(Array(translator.out.view).hexed == "2805")
            return translator.codec.encode(translator.tape, node: 7, into: translator.out, scratch: translator.scratch)
        }
        #expect(fault == TranscodingFault(.notAnInteger, in: .body, field: "i32", pointer: "/i32"))
    }

    @Test(
        "writes and reads time at the edges",
        arguments: [
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0), ("1969-12-31T23:59:59.999999999Z", -1, 999_999_999),
            ("1970-01-01T00:00:00Z", 0, 0), ("2000-03-01T00:00:00.100Z", 951_868_800, 100_000_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799, 0),
        ] as [(String, Int64, Int32)])
    func time(text: String, seconds: Int64, nanos: Int32) throws {
        let parsed = try #require(text.withByteView { TimeText.timestamp($0) })
        #expect(parsed == (seconds, nanos))
        let writer = ByteWriter()
        writer.append(timestamp: seconds, nanos)
        #expect(String(writer.view) == text)
    }

    @Test("calendar days go back and forth over the whole range")
    func calendar() {
        var previous = CalendarDate.days(year: 0, month: 12, day: 31)
        for year in Int64(1)...9999 {
            for month in Int64(1)...12 {
                let first = CalendarDate.days(year: year, month: month, day: 1)
                #expect(first == previous + 1)
                previous = CalendarDate.days(year: year, month: month, day: CalendarDate.dayCount(year: year, month: month))
                let date = CalendarDate.date(days: previous)
                #expect(date == (year, month, previous - first + 1))
            }
        }
    }

    @Test("every fault has a sentence, and no two codes share a label")
    func messages() {
        for code in TranscodingFault.Code.allCases { #expect(TranscodingFault(code, in: .body).message.hasSuffix(".")) }
        #expect(Set(TranscodingFault.Code.allCases.map(\.rawValue)).count == TranscodingFault.Code.allCases.count)
    }
}
