import Bytes
import GatewayCore
import HTTP1
import HTTPSemantics
import JSON

private let rule = BatchRule(path: "/api/v1/batch", maximumItems: 100, concurrency: 8)
private let limits = HTTP1Limits(headBytes: 1 << 20, fields: 100, targetBytes: 1 << 16)
nonisolated(unsafe) private let tape = JSONTape(seed: 1)
nonisolated(unsafe) private let list = BatchRequest()
nonisolated(unsafe) private let inner = RequestContext(limits: limits)
nonisolated(unsafe) private let outer: RequestContext = {
    let context = RequestContext(limits: limits)
    _ = context.parse(ByteView("GET / HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bearer token\r\n\r\n"), limits: limits)
    return context
}()

/// A list of requests: each that is taken becomes exactly one head, with the caller's credentials and no others.
func fuzz(_ input: ByteView) {
    guard tape.parse(input) == nil else { return }
    guard list.parse(tape, rule: rule) == nil else { return expect(list.count == 0, "a refused list is empty") }
    expect(list.count > 0 && list.count <= rule.maximumItems, "a list keeps to its limit")
    let head = ByteWriter()
    for index in 0..<list.count {
        head.removeAll()
        list.writeHead(of: index, in: outer, to: head)
        guard case .complete(let length) = inner.parse(head.view, limits: limits) else {
            // A target the grammar of lists allows may still be one the parser refuses; nothing else may.
            continue
        }
        expect(length == head.count, "a request is one head and nothing behind it: \(String(head.view))")
        expect(inner.head.method == list.method(index), "the method is the list's")
        let fields = inner.head.fields
        expect(fields.contains(.authorization) && !fields.isRepeated(.authorization), "the credentials are the caller's")
        expect(!fields.contains(.xUserID) && !fields.contains(.xTenantID) && !fields.contains(.transferEncoding), "no identity, no framing")
        inner.end()
    }
}
