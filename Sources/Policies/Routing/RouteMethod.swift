import Bytes
public import HTTPSemantics

/// The method a route answers to.
public enum RouteMethod: Hashable, Sendable {
    /// One of the methods known by name; never `.other`, which is no method.
    case known(RequestMethod)
    /// A method token outside the known list, such as `PURGE`; case-sensitive.
    case custom(String)
    /// Every method that no route of the same shape names.
    case any

    /// The method of a token; `*` is any method, as the `custom` kind of google.api.http writes it.
    public init(token: String) {
        guard token != "*" else {
            self = .any
            return
        }
        let method = token.withByteView { RequestMethod(token: $0) }
        self = method == .other ? .custom(token) : .known(method)
    }

    /// The token; `*` for any method.
    public var token: String {
        switch self {
        case .known(let method): method.token.description
        case .custom(let token): token
        case .any: "*"
        }
    }
}
