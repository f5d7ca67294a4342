public import Bytes
import HTTP1
import HTTPSemantics

/// What a document is written as.
public enum DocumentForm: Sendable, Hashable {
    case yaml
    case json

    /// The `Content-Type` of the answer (RFC 9512, RFC 8259).
    public var contentType: StaticString {
        switch self {
        case .yaml: "application/yaml"
        case .json: "application/json"
        }
    }

    fileprivate static func form(of range: ByteView) -> DocumentForm? {
        let yaml: [StaticString] = [
            "*/*", "application/*", "text/*", "application/yaml", "application/x-yaml", "application/openapi+yaml",
            "application/vnd.oai.openapi", "text/yaml", "text/x-yaml", "text/plain",
        ]
        if yaml.contains(where: { range.equalsIgnoringCase($0) }) { return .yaml }
        let json: [StaticString] = ["application/json", "application/openapi+json", "application/vnd.oai.openapi+json"]
        return json.contains { range.equalsIgnoringCase($0) } ? .json : nil
    }
}

extension RequestContext {
    /// The form that the request's `Accept` asks for, YAML where it has no preference; nil when it takes neither. Of several fields the
    /// first counts.
    public var documentForm: DocumentForm? {
        AcceptedType.best(of: fields.first(.accept).map { headBytes.view[$0.value] }, otherwise: .yaml) {
            DocumentForm.form(of: $0)
        }
    }

    /// Whether the client has the answer with this entity tag already (RFC 9110 section 13.1.2, compared weakly).
    public func holds(_ tag: ByteView) -> Bool {
        var next = fields.firstIndex(.ifNoneMatch)
        while let index = next {
            var tags = ListElements(headBytes.view[fields[index].value])
            while let held = tags.next() {
                if held == "*" { return true }
                let isWeak = held.count > 2 && held[0] == UInt8(ascii: "W") && held[1] == UInt8(ascii: "/")
                if (isWeak ? held[2, held.count] : held) == tag { return true }
            }
            next = fields.nextIndex(.ifNoneMatch, after: index)
        }
        return false
    }
}
