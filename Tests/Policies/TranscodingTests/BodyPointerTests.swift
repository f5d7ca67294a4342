import Protobuf
import Testing

@testable import Transcoding

@Suite("Places of fields in the body")
struct BodyPointerTests {
    private func pointer(_ path: String, _ body: CallBinding.Body, bound: [String] = []) throws -> String {
        let fields = bound.enumerated().map { index, path in
            CallBinding.Field(path: path, parts: [.capture(index, isMultiSegment: false)])
        }
        return try CallProgramTests.Call("Plain", CallBinding(fields: fields, body: body)).program.bodyPointer(toField: path)
    }

    @Test(
        "the whole message is the body",
        arguments: [
            ("parent", "/parent"), ("update_mask", "/updateMask"), ("updateMask", "/updateMask"), ("book.title", "/book/title"),
            ("book.author.year", "/book/author/year"), ("book.tags[2]", "/book/tags/2"),
            ("many[0].author.name", "/many/0/author/name"),
            ("many[0]", "/many/0"), ("extra[\"a.b\"]", "/extra/a.b"), ("extra['a/b~c']", "/extra/a~1b~0c"),
            ("extra[\"]\"]", "/extra/]"),
            ("update_mask.paths[1]", "/updateMask/paths/1"),
        ])
    func whole(path: String, expected: String) throws { #expect(try pointer(path, .all) == expected) }

    @Test(
        "one field is the body",
        arguments: [
            ("book", ""), ("book.title", "/title"), ("book.author.name", "/author/name"), ("parent", ""), ("validate_only", ""),
            ("title", ""),
        ])
    func field(path: String, expected: String) throws { #expect(try pointer(path, .field("book")) == expected) }

    @Test(
        "what the path fills is outside the body",
        arguments: [("book.name", ""), ("book.title", "/book/title"), ("book", "/book")])
    func bound(path: String, expected: String) throws {
        #expect(try pointer(path, .all, bound: ["book.name"]) == expected)
    }

    @Test("without a body there is no place in it")
    func none() throws { #expect(try pointer("parent", .none) == "") }

    @Test(
        "what is no field is nowhere",
        arguments: [
            "", ".", "a", "book.", ".book", "book..title", "book.nothing", "parent.more", "parent[0]", "book[0]", "many.title",
            "many[0][1]", "book.tags[0].x", "book[", "book[]", "book[0", "extra[\"a", "extra[\"a\"",
            "extra[\"a\"x]", "many[0]author", "[0]", "]", "book title",
        ])
    func unknown(path: String) throws { #expect(try pointer(path, .all) == "") }

    @Test("a path as long as a message may be costs no more than its reading")
    func long() throws {
        let program = try CallProgramTests.Call("Plain", CallBinding(body: .all)).program
        #expect(program.bodyPointer(toField: String(repeating: "book.", count: 100_000)) == "")
        #expect(
            program.bodyPointer(toField: "update_mask" + String(repeating: "[0]", count: 127)) == "/updateMask"
                + String(repeating: "/0", count: 127))
        #expect(program.bodyPointer(toField: "update_mask" + String(repeating: "[0]", count: 128)) == "")
    }
}
