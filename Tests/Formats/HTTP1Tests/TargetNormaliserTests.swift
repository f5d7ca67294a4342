import Bytes
import HTTP1
import Testing

@Suite("Target normalisation")
struct TargetNormaliserTests {
    private func normalise(_ bytes: [UInt8]) -> Result<(path: String, query: String?, isRewritten: Bool), HTTP1Fault> {
        let scratch = ByteWriter()
        scratch.append("before")
        // The target stands in the middle of other bytes, as it does in a head.
        return withExactBytes(Array("GET ".utf8) + bytes) { view in
            TargetNormaliser.normalise(view, ByteRange(4, view.count), into: scratch).map { target in
                let path = target.isRewritten ? scratch.view[target.path] : view[target.path]
                return (String(path), target.query.map { String(view[$0]) }, target.isRewritten)
            }
        }
    }

    @Test(
        "leaves a path alone that is in its one form",
        arguments: [
            "/", "/a", "/a/", "/a/b.c", "//", "/a//b", "//a", "/a;b=c", "/a:b@c", "/!$&'()*+,;=-._~", "/a..b", "/a.", "/a../b",
            "/x...", "/a;..", "/;.",
        ])
    func untouched(path: String) throws {
        let target = try normalise(Array(path.utf8)).get()
        #expect(target.path == path)
        #expect(!target.isRewritten)
    }

    @Test(
        "brings every other path into its one form",
        arguments: [
            ("", "/"), ("/%61", "/a"), ("/%7E%2d%2E%5f", "/~-._"), ("/%41%5A%30", "/AZ0"), ("/a%2fb", "/a%2Fb"),
            ("/a%5cb", "/a%5Cb"),
            ("/%c3%a9", "/%C3%A9"), ("/%20", "/%20"), ("/%2561", "/%2561"), ("/%25%36%31", "/%2561"),
            ("/%252e%252e/", "/%252e%252e/"),
            ("/.", "/"), ("/./", "/"), ("/./a", "/a"), ("/a/.", "/a/"), ("/a/./b", "/a/b"), ("/a/..", "/"), ("/a/../", "/"),
            ("/a/../b", "/b"),
            ("/a/b/..", "/a/"), ("/a/b/../c", "/a/c"), ("/a/b/../../c", "/c"), ("/a/%2e%2E/b", "/b"), ("/a/.%2e/b", "/b"),
            ("/a/%2e/b", "/a/b"),
            ("/.a", "/.a"), ("/..a", "/..a"), ("/...", "/..."), ("/.well-known/x", "/.well-known/x"), ("/a//../b", "/a/b"),
            ("/a/..//b", "//b"),
            ("//..", "/"), ("//../a", "/a"), ("/a/./../b", "/b"), ("/%3b", "/%3B"), ("/%3F%23", "/%3F%23"), ("/a%2Fb/../c", "/c"),
            ("/a%2F.b", "/a%2F.b"),
            ("/%61;..", "/a;.."), ("/a;x%2Fb/%2e", "/a;x%2Fb/"),
        ])
    func rewritten(path: String, expected: String) throws {
        let target = try normalise(Array(path.utf8)).get()
        #expect(target.path == expected)
        #expect(target.isRewritten)
        // A second pass finds nothing to change.
        #expect(try normalise(Array(expected.utf8)).get().path == expected)
    }

    @Test(
        "refuses paths that two parties could read differently",
        arguments: [
            ("/..", .climbsAboveRoot), ("/../", .climbsAboveRoot), ("/../a", .climbsAboveRoot), ("/a/../..", .climbsAboveRoot),
            ("/a/../../b", .climbsAboveRoot), ("/%2e%2e", .climbsAboveRoot), ("/./..", .climbsAboveRoot), ("/%", .invalidEscape),
            ("/%4", .invalidEscape),
            ("/%4?", .invalidEscape), ("/%g1", .invalidEscape), ("/%1g", .invalidEscape), ("/%u0041", .invalidEscape),
            ("/%%41", .invalidEscape),
            ("/%00", .encodedControl), ("/%0a", .encodedControl), ("/%0D", .encodedControl), ("/%1F", .encodedControl),
            ("/%7f", .encodedControl),
            ("/a\\b", .invalidPathByte), ("/a\"b", .invalidPathByte), ("/<", .invalidPathByte), ("/>", .invalidPathByte),
            ("/^", .invalidPathByte),
            ("/`", .invalidPathByte), ("/{a}", .invalidPathByte), ("/|", .invalidPathByte), ("/[", .invalidPathByte),
            ("/ ", .invalidPathByte),
            ("/%61|", .invalidPathByte), ("/\u{e9}", .invalidPathByte), ("/a#b", .fragmentInTarget),
            ("/%61#b", .fragmentInTarget), ("/a?b#c", .fragmentInTarget),
            ("a", .invalidTarget), ("*", .invalidTarget), ("/..%2f", .ambiguousDotSegment), ("/..%2Fa", .ambiguousDotSegment),
            ("/a/..%5c..", .ambiguousDotSegment),
            ("/a%2f..", .ambiguousDotSegment), ("/a%2f%2e%2e%2fb", .ambiguousDotSegment), ("/a/..;/b", .ambiguousDotSegment),
            ("/a/..;x=1", .ambiguousDotSegment),
            ("/.;/a", .ambiguousDotSegment), ("/%2e%2e;/a", .ambiguousDotSegment), ("/a;x%2F..", .ambiguousDotSegment),
            ("/a%2F..;x", .ambiguousDotSegment), ("/a?b\"", .invalidQueryByte), ("/a?<", .invalidQueryByte),
            ("/a? ", .invalidQueryByte), ("/a?\u{e9}", .invalidQueryByte), ("/a?\u{7f}", .invalidQueryByte),
        ] as [(String, HTTP1Fault)])
    func refused(path: String, fault: HTTP1Fault) {
        #expect(throws: fault) { try normalise(Array(path.utf8)).get() }
    }

    @Test(
        "checks the query and changes nothing in it",
        arguments: [
            ("/a", nil), ("/a?", ""), ("/a?b=c&d", "b=c&d"), ("/a?b?c/d", "b?c/d"), ("/%61?%61%2e", "%61%2e"),
            ("/a?q[]={x}|^`\\", "q[]={x}|^`\\"),
            ("/a?100%", "100%"), ("?a", "a"), ("?", ""), ("/a/..?../..", "../.."), ("/?%00", "%00"),
        ] as [(String, String?)])
    func query(text: String, expected: String?) throws { #expect(try normalise(Array(text.utf8)).get().query == expected) }

    @Test("every byte value at every position gives a path that starts with a slash and has one form, or a fault")
    func everyByte() throws {
        let bytes = Array("/a/%2E./b%2f;/../c?d".utf8)
        for position in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = bytes
                changed[position] = byte
                guard let target = try? normalise(changed).get() else { continue }
                #expect(target.path.hasPrefix("/"))
                #expect(target.path.utf8.count <= changed.count)
                #expect(try normalise(Array(target.path.utf8)).get().path == target.path)
                #expect(!target.path.split(separator: "/").contains { $0 == "." || $0 == ".." })
            }
        }
    }

    @Test("random paths have one form, or a fault", arguments: [7, 8] as [UInt64])
    func random(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let pieces = ["/", "/", ".", "..", "%2e", "%2F", "%5c", ";", "a", "%61", "%", "?", "%25", "//"]
        for _ in 0..<5000 {
            let text =
                "/"
                + (0..<Int.random(in: 0...10, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            guard let target = try? normalise(Array(text.utf8)).get() else { continue }
            #expect(try normalise(Array(target.path.utf8)).get().path == target.path, "\(text)")
            let parts = target.path.replacing("%2F", with: "/").replacing("%5C", with: "/").split(separator: "/")
                .map { $0.prefix { $0 != ";" } }
            #expect(!parts.contains { $0 == "." || $0 == ".." }, "\(text)")
        }
    }
}
