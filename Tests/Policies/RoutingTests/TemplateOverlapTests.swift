import Routing
import Testing

@Suite("templates that match the same paths")
struct TemplateOverlapTests {
    @Test(
        "neither of two templates is the more exact when each has a literal where the other has a parameter",
        arguments: [
            ("/{shop}/me", "/users/{id}", "/users/me"), ("/a/{x}/c", "/a/b/{y}", "/a/b/c"),
            ("/a/{x}/c/{z}", "/a/b/{y}/{z}", "/a/b/c/*"), ("/{a}/b:go", "/a/{b}:go", "/a/b:go"),
        ])
    func ambiguous(_ left: String, _ right: String, _ common: String) throws {
        let (left, right) = (try PathTemplate(httpRule: left), try PathTemplate(httpRule: right))
        #expect(left.ambiguity(with: right)?.shape == common)
        #expect(right.ambiguity(with: left)?.shape == common)
    }

    @Test(
        "templates are clear when one is the more exact, or no path matches both",
        arguments: [
            ("/a/{x}", "/a/b"), ("/a/{x}", "/a/{y}"), ("/a/{x}/c", "/a/b/c"), ("/a/{x}/c", "/b/{x}/c"),
            ("/a/{x}/c", "/a/b/{y}/d"),
            ("/a/{x}/c", "/a/b/d"), ("/{a}/b:go", "/a/{b}"), ("/{a}/b:go", "/a/{b}:stop"), ("/a/b", "/a/b"),
            ("/{a}/b/**", "/a/{b}/**"),
        ])
    func clear(_ left: String, _ right: String) throws {
        let (left, right) = (try PathTemplate(httpRule: left), try PathTemplate(httpRule: right))
        #expect(left.ambiguity(with: right) == nil)
        #expect(right.ambiguity(with: left) == nil)
    }
}
