import Testing

@testable import Transcoding

/// proto2 and editions, on the types that `Tests/Conformance/test_protojson.py` holds against Python.
@Suite("proto2 and editions")
struct DialectTests {
    @Test(
        "goes both ways",
        arguments: [
            ("two.Old", #"{"[two.ext_text]":""}"#, "a2 06 00"),
            ("two.Old", #"{"[two.ext_packed]":[1,2]}"#, "ba 06 02 01 02"),
            ("two.Old", #"{"[two.extgroup]":{"inside":"x"}}"#, "eb 06 0a 01 78 ec 06"),
            ("two.Old", #"{"detail":{"note":"n","deeper":{"depth":"1"}}}"#, "6b 0a 01 6e 1b 08 01 1c 6c"),
            ("two.Old", #"{"item":[{},{"count":1}]}"#, "83 01 84 01 83 01 08 01 84 01"),
            ("two.Old", #"{"number":0,"closedList":["ONE","TWO"]}"#, "08 00 40 01 40 02"),
            ("editions.Modern", #"{"explicitNumber":0,"expanded":[1,2]}"#, "08 00 30 01 30 02"),
            ("editions.Modern", #"{"delimited":{"leaf":{"name":"x"}}}"#, "5b 83 01 0a 01 78 84 01 5c"),
            ("editions.Modern", #"{"time":"1970-01-01T00:00:01Z"}"#, "93 01 08 01 94 01"),
            ("editions.Modern", #"{"[editions.ext_delimited]":{"weight":0.5}}"#, "ab 06 11 00 00 00 00 00 00 e0 3f ac 06"),
            ("delimited.Whole", #"{"byName":{"a":{"self":{}}}}"#, "22 07 0a 01 61 12 02 13 14"),
        ])
    func bothWays(type: String, json: String, wire: String) throws {
        let translator = try Translator(type, try Fixture.dialects())
        #expect(translator.encode(json).value?.hexed == wire.filter { $0 != " " })
        #expect(translator.decode(wire.unhexed).value == json)
    }

    @Test(
        "unknown numbers of closed enums are unknown fields, and leave nothing behind",
        arguments: ["20 63", "40 63", "4a 02 63 63", "52 05 0a 01 61 10 63", "b0 01 63", "c0 06 63"])
    func closed(wire: String) throws {
        let translator = try Translator("two.Old", try Fixture.dialects())
        #expect(translator.decode(wire.unhexed).value == "{}")
        // The same out of order, where fields are gathered first.
        #expect(translator.decode((wire + "08 01" + wire + "08 02").unhexed).value == #"{"number":2}"#)
    }

    @Test("defaults are emitted for lists of the message, not for extensions that anyone may add")
    func defaults() throws {
        var options = TranscodingOptions()
        options.emitsDefaults = true
        let json = try #require(try Translator("two.Old", try Fixture.dialects(options)).decode([]).value)
        #expect(json.contains(#""loose":[]"#) && json.contains(#""closedMap":{}"#))
        #expect(!json.contains("[two."))
    }

    @Test(
        "an Any of Empty is taken with and without a value",
        arguments: [
            (#"{"any":{"@type":"x/google.protobuf.Empty"}}"#, true),
            (#"{"any":{"@type":"x/google.protobuf.Empty","value":{}}}"#, true),
            (#"{"any":{"value":{},"@type":"x/google.protobuf.Empty"}}"#, true),
            (#"{"any":{"@type":"x/google.protobuf.Empty","value":{"a":1}}}"#, false),
            (#"{"any":{"@type":"x/google.protobuf.Empty","value":null}}"#, false),
            (#"{"any":{"@type":"x/google.protobuf.Empty","other":{}}}"#, false),
        ])
    func empty(json: String, isTaken: Bool) throws {
        let translator = try Translator("three.Known", try Fixture.dialects())
        switch translator.encode(json) {
        case .success(let wire):
            #expect(isTaken)
            #expect(translator.decode(wire).value == #"{"any":{"@type":"x/google.protobuf.Empty"}}"#)
        case .failure(let fault):
            #expect(!isTaken)
            #expect(fault.code == .unknownField)
        }
    }
}
