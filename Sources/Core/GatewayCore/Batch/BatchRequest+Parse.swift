import Bytes
import HTTP1
import HTTPSemantics
public import JSON

extension BatchRequest {
    /// Reads the list from a parsed body; on a fault the list is empty.
    public func parse(_ tape: JSONTape, rule: BatchRule) -> BatchFault? {
        removeAll()
        guard tape.count > 0, tape.kind(0) == .object else { return BatchFault(code: .wrongType, pointer: "") }
        var list = -1
        var key = 1
        while key < tape.end(0) {
            guard tape.equals(key, "requests") else {
                return BatchFault(code: .unknownMember, pointer: Self.pointer(tape, key, ""))
            }
            list = key + 1
            key = tape.end(list)
        }
        guard list > 0 else { return BatchFault(code: .missing, pointer: "/requests") }
        guard tape.kind(list) == .array else { return BatchFault(code: .wrongType, pointer: "/requests") }
        let count = tape.childCount(list)
        guard count > 0 else { return BatchFault(code: .empty, pointer: "/requests") }
        guard count <= rule.maximumItems else { return BatchFault(code: .tooManyItems, pointer: "/requests") }
        var node = list + 1
        while node < tape.end(list) {
            var reader = BatchItemReader(list: self, tape: tape, rule: rule)
            if let fault = reader.read(node) {
                removeAll()
                return fault
            }
            node = tape.end(node)
        }
        return nil
    }

    /// The pointer to the member whose name is node `key`.
    static func pointer(_ tape: JSONTape, _ key: Int, _ parent: String) -> String {
        let name = tape.string(key).replacing("~", with: "~0").replacing("/", with: "~1")
        return parent + "/" + name
    }
}

/// Reads one request of a list.
private struct BatchItemReader {
    let list: BatchRequest
    let tape: JSONTape
    let rule: BatchRule
    private var item = BatchRequest.Item()
    private var hasMethod = false
    private var body = -1
    private var contentType = -1

    init(list: BatchRequest, tape: JSONTape, rule: BatchRule) {
        self.list = list
        self.tape = tape
        self.rule = rule
    }

    private var pointer: String { "/requests/\(list.items.count)" }

    private func fault(_ code: BatchFault.Code, _ member: String = "") -> BatchFault {
        BatchFault(code: code, pointer: pointer + member)
    }

    mutating func read(_ node: Int) -> BatchFault? {
        guard tape.kind(node) == .object else { return fault(.wrongType) }
        item.firstHeader = list.headers.count
        var key = node + 1
        while key < tape.end(node) {
            if let fault = member(key, key + 1) { return fault }
            key = tape.end(key + 1)
        }
        guard hasMethod else { return fault(.missing, "/method") }
        guard !item.target.isEmpty else { return fault(.missing, "/path") }
        if let fault = identify() { return fault }
        if body >= 0 {
            if contentType >= 0, !list.text.view[list.headers[contentType].value].isJSONType {
                return fault(.contentType, "/headers")
            }
            item.hasContentType = contentType >= 0
            item.body = copy(tape.raw(body), quotes: tape.kind(body) == .string)
        }
        list.items.append(item)
        return nil
    }

    private mutating func member(_ key: Int, _ value: Int) -> BatchFault? {
        if tape.equals(key, "id") { return id(value) }
        if tape.equals(key, "method") { return method(value) }
        if tape.equals(key, "path") { return target(value) }
        if tape.equals(key, "headers") { return headers(value) }
        guard tape.equals(key, "body") else {
            return BatchFault(code: .unknownMember, pointer: BatchRequest.pointer(tape, key, pointer))
        }
        body = value
        return nil
    }

    private func copy(_ bytes: ByteView, quotes: Bool = false) -> ByteRange {
        let start = list.text.count
        if quotes { list.text.append(UInt8(ascii: "\"")) }
        list.text.append(bytes)
        if quotes { list.text.append(UInt8(ascii: "\"")) }
        return ByteRange(start, list.text.count)
    }

    private func copyText(_ node: Int) -> ByteRange {
        let start = list.text.count
        tape.appendUnescaped(node, to: list.text)
        return ByteRange(start, list.text.count)
    }

    private mutating func id(_ value: Int) -> BatchFault? {
        guard tape.kind(value) == .string else { return fault(.wrongType, "/id") }
        item.id = copyText(value)
        let id = list.text.view[item.id]
        guard id.count > 0, id.count <= BatchRequest.identifierBytes, id.isVisible else { return fault(.identifier, "/id") }
        return nil
    }

    /// Gives a request without an id its position, and refuses what another one is called.
    private mutating func identify() -> BatchFault? {
        if item.id.isEmpty {
            let start = list.text.count
            list.text.append(decimal: list.items.count)
            item.id = ByteRange(start, list.text.count)
        }
        let id = list.text.view[item.id]
        let isTaken = list.items.contains { list.text.view[$0.id] == id }
        return isTaken ? fault(.duplicateIdentifier, "/id") : nil
    }

    private mutating func method(_ value: Int) -> BatchFault? {
        guard tape.kind(value) == .string else { return fault(.wrongType, "/method") }
        item.method = RequestMethod(token: tape.raw(value))
        hasMethod = true
        switch item.method {
        case .get, .head, .post, .put, .patch, .delete: return nil
        case .options, .trace, .connect, .other: return fault(.method, "/method")
        }
    }

    private mutating func target(_ value: Int) -> BatchFault? {
        guard tape.kind(value) == .string else { return fault(.wrongType, "/path") }
        item.target = copyText(value)
        let target = list.text.view[item.target]
        guard target.count > 0, target.count <= BatchRequest.targetBytes, target[0] == UInt8(ascii: "/") else {
            return fault(.path, "/path")
        }
        list.scratch.removeAll()
        switch TargetNormaliser.normalise(target, ByteRange(0, target.count), into: list.scratch) {
        case .failure: return fault(.path, "/path")
        case .success(let normal):
            let path = normal.isRewritten ? list.scratch.view[normal.path] : target[normal.path]
            return rule.path.withByteView { $0 == path } ? fault(.nested, "/path") : nil
        }
    }

    private mutating func headers(_ value: Int) -> BatchFault? {
        guard tape.kind(value) == .object else { return fault(.wrongType, "/headers") }
        guard tape.childCount(value) <= BatchRequest.headersPerItem else { return fault(.tooManyHeaders, "/headers") }
        var key = value + 1
        while key < tape.end(value) {
            if let code = header(key, key + 1) {
                return BatchFault(code: code, pointer: BatchRequest.pointer(tape, key, pointer + "/headers"))
            }
            key = tape.end(key + 1)
        }
        item.headerCount = list.headers.count - item.firstHeader
        return nil
    }

    private mutating func header(_ key: Int, _ value: Int) -> BatchFault.Code? {
        guard tape.kind(value) == .string else { return .wrongType }
        let range = copyText(key)
        let name = list.text.view[range]
        guard name.count > 0, name.count <= BatchRequest.headerNameBytes, name.consists(of: .token) else { return .headerName }
        let known = FieldName(recognising: name)
        if BatchRequest.refusedFields.contains(known) { return .headerRefused }
        if known == .contentType { contentType = list.headers.count }
        let copied = copyText(value)
        let text = list.text.view[copied]
        guard text.count <= BatchRequest.headerValueBytes, text.isFieldValue else { return .headerValue }
        list.headers.append(BatchRequest.Header(name: range, value: copied))
        return nil
    }
}

extension BatchRequest {
    /// Fields that belong to the connection, to the framing, to the gateway, or to the list as a whole. An answer must not come
    /// compressed, because it is a part of another one.
    static let refusedFields = HopByHop.fields.union(RequestContext.sharedFields).union([
        .trailer, .host, .contentLength, .contentEncoding, .contentRange, .expect, .acceptEncoding, .cookie, .origin,
        .accessControlRequestMethod, .accessControlRequestHeaders, .xForwardedPrefix, .xRequestID, .traceparent, .tracestate,
        .xUserID, .xTenantID, .xUserRoles, .xSeptemEdgeTrace, .xSeptemEdgeRoles, .via, .maxForwards, .grpcStatus, .grpcMessage,
        .grpcTimeout,
    ])
}

extension ByteView {
    fileprivate func consists(of allowed: ByteClass) -> Bool {
        for index in 0..<count where !allowed.contains(self[index]) { return false }
        return true
    }

    /// Whether all bytes are ASCII letters, digits or marks.
    fileprivate var isVisible: Bool {
        for index in 0..<count where self[index] <= 0x20 || self[index] >= 0x7f { return false }
        return true
    }

    /// Whether the bytes are the value of a field line without `obs-text` (RFC 9110 section 5.5).
    fileprivate var isFieldValue: Bool {
        for index in 0..<count {
            let byte = self[index]
            if byte < 0x20 && byte != 0x09 || byte >= 0x7f { return false }
        }
        return true
    }
}
