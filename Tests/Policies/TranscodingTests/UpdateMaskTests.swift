import Bytes
import JSON
import Protobuf
import Testing

@testable import Transcoding

/// Operations of `Fixtures/protos/calls.proto`.
@Suite("update masks made of bodies")
struct UpdateMaskTests {
    private static let name = CallBinding.Field(path: "book.name", parts: [.capture(0, isMultiSegment: false)])

    private static func binding(
        fields: [CallBinding.Field] = [], body: CallBinding.Body = .field("book"), isPatch: Bool = true
    ) -> CallBinding {
        CallBinding(fields: fields, body: body, fillsUpdateMask: isPatch)
    }

    /// The request message as JSON.
    private func run(
        _ body: String?, _ binding: CallBinding = binding(), method: String = "UpdateBook", query: String = "",
        path: String = "n",
        options: TranscodingOptions = TranscodingOptions()
    ) throws -> Result<String, TranscodingFault> {
        let pool = CodecPool(try Fixture.descriptors("calls.binpb"), options: options)
        let descriptor = try #require(pool.descriptors.method(named: "calls.Books/\(method)"))
        let (program, findings) = CallProgram.compile(descriptor, binding: binding, pool: pool)
        let call = try #require(program, "\(findings)")
        let translator = try Translator(pool.descriptors.messages[descriptor.input].fullName, pool)
        let tape = JSONTape(seed: 1)
        let out = ByteWriter()
        let scratch = TranscodingScratch(seed: 2)
        return (body ?? "").withByteView { bodyView in
            if body != nil { #expect(tape.parse(bodyView) == nil) }
            let fault = path.withByteView { path in
                query.withByteView { query in
                    call.encodeRequest(
                        body: body == nil ? nil : tape, path: path, captures: { $0 == 0 ? ByteRange(0, path.count) : nil },
                        query: query, into: out, scratch: scratch)
                }
            }
            if let fault {
                #expect(out.count == 0)
                return .failure(fault)
            }
            return translator.decode(Array(out.view))
        }
    }

    /// The paths of the mask that a request has, nil when it has no mask.
    private func mask(_ result: Result<String, TranscodingFault>) throws -> String? {
        let text = try #require(result.value, "\(String(describing: result.fault))")
        guard let start = text.firstRange(of: #""updateMask":""#)?.upperBound else { return nil }
        return String(text[start...].prefix { $0 != "\"" })
    }

    @Test(
        "every member of the body is a path, to its leaves",
        arguments: [
            (#"{"title":"t"}"#, "title"), (#"{"title":"t","tags":["a"]}"#, "title,tags"), (#"{"title":""}"#, "title"),
            (#"{"author":{"firstName":"f"}}"#, "author.firstName"), (#"{"author":{"first_name":"f"}}"#, "author.firstName"),
            (
                #"{"author":{"home":{"city":"c","zipCode":"z"},"firstName":"f"}}"#,
                "author.home.city,author.home.zipCode,author.firstName"
            ),
            (#"{"author":{}}"#, "author"), (#"{"author":null}"#, "author"), (#"{"title":null,"tags":null}"#, "title,tags"),
            (#"{"author":{"home":{}}}"#, "author.home"), (#"{"author":{"home":null}}"#, "author.home"),
            (#"{"tags":[]}"#, "tags"), (#"{"byRole":{"a":{"firstName":"f"}}}"#, "byRole"), (#"{"byRole":{}}"#, "byRole"),
            (#"{"meta":{"a":{"b":1}}}"#, "meta"), (#"{"dueAt":"2024-01-02T03:04:05Z"}"#, "dueAt"),
            (#"{"pageCount":3}"#, "pageCount"),
            (#"{"free":{"a":1},"person":"p"}"#, "free,person"), (#"{"free":null}"#, "free"),
            (#"{"library":{"firstName":"f"}}"#, "library.firstName"), (#"{"coAuthors":[{"firstName":"f"}]}"#, "coAuthors"),
            (#"{"extra":{"@type":"type.example/calls.Author","firstName":"f"}}"#, "extra"),
            (#"{"sequel":{"sequel":{"title":"t"}}}"#, "sequel.sequel.title"), (#"{"\u0074itle":"t"}"#, "title"), ("{}", ""),
            ("null", ""),
        ])
    func paths(body: String, wanted: String) throws { #expect(try mask(run(body)) == wanted) }

    @Test(
        "what the path binds is left out, and a message it binds a part of",
        arguments: [
            (#"{"name":"n","title":"t"}"#, "title"), (#"{"name":"n"}"#, ""), (#"{"name":null,"title":"t"}"#, "title"),
        ])
    func bound(body: String, wanted: String) throws { #expect(try mask(run(body, Self.binding(fields: [Self.name]))) == wanted) }

    @Test(
        "a message of which the path binds a part never names the whole",
        arguments: [
            (#"{"author":{"firstName":"n"}}"#, ""), (#"{"author":{}}"#, ""), (#"{"author":null}"#, ""),
            (#"{"author":{"home":{"city":"c"}}}"#, "author.home.city"),
        ])
    func boundInside(body: String, wanted: String) throws {
        let field = CallBinding.Field(path: "book.author.first_name", parts: [.capture(0, isMultiSegment: false)])
        #expect(try mask(run(body, Self.binding(fields: [field]))) == wanted)
    }

    @Test(
        "a mask the client sends wins, one without paths does not",
        arguments: [
            ("update_mask=title", "title"), ("updateMask=author.home", "author.home"), ("update_mask=", "tags"),
            ("allow_missing=true", "tags"),
        ])
    func sent(query: String, wanted: String) throws { #expect(try mask(run(#"{"tags":["a"]}"#, query: query)) == wanted) }

    @Test(
        "with the whole message as body the only resource is what is named",
        arguments: [
            (#"{"book":{"title":"t"},"allowMissing":true}"#, "title"), (#"{"book":{"title":"t"},"updateMask":"tags"}"#, "tags"),
            (#"{"updateMask":"","book":{"title":"t"}}"#, "title"), (#"{"updateMask":null,"book":{"title":"t"}}"#, "title"),
            (#"{"book":{}}"#, ""), (#"{"book":null}"#, ""), (#"{"allowMissing":true}"#, nil), ("{}", nil),
        ] as [(String, String?)])
    func wholeBody(body: String, wanted: String?) throws { #expect(try mask(run(body, Self.binding(body: .all))) == wanted) }

    @Test("no mask without a body, for another method than PATCH, or where it is not clear what is changed")
    func none() throws {
        #expect(try mask(run(nil)) == nil)
        #expect(try mask(run(#"{"title":"t"}"#, Self.binding(isPatch: false))) == nil)
        #expect(try mask(run(#"{"book":{"title":"t"}}"#, Self.binding(body: .all), method: "UpdateTwo")) == nil)
        #expect(try mask(run(#"{"title":"t"}"#, Self.binding(), method: "UpdateTwo")) == "title")
        #expect(try !run(#"{"title":"t"}"#, method: "UpdateElsewhere").get().contains("fields"))
        #expect(try mask(run(#"{"title":"t"}"#, method: "UpdateText")) == nil)
        #expect(try mask(run(#""title""#, Self.binding(body: .field("update_mask")))) == "title")
    }

    @Test("a mask the path binds stays as it is")
    func boundMask() throws {
        let field = CallBinding.Field(path: "update_mask", parts: [.capture(0, isMultiSegment: false)])
        #expect(try mask(run(#"{"tags":["a"]}"#, Self.binding(fields: [field]), path: "title")) == "title")
    }

    @Test("members that the options drop are not named")
    func unknown() throws {
        #expect(try run(#"{"nope":1,"title":"t"}"#).fault?.code == .unknownField)
        var options = TranscodingOptions()
        options.ignoresUnknownMembers = true
        #expect(try mask(run(#"{"nope":{"a":1},"title":"t","author":{"nope":1}}"#, options: options)) == "title")
    }

    private func nested(_ depth: Int) -> String {
        String(repeating: #"{"sequel":"#, count: depth) + #"{"title":"t"}"# + String(repeating: "}", count: depth)
    }

    @Test("follows 31 objects inside the resource and refuses a 32nd")
    func depth() throws {
        let most = TranscodingLimits.maskDepth - 1
        #expect(try mask(run(nested(most)))?.hasSuffix("sequel.title") == true)
        let fault = try #require(run(nested(most + 1)).fault)
        #expect(fault.code == .depthExceeded)
        #expect(fault.pointer == String(repeating: "/sequel", count: most + 1))
    }

    /// Books inside books, with all that a book can have.
    private func full(_ depth: Int) -> String {
        let author = #"{"firstName":"f","home":{"city":"c","zipCode":"z"}}"#
        let members =
            #""title":"t","author":\#(author),"tags":[],"byRole":{},"meta":{},"dueAt":"2024-01-02T03:04:05Z","pageCount":1,"#
            + #""free":1,"library":\#(author),"coAuthors":[],"extra":{},"name":"n""#
        return (0..<depth).reduce("{\(members)}") { inner, _ in "{\(members),\"sequel\":\(inner)}" }
    }

    @Test("the paths of a mask are bounded in bytes")
    func bounds() throws {
        var sizes: [Int?] = []
        for depth in 0..<TranscodingLimits.maskDepth {
            let result = try run(full(depth))
            if result.fault == nil {
                sizes.append(try mask(result)?.utf8.count)
            } else {
                #expect(result.fault?.code == .tooManyPaths)
                sizes.append(nil)
            }
        }
        let taken = sizes.prefix { $0 != nil }.compactMap { $0 }
        #expect(taken.count > 15 && taken.count < TranscodingLimits.maskDepth)
        #expect(taken == taken.sorted() && taken.allSatisfy { $0 <= TranscodingLimits.maskBytes })
        #expect(sizes[taken.count...].allSatisfy { $0 == nil })
    }

    @Test("the wire is what a generated client would have written")
    func wire() throws {
        #expect(
            try run(#"{"title":"t","author":{"firstName":"f"}}"#, Self.binding(fields: [Self.name])).get()
                == #"{"book":{"name":"n","title":"t","author":{"firstName":"f"}},"updateMask":"title,author.firstName"}"#)
    }
}
