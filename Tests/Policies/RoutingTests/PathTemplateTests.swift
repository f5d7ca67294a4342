import Bytes
import Routing
import Testing

@Suite("Path templates")
struct PathTemplateTests {
    @Test(
        "an OpenAPI path is literals and whole-segment parameters",
        arguments: [
            ("/", "", "/"), ("/a/{b}", "", "/a/*"), ("/{a}/{b}", "/api/v1", "/api/v1/*/*"), ("/a/", "", "/a/"),
            ("/", "/v1", "/v1/"),
            ("/tasks/{id}:cancel", "", "/tasks/*:cancel"), ("/tasks:purge", "", "/tasks:purge"), ("/a:b/c", "", "/a:b/c"),
            ("/é b", "", "/%C3%A9%20b"), ("/%7e/%2f", "", "/~/%2F"), ("/a/:x", "", "/a/:x"), ("/a/x:", "", "/a/x:"),
        ])
    func openAPI(path: String, prefix: String, shape: String) throws {
        #expect(try PathTemplate(openAPI: path, prefix: prefix).shape == shape)
    }

    @Test(
        "a parameter of an OpenAPI path may span the segments of a pattern",
        arguments: [
            ("/v1/{name}", "shelves/*", "/v1/shelves/*", 1, 3, true), ("/v1/{name}:x", "**", "/v1/**:x", 1, -1, true),
            ("/v1/{name}/c", "a/**", "/v1/a/**/c", 1, -2, true), ("/v1/{name}/c/{d}", "*", "/v1/*/c/*", 1, 2, false),
            ("/v1/{name}/{d}", "a/*/b", "/v1/a/*/b/*", 1, 4, true), ("/v1/{name}", "**/b", "/v1/**/b", 1, -1, true),
        ])
    func pattern(path: String, pattern: String, shape: String, start: Int, end: Int, isMultiSegment: Bool) throws {
        let template = try PathTemplate(openAPI: path, patterns: ["name": pattern])
        #expect(template.shape == shape)
        let variable = try #require(template.variables.first)
        #expect((variable.start, variable.end) == (start, end))
        #expect(variable.isMultiSegment == isMultiSegment)
    }

    @Test(
        "a pattern that is none, or leaves no way to tell what follows, is refused",
        arguments: [
            ("/{name}", "", "segment-pattern"), ("/{name}", "a//b", "segment-pattern"), ("/{name}", "/a", "segment-pattern"),
            ("/{name}", "a}/{b", "segment-pattern"), ("/{name}", "a}", "segment-pattern"), ("/{name}", "{b}", "segment-pattern"),
            ("/{name}", "*}/x/{pattern", "segment-pattern"), ("/{name}", "a}:b", "segment-pattern"),
            ("/{name}", "**/*", "segment-pattern"), ("/{name}/{d}", "**", "template-after-rest"),
        ])
    func badPattern(path: String, pattern: String, code: String) {
        do throws(TemplateFault) {
            let template = try PathTemplate(openAPI: path, patterns: ["name": pattern])
            Issue.record("\(template.shape)")
        } catch {
            #expect(error.code == code)
        }
    }

    @Test(
        "an OpenAPI path that cannot be matched is refused with its code and place",
        arguments: [
            ("a", "template-syntax", 0), ("", "template-syntax", 0), ("/a/x{b}", "mixed-segment", 3),
            ("/{a}{b}", "mixed-segment", 1),
            ("/{}", "mixed-segment", 1), ("/{a", "mixed-segment", 1), ("/{a:b}", "ok", 0), ("/{a}/{a}", "duplicate-variable", 5),
            ("/a//b", "empty-segment", 3), ("/a/../b", "template-dot-segment", 3), ("/a/%2e", "template-dot-segment", 3),
            ("/a?b=c", "template-syntax", 1), ("/%4", "template-encoding", 1), ("/{a}.json", "mixed-segment", 1),
        ])
    func refused(path: String, code: String, offset: Int) {
        do throws(TemplateFault) {
            _ = try PathTemplate(openAPI: path)
            #expect(code == "ok")
        } catch {
            #expect(error.code == code)
            #expect(error.offset == offset)
        }
    }

    @Test(
        "a rule that cannot be matched is refused",
        arguments: [
            ("/{a}/{a}", "duplicate-variable"), ("/**/*", "template-after-rest"), ("/**/{a}", "template-after-rest"),
            ("/%zz", "template-encoding"), ("/..", "template-dot-segment"), ("/a?b", "template-syntax"),
            ("/{1a}", "template-syntax"),
            ("/a:b:c", "template-syntax"), ("/a:b/c", "template-syntax"), ("/a b", "template-syntax"),
        ])
    func refusedRule(text: String, code: String) {
        #expect(performing: { try PathTemplate(httpRule: text) }, throws: { ($0 as? TemplateFault)?.code == code })
    }

    @Test("templates have a longest length")
    func length() {
        #expect(throws: Never.self) { try PathTemplate(httpRule: "/" + String(repeating: "a", count: 4095)) }
        #expect(throws: TemplateFault.self) { try PathTemplate(httpRule: "/" + String(repeating: "a", count: 4096)) }
        #expect(throws: TemplateFault.self) { try PathTemplate(openAPI: "/" + String(repeating: "a", count: 4096)) }
    }

    @Test("a rule cut anywhere, or with any byte in it, is a template or a fault inside the text")
    func mutations() {
        let text = Array("/v1/{a.b=x/**/y}/z:go".utf8)
        func check(_ bytes: [UInt8]) {
            let text = String(decoding: bytes, as: UTF8.self)
            do throws(TemplateFault) { _ = try PathTemplate(httpRule: text) } catch { #expect(error.offset <= text.utf8.count) }
            do throws(TemplateFault) { _ = try PathTemplate(openAPI: text) } catch { #expect(error.offset <= text.utf8.count) }
        }
        for length in 0...text.count { check(Array(text.prefix(length))) }
        for position in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[position] = byte
                check(changed)
            }
        }
    }

    @Test(
        "captured values are decoded once; several segments keep their encoded slashes",
        arguments: [
            ("a%20b", false, "a b"), ("a%2Fb", false, "a/b"), ("a%2Fb%2fc", true, "a%2Fb%2fc"), ("%252F", false, "%2F"),
            ("a+b", false, "a+b"), ("%", false, "%"), ("%4", false, "%4"), ("%zz", false, "%zz"), ("%C3%A9", true, "é"),
            ("", true, ""),
        ])
    func decoding(text: String, isMultiSegment: Bool, expected: String) {
        let output = ByteWriter()
        text.withByteView { PathValue.appendDecoded($0, isMultiSegment: isMultiSegment, to: output) }
        #expect(String(output.view) == expected)
    }

    @Test("a plus in a query is a space only where the option says so", arguments: [(false, "++ "), (true, "+  ")])
    func plus(plusIsSpace: Bool, expected: String) {
        var options = HTTPRuleTable.Options()
        options.plusIsSpace = plusIsSpace
        let table = HTTPRuleTable([.init(name: "a", method: "GET", template: "/a")], options: options)
        #expect(
            table.match(method: "GET", path: "/a", query: "y=%2B+%20&api_key=k")?.bindings == [.init(field: "y", value: expected)]
        )
        #expect(table.match(method: "GET", path: "/a?x=1", query: "")?.bindings == [])
    }
}
