import Bytes
import HTTPSemantics

/// Routes by `google.api.http` rules, and the field bindings a request gives them.
///
/// For tools and tests: it answers strings. The gateway's own requests go through the same `RouteTable`.
public struct HTTPRuleTable {
    /// One rule and the name it is known by.
    public struct Rule: Sendable {
        public var name: String
        public var method: String
        public var template: String

        public init(name: String, method: String, template: String) {
            self.name = name
            self.method = method
            self.template = template
        }
    }

    /// How paths and queries are read.
    public struct Options: Sendable {
        /// Whether `:word` at the end of a path is a verb even when no rule names it; false.
        public var splitsUnregisteredVerbs = false
        /// Whether `+` in a query means a space; false, as google.api.http has it.
        public var plusIsSpace = false
        /// Query parameters that are for the API's front door and bind no field (cloud.google.com/apis/docs/system-parameters).
        public var systemParameters: Set<String> = ["api_key"]

        public init() {}
    }

    /// A value bound to a field path.
    public struct Binding: Hashable, Sendable {
        public var field: String
        public var value: String

        public init(field: String, value: String) {
            self.field = field
            self.value = value
        }
    }

    /// The rule that matched and the bindings of path, then query, each in order.
    public struct Match: Hashable, Sendable {
        public var name: String
        public var bindings: [Binding]
    }

    /// What is wrong with the rules; a table with issues matches nothing, so that no rule is chosen by chance.
    public let issues: [String]
    private let names: [String]
    private let table: RouteTable
    private let options: Options

    public init(_ rules: [Rule], options: Options = Options()) {
        var builder = RouteTableBuilder()
        builder.headFallsBackToGet = false
        builder.splitsUnregisteredVerbs = options.splitsUnregisteredVerbs
        var issues: [String] = []
        var names: [String] = []
        for rule in rules {
            do throws(TemplateFault) {
                builder.add(try PathTemplate(httpRule: rule.template), method: RouteMethod(token: rule.method))
                names.append(rule.name)
            } catch {
                issues.append("\(rule.name): \(error.message)")
            }
        }
        self.issues = issues + builder.issues.map { "\(names[$0.route]): \($0.message)" }
        self.names = names
        self.table = builder.build()
        self.options = options
    }

    /// The rule a request leads to; nil when there is none. A path may carry its query after `?`.
    public func match(method: String, path: String, query: String = "") -> Match? {
        guard issues.isEmpty else { return nil }
        let captures = Captures()
        let bytes = Array(path.utf8.prefix { $0 != UInt8(ascii: "?") })
        let token = Array(method.utf8)
        let outcome = bytes.withByteView { path in
            token.withByteView { token in
                table.match(path: path, method: RequestMethod(token: token), customMethod: token, captures: captures)
            }
        }
        guard case .found(let route) = outcome else { return nil }
        var bindings: [Binding] = []
        for (index, variable) in table.template(of: route).variables.enumerated() {
            let value = bytes.withByteView {
                decoded($0[captures[index]], keepsSlash: variable.isMultiSegment, plusIsSpace: false)
            }
            bindings.append(Binding(field: variable.field, value: value))
        }
        return Match(name: names[route], bindings: bindings + queryBindings(query))
    }

    private func queryBindings(_ query: String) -> [Binding] {
        query.utf8.split(separator: UInt8(ascii: "&")).compactMap { pair in
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let field = text(parts[0])
            guard !field.isEmpty, !options.systemParameters.contains(field) else { return nil }
            return Binding(field: field, value: parts.count > 1 ? text(parts[1]) : "")
        }
    }

    private func text(_ part: Substring.UTF8View) -> String {
        Array(part).withByteView { decoded($0, keepsSlash: false, plusIsSpace: options.plusIsSpace) }
    }

    private func decoded(_ view: ByteView, keepsSlash: Bool, plusIsSpace: Bool) -> String {
        let output = ByteWriter(capacity: view.count)
        PathValue.appendDecoded(view, keepsSlash: keepsSlash, plusIsSpace: plusIsSpace, to: output)
        return String(output.view)
    }
}
