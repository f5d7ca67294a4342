import Bytes
import Foundation
import JSON
import Protobuf
import Testing
import Transcoding

@testable import GatewayCore

@Suite("Items with a status")
struct ItemResultsTests {
    private let program: CallProgram
    private let reply: MessageCodec
    private let scratch = TranscodingScratch(seed: 1)

    init() throws {
        let pool = CodecPool(try #require(Fixtures.calls))
        let method = try #require(pool.descriptors.method(named: "calls.Books/BatchGet"))
        let (program, _) = CallProgram.compile(
            method, binding: CallBinding(items: .init(field: "results", status: "status")), pool: pool)
        self.program = try #require(program)
        reply = try #require(pool.codec(named: "calls.BatchReply"))
    }

    private func answer(_ json: String) throws -> (status: Int, text: String) {
        let tape = JSONTape(seed: 1)
        let wire = ByteWriter()
        json.withByteView { bytes in
            #expect(tape.parse(bytes) == nil)
            #expect(reply.encode(tape, into: wire, scratch: scratch) == nil)
        }
        let out = ByteWriter()
        let request = try arrived(head("GET /v1/books:batchGet"))
        _ = try Platform().pipeline().run(request)
        let status = try request.writeAnswer(wire.view, of: program, into: out, scratch: scratch).get()
        return (status, String(out.view))
    }

    @Test(
        "without a failure the answer is the message",
        arguments: ["{}", #"{"results":[{"id":"a"},{"id":"b","status":{"message":"fine"}}],"nextPage":"p"}"#])
    func whole(json: String) throws { #expect(try answer(json) == (200, json)) }

    @Test("a failed item holds its own problem document")
    func partial() throws {
        let json = #"""
            {"results":[{"id":"a","book":{"title":"t"}},{"id":"b","status":{"code":5,"message":"no such book"}},
            {"status":{"code":13,"message":"stack trace of a secret"}},{}],"nextPage":"p"}
            """#
        let (status, text) = try answer(json)
        #expect(status == 207)
        let document = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let items = try #require(document["items"] as? [[String: Any]])
        #expect(items.map { $0["index"] as? Int } == [0, 1, 2, 3])
        #expect(items.map { $0["status"] as? Int } == [200, 404, 500, 200])
        #expect((items[0]["item"] as? [String: Any])?["id"] as? String == "a" && items[0]["problem"] == nil)
        let problem = try #require(items[1]["problem"] as? [String: Any])
        #expect(problem["type"] as? String == "https://septemcore.com/problems/not-found")
        #expect(problem["title"] as? String == "Not Found" && problem["status"] as? Int == 404)
        #expect(problem["detail"] as? String == "no such book")
        #expect(problem["instance"] as? String == "/v1/books:batchGet")
        #expect((problem["traceId"] as? String)?.utf8.count == 32)
        #expect(items[2]["item"] == nil && items[2]["problem"] != nil && items[3].count == 2)
        #expect((document["response"] as? [String: Any])?["nextPage"] as? String == "p")
        #expect(!text.contains("secret"))
    }

    @Test("a response of items alone has no rest")
    func noRest() throws {
        let (status, text) = try answer(#"{"results":[{"status":{"code":16}}]}"#)
        #expect(status == 207)
        #expect(text.hasPrefix(#"{"items":[{"index":0,"status":401,"problem":{"type":"#) && text.hasSuffix("}}]}"))
    }

    @Test("a broken response is the service's fault and leaves nothing behind")
    func broken() throws {
        let request = try arrived(head("GET /v1/books:batchGet"))
        let out = ByteWriter()
        out.append("x")
        for wire in [
            [0x0a, 5, 0x12] as [UInt8], [0x0a, 4, 0x12, 2, 8, 5, 0x12], [0x0a, 4, 0x12, 2, 8, 5, 0x12, 2, 0x61, 0xff],
        ] {
            let result = wire.withByteView { request.writeAnswer($0, of: program, into: out, scratch: scratch) }
            guard case .failure = result else {
                Issue.record("\(wire)")
                continue
            }
            #expect(String(out.view) == "x")
        }
    }
}
