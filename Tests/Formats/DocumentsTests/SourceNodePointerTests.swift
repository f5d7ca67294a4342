import Documents
import Testing

@Suite struct SourceNodePointerTests {
    @Test(
        "finds the node at a pointer",
        arguments: [
            ("", true), ("/a", true), ("/a/0", true), ("/a/1/~0~1", true), ("/a/1/%", true), ("/", true), ("a", false),
            ("/b", false),
            ("/a/00", false), ("/a/-", false), ("/a/2", false), ("/a/0/x", false), ("/a/1/~2", true), ("/a/1/~", true),
        ])
    func pointers(pointer: String, isThere: Bool) throws {
        let text = #"{"a":[1,{"~/":2,"%":3,"~2":4,"~":5}],"":6}"#
        let root = try SourceDocument.parse(text: Array(text.utf8), file: "doc.json").get()
        let found = root.node(at: pointer)
        #expect((found != nil) == isThere)
    }

    @Test(
        "decodes percent signs and nothing that only looks like it",
        arguments: [("a%2Fb", "a/b"), ("%c3%A9", "é"), ("", ""), ("a", "a"), ("%", nil), ("%2", nil), ("%zz", nil), ("%+f", nil)]
            as [(String, String?)])
    func percent(text: String, decoded: String?) {
        #expect(percentDecoded(text) == decoded)
    }
}
