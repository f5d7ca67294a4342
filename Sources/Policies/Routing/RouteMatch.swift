/// What a path and a method lead to.
public enum RouteMatch: Equatable, Sendable {
    /// The route with this number, in the order routes were added.
    case found(route: Int)
    /// Routes match the path, none the method; these methods would do.
    case methodNotAllowed(allow: MethodSet)
    case notFound
}
