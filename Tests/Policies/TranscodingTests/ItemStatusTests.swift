import Bytes
import Protobuf
import Testing

@testable import Transcoding

/// `calls.Books/BatchGet` of `Fixtures/protos/calls.proto`.
@Suite("items with a status")
struct ItemStatusTests {
    private let pool: CodecPool
    private let program: CallProgram
    private let reply: Translator

    init() throws {
        pool = CodecPool(try Fixture.descriptors("calls.binpb"))
        let method = try #require(pool.descriptors.method(named: "calls.Books/BatchGet"))
        let (program, findings) = CallProgram.compile(
            method, binding: CallBinding(items: .init(field: "results", status: "status")), pool: pool)
        self.program = try #require(program, "\(findings)")
        reply = try Translator("calls.BatchReply", pool)
    }

    private func items(_ wire: [UInt8]) throws -> (items: [String], fault: TranscodingFault?) {
        try wire.withByteView { wire in
            var reader = try #require(program.itemReader(wire))
            var found: [String] = []
            while let item = reader.next() { found.append("\(item.status.name) \(String(item.message)) \(item.details.count)") }
            return (found, reader.fault)
        }
    }

    @Test(
        "finds the items and how each ended",
        arguments: [
            ("{}", []), (#"{"results":[]}"#, []), (#"{"results":[{"id":"a"}]}"#, ["OK  0"]),
            (
                #"{"results":[{"id":"a","status":{}},{"status":{"code":5,"message":"no"}},{"status":{"code":99}}]}"#,
                ["OK  0", "NOT_FOUND no 6", "UNKNOWN  2"]
            ),
            (#"{"results":[{"status":{"code":-1}}],"single":{"status":{"code":5}}}"#, ["UNKNOWN  11"]),
        ])
    func found(json: String, wanted: [String]) throws {
        let (items, fault) = try items(try #require(reply.encode(json).value))
        #expect(items == wanted)
        #expect(fault == nil)
    }

    @Test("a status that stands twice is merged as the wire has it")
    func merged() throws {
        // results { status { code: 5 message: "a" } status { message: "b" } }
        #expect(try items("0a 0c 12 05 08 05 12 01 61 12 03 12 01 62".unhexed).items == ["NOT_FOUND b 3"])
        #expect(try items("0a 08 12 02 08 05 12 02 08 00".unhexed).items == ["OK  2"])
    }

    @Test("a broken response is a fault at every cut, never a trap")
    func cut() throws {
        let wire = try #require(
            reply.encode(#"{"results":[{"id":"a","status":{"code":5,"message":"no"}}],"nextPage":"x"}"#).value)
        let whole = try items(wire)
        #expect(whole.fault == nil)
        for count in 1..<wire.count {
            let (items, fault) = try items(Array(wire[..<count]))
            #expect(fault?.code == .malformedMessage || items == whole.items || items.isEmpty)
        }
        for index in wire.indices {
            for bit in 0..<8 {
                var changed = wire
                changed[index] ^= 1 << UInt8(bit)
                _ = try items(changed)
            }
        }
    }

    @Test("takes ten thousand items and refuses one more")
    func bounded() throws {
        let most = Array(repeating: [0x0a, 0] as [UInt8], count: CallProgram.maximumItems).flatMap { $0 }
        #expect(try items(most).items.count == CallProgram.maximumItems)
        let (items, fault) = try items(most + [0x0a, 0])
        #expect(items.count == CallProgram.maximumItems)
        #expect(fault == TranscodingFault(.tooManyItems, in: .response))
    }

    @Test("shows an item without its status and a response without its items")
    func rest() throws {
        let json = #"{"results":[{"id":"a","status":{"code":5},"book":{"title":"t"}},{"status":{"code":5}}],"nextPage":"p"}"#
        let wire = try #require(reply.encode(json).value)
        let scratch = TranscodingScratch(seed: 1)
        let out = ByteWriter()
        try wire.withByteView { wire in
            var reader = try #require(program.itemReader(wire))
            var items: [CallItem] = []
            while let item = reader.next() { items.append(item) }
            try #require(items.count == 2)
            #expect(try program.decode(items[0], into: out, scratch: scratch).get())
            #expect(String(out.view) == #"{"id":"a","book":{"title":"t"}}"#)
            #expect(try !program.decode(items[1], into: out, scratch: scratch).get())
            #expect(try program.decodeRest(wire, into: out, scratch: scratch).get())
            #expect(String(out.view) == #"{"id":"a","book":{"title":"t"}}{"nextPage":"p"}"#)
        }
    }

    @Test("a program without items reads none")
    func none() throws {
        let method = try #require(pool.descriptors.method(named: "calls.Books/BatchGet"))
        let program = try #require(CallProgram.compile(method, binding: CallBinding(), pool: pool).program)
        #expect(program.itemReader(.empty) == nil)
    }

    @Test(
        "the status must be a google.rpc.Status",
        arguments: [("id", false), ("verdict", false), ("book", false), ("status", true)])
    func compiled(status: String, isTaken: Bool) throws {
        let method = try #require(pool.descriptors.method(named: "calls.Books/BatchGet"))
        let (program, findings) = CallProgram.compile(
            method, binding: CallBinding(items: .init(field: "results", status: status)), pool: pool)
        #expect((program != nil) == isTaken)
        #expect(findings.map(\.code) == (isTaken ? [] : [.itemStatusMissing]))
    }
}
