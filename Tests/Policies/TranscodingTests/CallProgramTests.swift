import Bytes
import JSON
import Protobuf
import Testing

@testable import Transcoding

/// Operations of `Fixtures/protos/service.proto`.
@Suite("call programs")
struct CallProgramTests {
    /// One compiled operation with everything a loop brings.
    struct Call {
        let program: CallProgram
        let request: Translator
        let reply: Translator
        let tape = JSONTape(seed: 1)
        let scratch = TranscodingScratch(seed: 2)
        let out = ByteWriter()

        init(_ method: String, _ binding: CallBinding, options: TranscodingOptions = TranscodingOptions()) throws {
            let pool = try Fixture.codecs(options)
            let descriptor = try #require(pool.descriptors.method(named: "test.Library/\(method)"))
            let (program, findings) = CallProgram.compile(descriptor, binding: binding, pool: pool)
            #expect(findings == [])
            self.program = try #require(program)
            request = try Translator("test.BookRequest", pool)
            reply = try Translator("test.BookReply", pool)
        }

        /// The request message as JSON, read back from the wire bytes.
        func run(
            body: String? = nil, path: String = "", captures: [ByteRange] = [], query: String = ""
        ) -> Result<String, TranscodingFault> {
            Array((body ?? "").utf8).withByteView { bodyView in
                if body != nil { #expect(tape.parse(bodyView) == nil) }
                return path.withByteView { pathView in
                    query.withByteView { queryView in
                        out.removeAll()
                        let fault = program.encodeRequest(
                            body: body == nil ? nil : tape, path: pathView,
                            captures: { captures.indices.contains($0) ? captures[$0] : nil }, query: queryView, into: out,
                            scratch: scratch)
                        if let fault {
                            #expect(out.count == 0)
                            return .failure(fault)
                        }
                        return request.decode(Array(out.view))
                    }
                }
            }
        }
    }

    static func bound(_ path: String, multi: Bool = false) -> CallBinding.Field {
        CallBinding.Field(path: path, parts: [.capture(0, isMultiSegment: multi)])
    }

    @Test(
        "binds a path variable to a nested field",
        arguments: [
            ("a", false, #"{"book":{"name":"a"}}"#),
            ("a%2Fb%20c%C3%A9", false, #"{"book":{"name":"a/b cé"}}"#),
            ("a%2fb/c%20d", true, #"{"book":{"name":"a%2fb/c d"}}"#),
            ("a+b", false, #"{"book":{"name":"a+b"}}"#),
        ])
    func nestedPath(text: String, multi: Bool, wanted: String) throws {
        let call = try Call("GetBook", CallBinding(fields: [Self.bound("book.name", multi: multi)]))
        let result = call.run(path: text, captures: [ByteRange(0, text.utf8.count)])
        #expect(result.value == wanted)
    }

    @Test(
        "refuses a path variable its field cannot take",
        arguments: [
            ("revision", "abc", TranscodingFault.Code.notAnInteger), ("revision", "9223372036854775808", .outOfRange),
            ("revision", "", .notAnInteger), ("color", "PINK", .unknownEnumValue), ("validate_only", "1", .wrongType),
            ("since", "yesterday", .invalidTimestamp), ("token", "!", .invalidBase64), ("book.name", "%zz", .invalidEscape),
            ("book.name", "%c3%28", .invalidUTF8), ("book.name", "a%4", .invalidEscape),
        ])
    func badPath(field: String, text: String, code: TranscodingFault.Code) throws {
        let call = try Call("GetBook", CallBinding(fields: [Self.bound(field)]))
        let fault = try #require(call.run(path: text, captures: [ByteRange(0, text.utf8.count)]).fault)
        #expect(fault == TranscodingFault(code, in: .path, field: field))
    }

    @Test("a capture that is not there is a fault, not a trap")
    func missingCapture() throws {
        let call = try Call("GetBook", CallBinding(fields: [Self.bound("parent")]))
        #expect(call.run(path: "a", captures: []).fault?.code == .missingCapture)
        #expect(call.run(path: "a", captures: [ByteRange(0, 2)]).fault?.code == .missingCapture)
    }

    @Test("puts a composite together")
    func composite() throws {
        let parts: [CallBinding.Part] = [.capture(1, isMultiSegment: false), .literal("."), .capture(0, isMultiSegment: false)]
        let call = try Call("GetBook", CallBinding(fields: [.init(path: "parent", parts: parts)]))
        let result = call.run(path: "/crm/con%2Dtacts", captures: [ByteRange(1, 4), ByteRange(5, 16)])
        #expect(result.value == #"{"parent":"con-tacts.crm"}"#)
    }

    @Test(
        "two requests never make one composite",
        arguments: [
            ("/a.b/c", ".", nil), ("/a/b.c", ".", nil), ("/a%2Eb/c", ".", nil), ("/ab/c", "::", "ab::c"),
            ("/a:b/c", "::", "a:b::c"),
            ("/a::b/c", "::", nil), ("/a/b", "/x/", "a/x/b"), ("/a%2Fx%2Fb/c", "/x/", "a%2Fx%2Fb/x/c"),
        ] as [(String, String, String?)])
    func ambiguousComposite(path: String, separator: String, wanted: String?) throws {
        let parts: [CallBinding.Part] = [
            .capture(0, isMultiSegment: false), .literal(separator), .capture(1, isMultiSegment: false),
        ]
        let call = try Call("GetBook", CallBinding(fields: [.init(path: "parent", parts: parts)]))
        let slash = try #require(path.utf8.dropFirst().firstIndex(of: UInt8(ascii: "/"))).utf16Offset(in: path)
        let captures = [ByteRange(1, slash), ByteRange(slash + 1, path.utf8.count)]
        let result = call.run(path: path, captures: captures)
        #expect(result.value == wanted.map { #"{"parent":"\#($0)"}"# })
        if wanted == nil { #expect(result.fault == TranscodingFault(.ambiguousValue, in: .path, field: "parent")) }
    }

    @Test("one variable beside fixed text may hold that text")
    func singleCaptureComposite() throws {
        let call = try Call(
            "GetBook", CallBinding(fields: [.init(path: "parent", parts: [.literal("a."), .capture(0, isMultiSegment: false)])]))
        #expect(call.run(path: "x.a.", captures: [ByteRange(0, 4)]).value == #"{"parent":"a.x.a."}"#)
    }

    @Test(
        "a field mask in a query is written as in JSON or as in the proto file",
        arguments: [
            ("title,author.fooBar", "title,author.fooBar"), ("foo_bar,a.b_c1", "fooBar,a.bC1"), ("a_b,cD", "aB,cD"), ("", ""),
        ])
    func maskParameter(text: String, wanted: String) throws {
        let call = try Call("GetBook", CallBinding())
        #expect(call.run(query: "update_mask=" + text).value == #"{"updateMask":"\#(wanted)"}"#)
    }

    @Test("a field mask in a query that is none is refused", arguments: ["a,", ",a", "a_B", "a%20b_c", "_A", "a%22"])
    func badMaskParameter(text: String) throws {
        let call = try Call("GetBook", CallBinding())
        #expect(call.run(query: "update_mask=" + text).fault?.code == .invalidFieldMask)
    }

    @Test(
        "binds query parameters to every kind of field",
        arguments: [
            ("parent=p", #"{"parent":"p"}"#),
            ("book.title=a+b%2Bc", #"{"book":{"title":"a b+c"}}"#),
            (
                "book.author.name=x&book.author.year=1900&book.title=t",
                #"{"book":{"title":"t","author":{"name":"x","year":1900}}}"#
            ),
            ("update_mask=title,author.name", #"{"updateMask":"title,author.name"}"#),
            ("updateMask=fooBar", #"{"updateMask":"fooBar"}"#),
            ("validateOnly=true&revision=-5", #"{"validateOnly":true,"revision":"-5"}"#),
            ("color=RED", #"{"color":"RED"}"#), ("color=2", #"{"color":"GREEN"}"#),
            ("limit=0", #"{"limit":0}"#), ("limit=7", #"{"limit":7}"#),
            ("since=2024-01-02T03:04:05Z&wait=1.5s", #"{"since":"2024-01-02T03:04:05Z","wait":"1.500s"}"#),
            ("label=a&label=&label=c", #"{"label":["a","","c"]}"#),
            ("id=1&label=x&id=0&id=300", #"{"label":["x"],"id":[1,0,300]}"#),
            ("colors=RED&colors=0", #"{"colors":["RED","COLOR_UNSPECIFIED"]}"#),
            ("token=_-8", #"{"token":"/+8="}"#), ("ratio=NaN", #"{"ratio":"NaN"}"#), ("by_name=", #"{"byName":""}"#),
            ("book.tags=a&book.tags=b", #"{"book":{"tags":["a","b"]}}"#),
            ("&&parent=p&", #"{"parent":"p"}"#), ("", "{}"), ("%70arent=p", #"{"parent":"p"}"#),
        ])
    func query(text: String, wanted: String) throws {
        let call = try Call("GetBook", CallBinding())
        let result = call.run(query: text)
        #expect(try tree(result.value ?? "{\"fault\":1}") == tree(wanted), "\(String(describing: result.fault))")
    }

    @Test(
        "refuses query parameters that cannot be bound",
        arguments: [
            ("nope=1", TranscodingFault.Code.unknownParameter, "nope"), ("book.nope=1", .unknownParameter, "book.nope"),
            ("parent.x=1", .unknownParameter, "parent.x"), ("since.seconds=1", .unknownParameter, "since.seconds"),
            ("many.name=a", .unknownParameter, "many.name"), ("book=x", .unbindableParameter, "book"),
            ("extra=x", .unbindableParameter, "extra"), ("extra.k=x", .unknownParameter, "extra.k"),
            ("many=x", .unbindableParameter, "many"), ("parent=a&parent=b", .repeatedParameter, "parent"),
            ("update_mask=a&updateMask=b", .repeatedParameter, "updateMask"),
            ("by_name=a&by_number=1", .oneofConflict, "by_number"),
            ("book.person=a&book.library=b", .oneofConflict, "book.library"), ("revision=x", .notAnInteger, "revision"),
            ("validate_only", .wrongType, "validate_only"), ("parent=%", .invalidEscape, "parent"), ("=1", .unknownParameter, ""),
            ("parent=%ff", .invalidUTF8, "parent"), (".parent=1", .unknownParameter, ".parent"),
            ("parent.=1", .unknownParameter, "parent."),
        ])
    func badQuery(text: String, code: TranscodingFault.Code, field: String) throws {
        let call = try Call("GetBook", CallBinding())
        #expect(call.run(query: text).fault == TranscodingFault(code, in: .query, field: field))
    }

    @Test("takes 256 parameters and refuses 257")
    func parameterCount() throws {
        let call = try Call("GetBook", CallBinding())
        let most = Array(repeating: "id=1", count: TranscodingLimits.parameters)
        #expect(call.run(query: most.joined(separator: "&")).fault == nil)
        #expect(call.run(query: (most + ["id=1"]).joined(separator: "&")).fault?.code == .tooManyParameters)
    }

    @Test("leaves unknown parameters out when told to, but not malformed ones")
    func ignoredParameters() throws {
        var options = TranscodingOptions()
        options.ignoresUnknownParameters = true
        let call = try Call("GetBook", CallBinding(), options: options)
        #expect(call.run(query: "nope=1&parent=p&book.nope=2").value == #"{"parent":"p"}"#)
        #expect(call.run(query: "nope=1&revision=x").fault?.code == .notAnInteger)
    }

    @Test("reads plus as itself when told to")
    func plus() throws {
        var options = TranscodingOptions()
        options.readsPlusAsSpace = false
        #expect(try Call("GetBook", CallBinding(), options: options).run(query: "parent=a+b").value == #"{"parent":"a+b"}"#)
    }

    @Test(
        "what path or body bind is no parameter",
        arguments: [
            "book.name=x", "book.title=x", "book=x", "parent=x",
        ])
    func boundParameters(query: String) throws {
        let call = try Call("UpdateBook", CallBinding(fields: [Self.bound("parent")], body: .field("book")))
        let result = call.run(body: "{}", path: "p", captures: [ByteRange(0, 1)], query: query)
        #expect(result.fault?.code == .unknownParameter || result.fault?.code == .unbindableParameter)
        #expect(call.run(body: "{}", path: "p", captures: [ByteRange(0, 1)], query: "revision=1").fault == nil)
    }

    @Test("a whole body leaves no parameters")
    func wholeBody() throws {
        let call = try Call("ReplaceBook", CallBinding(fields: [Self.bound("parent")], body: .all))
        let body = #"{"book":{"title":"t"},"revision":5}"#
        let path = "p"
        #expect(
            call.run(body: body, path: path, captures: [ByteRange(0, 1)]).value
                == #"{"parent":"p","book":{"title":"t"},"revision":"5"}"#)
        #expect(
            call.run(body: body, path: path, captures: [ByteRange(0, 1)], query: "color=RED").fault?.code == .unknownParameter)
        #expect(call.run(path: path, captures: [ByteRange(0, 1)]).value == #"{"parent":"p"}"#)
    }

    @Test(
        "a body never overrides the path, but may repeat it",
        arguments: [
            (#"{"name":"n","title":"t"}"#, nil, ""),
            (#"{"title":"t"}"#, nil, ""),
            (#"{"name":null,"title":"t"}"#, nil, ""),
            (#"{"name":"other","title":"t"}"#, TranscodingFault.Code.pathConflict, "/name"),
            (#"{"title":"t","name":""}"#, .pathConflict, "/name"),
            (#"{"n\u0061me":"other","title":"t"}"#, .pathConflict, "/name"),
        ])
    func override(body: String, code: TranscodingFault.Code?, pointer: String) throws {
        let call = try Call("UpdateBook", CallBinding(fields: [Self.bound("book.name")], body: .field("book")))
        let result = call.run(body: body, path: "n", captures: [ByteRange(0, 1)])
        if let code {
            #expect(result.fault == TranscodingFault(code, in: .body, field: "name", pointer: pointer))
        } else {
            #expect(result.value == #"{"book":{"name":"n","title":"t"}}"#)
        }
    }

    @Test("a body may not set another member of the path's oneof")
    func oneofOverride() throws {
        let nested = try Call("UpdateBook", CallBinding(fields: [Self.bound("book.person")], body: .field("book")))
        #expect(
            nested.run(body: #"{"library":"l"}"#, path: "p", captures: [ByteRange(0, 1)]).fault
                == TranscodingFault(.oneofConflict, in: .body, field: "library", pointer: "/library"))
        let whole = try Call("ReplaceBook", CallBinding(fields: [Self.bound("by_name")], body: .all))
        #expect(whole.run(body: #"{"byNumber":1}"#, path: "p", captures: [ByteRange(0, 1)]).fault?.code == .oneofConflict)
        #expect(whole.run(body: #"{"byName":"p"}"#, path: "p", captures: [ByteRange(0, 1)]).value == #"{"byName":"p"}"#)
        let body = try Call("ReplaceBook", CallBinding(fields: [Self.bound("by_name")], body: .field("by_number")))
        #expect(body.run(body: "1", path: "p", captures: [ByteRange(0, 1)]).fault?.code == .oneofConflict)
    }

    @Test("compares numbers of body and path by value")
    func numberOverride() throws {
        let call = try Call("ReplaceBook", CallBinding(fields: [Self.bound("revision")], body: .all))
        #expect(call.run(body: #"{"revision":1e1}"#, path: "10", captures: [ByteRange(0, 2)]).value == #"{"revision":"10"}"#)
        #expect(call.run(body: #"{"revision":0}"#, path: "0", captures: [ByteRange(0, 1)]).value == "{}")
        #expect(call.run(body: #"{"revision":"11"}"#, path: "10", captures: [ByteRange(0, 2)]).fault?.code == .pathConflict)
        #expect(call.run(body: #"{"revision":1}"#, path: "x", captures: [ByteRange(0, 1)]).fault?.place == .path)
    }

    @Test("an operation without a body refuses one")
    func noBody() throws {
        let call = try Call("GetBook", CallBinding())
        #expect(call.run(body: "{}").fault == TranscodingFault(.unexpectedBody, in: .body))
        #expect(!call.program.takesBody)
    }

    @Test(
        "fills any top-level field from the body",
        arguments: [
            ("parent", #""p""#, #"{"parent":"p"}"#), ("id", "[1,2]", #"{"id":[1,2]}"#),
            ("extra", #"{"a":"b"}"#, #"{"extra":{"a":"b"}}"#),
            ("since", #""1970-01-01T00:00:00Z""#, #"{"since":"1970-01-01T00:00:00Z"}"#), ("book", "null", "{}"),
            ("many", #"[{"name":"a"},{}]"#, #"{"many":[{"name":"a"},{}]}"#), ("limit", "5", #"{"limit":5}"#),
        ])
    func fieldBody(field: String, body: String, wanted: String) throws {
        let call = try Call("ReplaceBook", CallBinding(body: .field(field)))
        #expect(try tree(call.run(body: body).value ?? "0") == tree(wanted))
    }

    @Test(
        "points at the fault in the body",
        arguments: [
            (#"{"many":[{"name":"a"},{"pages":"x"}]}"#, TranscodingFault.Code.notAnInteger, "pages", "/many/1/pages"),
            (#"{"book":{"no~p/e":1}}"#, .unknownField, "no~p/e", "/book/no~0p~1e"),
            (#"{"id":[1,2,null]}"#, .nullElement, "id", "/id/2"), (#"{"extra":{"k":1}}"#, .wrongType, "k", "/extra/k"),
            ("[]", .expectedObject, "", ""), (#"{"byName":"a","byNumber":1}"#, .oneofConflict, "byNumber", "/byNumber"),
            (#"{"updateMask":"a","update_mask":"b"}"#, .duplicateField, "update_mask", "/update_mask"),
        ])
    func pointers(body: String, code: TranscodingFault.Code, field: String, pointer: String) throws {
        let call = try Call("ReplaceBook", CallBinding(body: .all))
        #expect(call.run(body: body).fault == TranscodingFault(code, in: .body, field: field, pointer: pointer))
    }

    @Test(
        "answers one field of the response when bound so",
        arguments: [
            ("book", #"{"book":{"name":"n"},"etag":"e"}"#, #"{"name":"n"}"#), ("book", "{}", "null"), ("books", "{}", "[]"),
            ("books", #"{"books":[{"name":"a"},{}]}"#, #"[{"name":"a"},{}]"#), ("counts", #"{"counts":{"a":1}}"#, #"{"a":1}"#),
            ("counts", "{}", "{}"), ("etag", #"{"etag":"e"}"#, #""e""#), ("etag", "{}", #""""#), ("total", "{}", #""0""#),
        ])
    func responseBody(field: String, reply: String, wanted: String) throws {
        let call = try Call("GetBook", CallBinding(responseBody: field))
        let wire = try #require(call.reply.encode(reply).value)
        let fault = wire.withByteView { call.program.decodeResponse($0, into: call.out, scratch: call.scratch) }
        #expect(fault == nil)
        #expect(String(call.out.view) == wanted)
    }

    @Test("names the field of a broken response and writes nothing")
    func brokenResponse() throws {
        let call = try Call("GetBook", CallBinding())
        let wire = "0a 05 0a 03 61 ff 62".unhexed
        let fault = wire.withByteView { call.program.decodeResponse($0, into: call.out, scratch: call.scratch) }
        #expect(fault == TranscodingFault(.invalidUTF8, in: .response, field: "test.Book.name"))
        #expect(call.out.count == 0)
    }

    @Test("knows the path of the call")
    func methodPath() throws {
        #expect(try Call("GetBook", CallBinding()).program.methodPath == "/test.Library/GetBook")
    }

    @Test(
        "reports every fault of a binding at load",
        arguments: [
            ("Upload", CallBinding(), [TranscodingFinding.Code.streamingMethod]),
            ("Watch", CallBinding(items: .init(field: "books", status: "author")), [.itemsOfStream, .itemStatusMissing]),
            ("GetBook", CallBinding(fields: [bound("nope"), bound("book.nope")]), [.unknownField, .unknownField]),
            ("GetBook", CallBinding(fields: [bound("many.name")]), [.repeatedInPath]),
            ("GetBook", CallBinding(fields: [bound("extra")]), [.repeatedInPath]),
            ("GetBook", CallBinding(fields: [bound("parent.x")]), [.notAMessage]),
            ("GetBook", CallBinding(fields: [bound("since.seconds")]), [.notAMessage]),
            ("GetBook", CallBinding(fields: [bound("book")]), [.unbindableType]),
            ("GetBook", CallBinding(fields: [bound("parent"), bound("parent")]), [.duplicateBinding]),
            ("GetBook", CallBinding(fields: [bound("by_name"), bound("by_number")]), [.oneofConflict]),
            ("GetBook", CallBinding(fields: [.init(path: "parent", parts: [])]), [.emptyBinding]),
            (
                "GetBook", CallBinding(fields: [.init(path: "revision", parts: [.literal("1"), .literal("2")])]),
                [.compositeNeedsString]
            ),
            (
                "GetBook",
                CallBinding(
                    fields: [
                        .init(path: "parent", parts: [.capture(0, isMultiSegment: false), .capture(1, isMultiSegment: false)])
                    ]), [.compositeAmbiguous]
            ),
            ("GetBook", CallBinding(items: .init(field: "nope", status: "status")), [.itemsFieldMissing]),
            ("GetBook", CallBinding(items: .init(field: "book", status: "status")), [.itemsNotMessages]),
            ("GetBook", CallBinding(items: .init(field: "counts", status: "status")), [.itemsNotMessages]),
            ("GetBook", CallBinding(items: .init(field: "books", status: "nope")), [.itemStatusMissing]),
            ("GetBook", CallBinding(items: .init(field: "books", status: "author")), [.itemStatusMissing]),
            (
                "GetBook", CallBinding(responseBody: "book", items: .init(field: "nope", status: "status")),
                [.itemsWithResponseBody, .itemsFieldMissing]
            ),
            ("GetBook", CallBinding(body: .field("nope"), responseBody: "nope"), [.bodyFieldMissing, .responseFieldMissing]),
            ("GetBook", CallBinding(fields: [bound("parent")], body: .field("parent")), [.bodyFieldBound]),
            (
                "Upload", CallBinding(fields: [bound("")], responseBody: "x"),
                [.streamingMethod, .unknownField, .responseFieldMissing]
            ),
        ])
    func findings(method: String, binding: CallBinding, codes: [TranscodingFinding.Code]) throws {
        let pool = try Fixture.codecs()
        let descriptor = try #require(pool.descriptors.method(named: "test.Library/\(method)"))
        let (program, findings) = CallProgram.compile(descriptor, binding: binding, pool: pool)
        #expect(program == nil)
        #expect(findings.map(\.code) == codes)
        #expect(findings.allSatisfy { $0.path.hasPrefix("test.Library/\(method) ") && !$0.message.isEmpty })
    }

    @Test("a request of several messages is translated message by message")
    func clientStreaming() throws {
        let call = try Call("Upload", CallBinding(body: .all))
        #expect(call.program.isClientStreaming && !call.program.isServerStreaming)
        #expect(call.run(body: "{}").fault == nil)
        #expect(try !Call("GetBook", CallBinding()).program.isClientStreaming)
    }

    @Test("makes a binding of an annotation")
    func rules() throws {
        let pool = try Fixture.descriptors()
        let rule = try #require(pool.method(named: "test.Library/UpdateBook")?.httpRule)
        #expect(
            CallBinding(rule: rule, variables: [("book.name", true)])
                == CallBinding(
                    fields: [.init(path: "book.name", parts: [.capture(0, isMultiSegment: true)])], body: .field("book"),
                    fillsUpdateMask: true))
        let get = try #require(pool.method(named: "test.Library/GetBook")?.httpRule)
        #expect(CallBinding(rule: get, variables: []) == CallBinding(responseBody: "book"))
        let put = try #require(pool.method(named: "test.Library/ReplaceBook")?.httpRule)
        #expect(CallBinding(rule: put, variables: []).body == .all)
    }
}
