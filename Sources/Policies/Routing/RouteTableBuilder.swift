/// Collects routes and compiles them into a `RouteTable`.
public struct RouteTableBuilder {
    /// Whether `HEAD` leads to the `GET` route of the same shape where no route names it (RFC 9110 section 9.3.2); true.
    public var headFallsBackToGet = true
    /// Whether `:word` at the end of a path is always a verb, even where no route names it; false: it may belong to a value.
    public var splitsUnregisteredVerbs = false
    /// The routes left out so far and why.
    public private(set) var issues: [RouteIssue] = []

    private var templates: [PathTemplate] = []
    private let root = RouteTreeNode()

    public init() {}

    /// Adds a route and answers its number; routes are numbered from 0 whether they conflict or not.
    ///
    /// Two routes of one shape and one method conflict: the earlier one stays, the later one is an issue.
    @discardableResult
    public mutating func add(_ template: PathTemplate, method: RouteMethod) -> Int {
        let route = templates.count
        templates.append(template)
        guard template.segments.count <= RouteTable.maximumSegments else {
            let message = "\(template.shape) has more than \(RouteTable.maximumSegments) segments; shorten it"
            issues.append(RouteIssue(code: "too-many-segments", route: route, other: nil, message: message))
            return route
        }
        guard template.variables.count <= Captures.capacity else {
            let message = "\(template.shape) has more than \(Captures.capacity) variables; bind fewer"
            issues.append(RouteIssue(code: "too-many-variables", route: route, other: nil, message: message))
            return route
        }
        if let other = root.insert(template, method, route) {
            let message = "\(method.token) \(template.shape) is the same as an earlier route; change its path or its method"
            issues.append(RouteIssue(code: "route-conflict", route: route, other: other, message: message))
        }
        return route
    }

    /// The table of the routes added so far, without those that have an issue.
    public func build() -> RouteTable {
        var image = RouteImage(templates: templates, headFallsBackToGet: headFallsBackToGet)
        image.compile(root)
        return RouteTable(image, splitsUnregisteredVerbs: splitsUnregisteredVerbs)
    }
}

/// A node of the trie while it grows. A builder that is copied shares its tree: builders are used once.
final class RouteTreeNode {
    /// Routes of one shape below a node.
    struct Shape {
        var tail: [String]?
        var verb: String?
        var routes: [(method: RouteMethod, route: Int)] = []
    }

    var literals: [String: RouteTreeNode] = [:]
    var single: RouteTreeNode?
    var shapes: [Shape] = []

    /// Adds a route below this node; the number of the route already there if there is one.
    func insert(_ template: PathTemplate, _ method: RouteMethod, _ route: Int) -> Int? {
        var node = self
        var tail: [String]?
        for segment in template.segments {
            switch segment {
            case .literal(let text):
                if tail != nil { tail?.append(text) } else { node = node.child(text) }
            case .single: node = node.singleChild()
            case .rest: tail = []
            }
        }
        return node.add(tail, template.verb, method, route)
    }

    private func child(_ text: String) -> RouteTreeNode {
        if let node = literals[text] { return node }
        let node = RouteTreeNode()
        literals[text] = node
        return node
    }

    private func singleChild() -> RouteTreeNode {
        if let single { return single }
        let node = RouteTreeNode()
        single = node
        return node
    }

    private func add(_ tail: [String]?, _ verb: String?, _ method: RouteMethod, _ route: Int) -> Int? {
        let index: Int
        if let known = shapes.firstIndex(where: { $0.tail == tail && $0.verb == verb }) {
            index = known
        } else {
            index = shapes.count
            shapes.append(Shape(tail: tail, verb: verb))
        }
        if let taken = shapes[index].routes.first(where: { $0.method == method }) { return taken.route }
        shapes[index].routes.append((method, route))
        return nil
    }
}
