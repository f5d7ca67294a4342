import Bytes
import JSON
import Testing

@testable import Transcoding

/// Wire bytes and JSON nobody should send.
@Suite("hostile input")
struct HostileTests {
    static let types = ["Scalars", "Lists", "Maps", "Choice", "Tree", "WellKnown", "Wide", "legacy.Old"].map { "test." + $0 }

    static let samples = [
        ("test.Scalars", #"{"d":1.5,"i64":"-5","u64":"300","flag":true,"text":"héllo","data":"AAEC","color":"RED","sf32":-1}"#),
        ("test.Lists", #"{"d":[1,2],"i32":[1,300,-1],"text":["a",""],"scalars":[{"i32":1},{}],"unpacked":[1,2]}"#),
        ("test.Maps", #"{"text":{"a":"b","c":""},"scalars":{"x":{"text":"y"}},"value":{"v":[null,{"a":1}]},"i32":{"1":"2"}}"#),
        (
            "test.WellKnown",
            #"{"time":"2024-01-02T03:04:05.678Z","span":"-1.500s","mask":"aB,c","any":{"@type":"a/test.Tree","name":"n"},"i64":"5"}"#
        ),
        ("test.legacy.Old", #"{"id":1,"detail":{"note":"n","values":[1,2]},"item":[{"count":1},{}],"map":{"a":"ONE"}}"#),
    ]

    @Test("every truncation of a message is read or refused", arguments: samples)
    func truncation(type: String, json: String) throws {
        let translator = try Translator(type, try Fixture.codecs())
        let wire = try #require(translator.encode(json).value)
        #expect(try tree(translator.decode(wire).value ?? "0") == tree(json))
        var refused = 0
        for length in 0..<wire.count {
            switch translator.decode(Array(wire[..<length])) {
            case .success(let text): _ = try tree(text)
            case .failure(let fault):
                #expect(fault.place == .response)
                refused += 1
            }
        }
        #expect(refused > wire.count / 3)
    }

    @Test("every byte at every position of a message is read or refused", arguments: samples)
    func mutation(type: String, json: String) throws {
        let translator = try Translator(type, try Fixture.codecs())
        let wire = try #require(translator.encode(json).value)
        for position in wire.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = wire
                changed[position] = byte
                // What is written is JSON whatever was read: parsed here by our own strict parser, for speed.
                if case .success(let text) = translator.decode(changed) {
                    let fault = text.withByteView { translator.tape.parse($0, limits: JSONLimits(rejectDuplicateNames: true)) }
                    #expect(fault == nil, "\(changed.hexed) -> \(text)")
                }
            }
        }
    }

    @Test("random bytes are read or refused", arguments: types)
    func random(type: String) throws {
        let translator = try Translator(type, try Fixture.codecs())
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        for _ in 0..<4000 {
            let bytes = (0..<Int(next() % 40)).map { _ in
                // Small values make plausible tags and lengths.
                next() % 3 == 0 ? UInt8(truncatingIfNeeded: next()) : UInt8(truncatingIfNeeded: next() % 90)
            }
            if case .success(let text) = translator.decode(bytes) {
                let fault = text.withByteView { translator.tape.parse($0) }
                #expect(fault == nil, "\(bytes.hexed) -> \(text)")
            }
        }
    }

    @Test("every truncation and mutation of a request is taken or refused", arguments: samples)
    func requests(type: String, json: String) throws {
        let translator = try Translator(type, try Fixture.codecs())
        let text = Array(json.utf8)
        for position in text.indices {
            for byte in [UInt8(ascii: "\""), 0x2c, 0x7b, 0x5d, 0x30, 0x6e, 0x5c, 0x00, 0xff] {
                var changed = text
                changed[position] = byte
                changed.withByteView { view in
                    guard translator.tape.parse(view) == nil else { return }
                    translator.out.removeAll()
                    let fault = translator.codec.encode(translator.tape, into: translator.out, scratch: translator.scratch)
                    if fault == nil { #expect(translator.decode(Array(translator.out.view)).fault == nil) }
                }
            }
        }
    }

    @Test("nests 100 messages deep and no deeper, reading and writing")
    func depth() throws {
        let translator = try Translator("test.Tree", try Fixture.codecs())
        let limits = JSONLimits(depth: 1000)
        func json(_ levels: Int) -> String {
            String(repeating: #"{"left":"#, count: levels - 1) + "{}" + String(repeating: "}", count: levels - 1)
        }
        let deepest = try #require(translator.encode(json(100), limits: limits).value)
        #expect(translator.decode(deepest).value == json(100))
        #expect(translator.encode(json(101), limits: limits).fault?.code == .depthExceeded)
        let deeper = [UInt8(0x12)] + [UInt8(deepest.count & 127 | 128), UInt8(deepest.count >> 7)] + deepest
        #expect(translator.decode(deeper).fault?.code == .depthExceeded)
    }

    @Test("groups nest no deeper than messages")
    func groups() throws {
        let translator = try Translator("test.Scalars", try Fixture.codecs())
        func wire(_ depth: Int) -> [UInt8] {
            Array(repeating: 0xa3, count: depth).flatMap { [$0, 0x06] }
                + Array(repeating: 0xa4, count: depth).flatMap { [$0, 0x06] }
        }
        #expect(translator.decode(wire(100)).value == "{}")
        #expect(translator.decode(wire(101)).fault?.code == .malformedMessage)
        #expect(translator.decode(wire(100_000)).fault?.code == .malformedMessage)
    }

    @Test("nests Struct, Any and merged messages no deeper either")
    func dynamicDepth() throws {
        let translator = try Translator("test.WellKnown", try Fixture.codecs())
        let limits = JSONLimits(depth: 1000)
        let lists = { (count: Int) in
            #"{"value":"# + String(repeating: "[", count: count) + String(repeating: "]", count: count) + "}"
        }
        #expect(translator.encode(lists(49), limits: limits).fault == nil)
        #expect(translator.encode(lists(60), limits: limits).fault?.code == .depthExceeded)
        let any = { (count: Int) in
            #"{"any":"# + String(repeating: #"{"@type":"a/google.protobuf.Any","value":"#, count: count) + "{}"
                + String(repeating: "}", count: count + 1)
        }
        let wire = try #require(translator.encode(any(30), limits: limits).value)
        #expect(translator.decode(wire).value == any(30))
        #expect(translator.encode(any(200), limits: limits).fault?.code == .depthExceeded)
    }

    @Test("a message in a thousand parts is merged once a level")
    func parts() throws {
        let translator = try Translator("test.Tree", try Fixture.codecs())
        let part = "12 05 1a 03 0a 01 78".unhexed
        let wire = Array(repeating: part, count: 1000).flatMap { $0 }
        #expect(translator.decode(wire).value == #"{"left":{"right":{"name":"x"}}}"#)
    }

    @Test(
        "lengths beyond the message are refused",
        arguments: [
            "4a ff ff ff ff 0f 61", "4a ff ff ff ff ff ff ff ff 7f", "4a ff ff ff ff ff ff ff ff ff 01",
            "4a 80 80 80 80 80 80 80 80 80 02",
            "4a 02 61", "4a",
        ])
    func lengths(wire: String) throws {
        let translator = try Translator("test.Scalars", try Fixture.codecs())
        let fault = TranscodingFault(.malformedMessage, in: .response, field: "test.Scalars.text")
        #expect(translator.decode(wire.unhexed).fault == fault)
    }
}
