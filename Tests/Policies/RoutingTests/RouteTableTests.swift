import Bytes
import HTTPSemantics
import Routing
import Testing

/// A table of `METHOD template` lines and what requests lead to, as readable text.
struct Routes {
    let table: RouteTable
    let issues: [RouteIssue]
    private let captures = Captures()

    init(_ lines: [String], headFallsBackToGet: Bool = true) throws {
        var builder = RouteTableBuilder()
        builder.headFallsBackToGet = headFallsBackToGet
        for line in lines {
            let parts = line.split(separator: " ").map(String.init)
            builder.add(try PathTemplate(httpRule: parts[1]), method: RouteMethod(token: parts[0]))
        }
        table = builder.build()
        issues = builder.issues
    }

    /// `2 a,b` for route 2 with captures a and b; `405 GET,HEAD`; `404`.
    func callAsFunction(_ method: String, _ path: String) -> String {
        let bytes = Array(path.utf8)
        return bytes.withByteView { path in
            let outcome = method.withByteView { token in
                table.match(path: path, method: RequestMethod(token: token), customMethod: token, captures: captures)
            }
            switch outcome {
            case .notFound: return "404"
            case .methodNotAllowed(let allow): return "405 " + allow.methods.map { "\($0.token)" }.joined(separator: ",")
            case .found(let route):
                let values = (0..<captures.count).map { String(path[captures[$0]]) }
                return values.isEmpty ? "\(route)" : "\(route) " + values.joined(separator: ",")
            }
        }
    }
}

@Suite("Route table")
struct RouteTableTests {
    @Test(
        "a literal goes before one segment, one segment before the rest",
        arguments: [
            ("/v1/items/special", "0"), ("/v1/items/other", "1 other"), ("/v1/items/special/x", "2 special/x"),
            ("/v1/items/a/b/c", "2 a/b/c"), ("/v1/items", "2 "), ("/v1/items/", "2 "), ("/v1/item", "404"), ("/v1", "404"),
            ("/", "404"), ("", "404"), ("v1/items/special", "404"), ("/v1/items/specia", "1 specia"),
            ("/v1/items/specialx", "1 specialx"), ("/V1/items/special", "404"),
        ])
    func precedence(path: String, expected: String) throws {
        let routes = try Routes(["GET /v1/items/special", "GET /v1/items/{id}", "GET /v1/items/{rest=**}"])
        #expect(routes("GET", path) == expected)
    }

    @Test("a preferred way that ends in nothing is left again")
    func backtracking() throws {
        let routes = try Routes(["GET /a/b/c", "GET /a/{x}/d", "GET /{y=**}/e", "GET /a/{x}/{z}/f"])
        #expect(routes("GET", "/a/b/d") == "1 b")
        #expect(routes("GET", "/a/b/e") == "2 a/b")
        #expect(routes("GET", "/a/b/c/f") == "3 b,c")
        #expect(routes("GET", "/a/b/c/e") == "2 a/b/c")
        #expect(routes("GET", "/a/b/f") == "404")
    }

    @Test("the longest literal tail behind ** goes first")
    func tails() throws {
        let routes = try Routes(["GET /{x=**}", "GET /{x=**}/c", "GET /{x=**}/b/c", "GET /k/{y=l/**}/{z=c}"])
        #expect(routes("GET", "/a/b/c") == "2 a")
        #expect(routes("GET", "/b/c") == "2 ")
        #expect(routes("GET", "/c") == "1 ")
        #expect(routes("GET", "/xb/c") == "1 xb")
        #expect(routes("GET", "/xc") == "0 xc")
        #expect(routes("GET", "/k/l/c") == "3 l,c")
        #expect(routes("GET", "/k/l/m/n/c") == "3 l/m/n,c")
        #expect(routes("GET", "/") == "0 ")
    }

    @Test("an empty segment is no parameter, and a trailing slash another path")
    func emptySegments() throws {
        let routes = try Routes(["GET /a/{x}", "GET /a/{x}/b"])
        #expect(routes("GET", "/a/") == "404")
        #expect(routes("GET", "/a//b") == "404")
        #expect(routes("GET", "/a/x/") == "404")
        #expect(routes("GET", "//a/x") == "404")
    }

    @Test("methods: found, not allowed with every method that would do, HEAD by GET")
    func methods() throws {
        let routes = try Routes(["GET /a/{x}", "POST /a/b", "DELETE /a/{x}", "PURGE /a/{x}", "* /any", "PUT /any"])
        #expect(routes("POST", "/a/b") == "1")
        // The literal has no GET; the parameter does.
        #expect(routes("GET", "/a/b") == "0 b")
        #expect(routes("HEAD", "/a/b") == "0 b")
        #expect(routes("PATCH", "/a/b") == "405 GET,HEAD,POST,DELETE")
        #expect(routes("PATCH", "/a/c") == "405 GET,HEAD,DELETE")
        #expect(routes("PURGE", "/a/c") == "3 c")
        #expect(routes("purge", "/a/c") == "405 GET,HEAD,DELETE")
        #expect(routes("BREW", "/any") == "4")
        #expect(routes("GET", "/any") == "4")
        #expect(routes("PUT", "/any") == "5")
        let strict = try Routes(["GET /a", "HEAD /b", "GET /b"], headFallsBackToGet: false)
        #expect(strict("HEAD", "/a") == "405 GET")
        #expect(strict("HEAD", "/b") == "1")
    }

    @Test("verbs belong to the last segment; an unknown one is part of the value")
    func verbs() throws {
        let routes = try Routes(["POST /v1/{id}:cancel", "GET /v1/{id}", "POST /v1/{id}", "GET /v1/{name=x/*}:cancel"])
        #expect(routes("POST", "/v1/7:cancel") == "0 7")
        #expect(routes("POST", "/v1/7:other") == "2 7:other")
        #expect(routes("GET", "/v1/urn:isbn:1") == "1 urn:isbn:1")
        // No GET route has the verb on one segment, so it is a value.
        #expect(routes("GET", "/v1/7:cancel") == "1 7:cancel")
        #expect(routes("GET", "/v1/x/y:cancel") == "3 x/y")
        #expect(routes("POST", "/v1/x/y:cancel") == "405 GET,HEAD")
        #expect(routes("POST", "/v1/:cancel") == "2 :cancel")
        #expect(routes("POST", "/v1/7:") == "2 7:")
        #expect(routes("POST", "/v1:cancel/7") == "404")
    }

    @Test("routes of one shape and method conflict; the earlier one stays")
    func conflicts() throws {
        let routes = try Routes(["GET /a/{x}", "GET /a/{y=*}", "POST /a/{y}", "GET /a/{y}:v", "GET /a/%7Eb", "GET /a/~b"])
        #expect(routes.issues.map(\.code) == ["route-conflict", "route-conflict"])
        #expect(routes.issues.map(\.route) == [1, 5])
        #expect(routes.issues.map(\.other) == [0, 4])
        #expect(routes("GET", "/a/1") == "0 1")
        #expect(routes("GET", "/a/~b") == "4")
    }

    @Test("segments and variables are limited on the exact count")
    func limits() throws {
        func template(_ count: Int, _ segment: (Int) -> String) -> String {
            "GET " + (0..<count).map { "/" + segment($0) }.joined()
        }
        let routes = try Routes([
            template(64) { _ in "s" }, template(65) { _ in "s" }, template(16) { "{v\($0)}" }, template(17) { "{v\($0)}" },
        ])
        #expect(routes.issues.map(\.code) == ["too-many-segments", "too-many-variables"])
        #expect(routes("GET", String(repeating: "/s", count: 64)) == "0")
        #expect(routes("GET", String(repeating: "/s", count: 65)) == "404")
        #expect(routes("GET", String(repeating: "/t", count: 16)).hasPrefix("2 t,t"))
        #expect(routes("GET", String(repeating: "/t", count: 17)) == "404")
    }

    @Test("very long paths match through ** without deep recursion")
    func longPaths() throws {
        let routes = try Routes(["GET /a/**/x"])
        let middle = String(repeating: "/a", count: 200_000)
        #expect(routes("GET", "/a" + middle + "/x") == "0")
        #expect(routes("GET", "/a" + middle + "/y") == "404")
    }

    @Test("ten thousand routes are each found, with segments around the word size")
    func many() throws {
        let lines = (0..<10_000).map { "GET /api/v1/module\($0 % 97)/\(String(repeating: "r", count: $0 % 19))\($0)/{id}" }
        let routes = try Routes(lines)
        #expect(routes.issues.isEmpty)
        for (index, line) in lines.enumerated() {
            let path = line.dropFirst(4).dropLast(4) + "42"
            #expect(routes("GET", String(path)) == "\(index) 42")
            #expect(routes("GET", path + "/x") == "404")
        }
    }

    @Test("an empty table finds nothing")
    func empty() throws {
        #expect(try Routes([])("GET", "/a") == "404")
        #expect(try Routes(["GET /"])("GET", "/") == "0")
        #expect(try Routes(["GET /"])("GET", "/a") == "404")
    }

    @Test("any byte at any position of a path, and a path cut anywhere, gives an outcome and captures inside the path")
    func mutations() throws {
        let routes = try Routes(["GET /v1/{a}/b/{c=**}/d:go", "GET /v1/{a}", "GET /{a=v1/*}/b", "POST /**"])
        let path = Array("/v1/aa/b/c/c/d:go".utf8)
        let captures = Captures()
        func check(_ bytes: [UInt8]) {
            bytes.withByteView { view in
                guard case .found = routes.table.match(path: view, method: .get, captures: captures) else { return }
                for index in 0..<captures.count {
                    #expect(captures[index].start <= captures[index].end && captures[index].end <= view.count)
                }
            }
        }
        for length in 0...path.count { check(Array(path.prefix(length))) }
        for position in path.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = path
                changed[position] = byte
                check(changed)
            }
        }
    }
}
