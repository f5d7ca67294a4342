import JSON
import ProblemDetails

/// Why a list of requests is refused as a whole.
public struct BatchFault: Error, Sendable, Equatable {
    /// What kind of fault it is; safe as a metric label.
    public enum Code: String, Sendable, CaseIterable {
        case wrongType = "wrong-type"
        case missing = "required"
        case unknownMember = "unknown-member"
        case empty = "empty-batch"
        case tooManyItems = "too-many-items"
        case identifier = "invalid-id"
        case duplicateIdentifier = "duplicate-id"
        case method = "invalid-method"
        case path = "invalid-path"
        case nested = "nested-batch"
        case tooManyHeaders = "too-many-headers"
        case headerName = "invalid-header-name"
        case headerRefused = "header-not-allowed"
        case headerValue = "invalid-header-value"
        case contentType = "body-not-json"
    }

    public let code: Code
    /// RFC 6901 pointer into the request body.
    public let pointer: String

    /// What a client can do about it, one sentence.
    public var message: String {
        switch code {
        case .wrongType: "Has the wrong JSON type."
        case .missing: "Is missing."
        case .unknownMember: "Is not a member of a request: id, method, path, headers, body."
        case .empty: "Must hold at least one request."
        case .tooManyItems: "Holds too many requests."
        case .identifier: "Must be 1 to \(BatchRequest.identifierBytes) visible ASCII characters."
        case .duplicateIdentifier: "Is the id of an earlier request, given or by position."
        case .method: "Must be GET, HEAD, POST, PUT, PATCH or DELETE."
        case .path: "Must be an absolute path with an optional query, of at most \(BatchRequest.targetBytes) bytes."
        case .nested: "A list of requests cannot hold another one."
        case .tooManyHeaders: "Holds more than \(BatchRequest.headersPerItem) headers."
        case .headerName: "Is no header name."
        case .headerRefused: "Cannot be given to one request of a list."
        case .headerValue: "Must be at most \(BatchRequest.headerValueBytes) bytes of visible ASCII, spaces and tabs."
        case .contentType: "A body in a list is JSON; leave content-type out or name a JSON type."
        }
    }

    /// The last member on the way to the fault.
    var field: String { pointer.split(separator: "/").last.map(String.init) ?? "body" }
}

extension RequestContext {
    /// A list of requests that cannot be taken.
    public func reject(_ fault: BatchFault) {
        reject(
            Problem(
                .validationFailed, detail: .literal("the list of requests is not valid"),
                errors: [
                    ProblemFieldError(
                        field: fault.field, pointer: fault.pointer, code: fault.code.rawValue, message: fault.message)
                ]))
    }
}
