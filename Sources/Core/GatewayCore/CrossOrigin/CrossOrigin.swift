import CORS

/// What the rules on pages of other origins mean for one request.
struct CrossOrigin {
    /// Whether the gateway has rules at all: then it alone says who may read answers.
    var isGoverned = false
    /// Whether a browser asks if a page may send a request (Fetch, "CORS-preflight request").
    var isPreflight = false
    /// The rules in force; nil without an `Origin`, and where the tenant has none.
    private(set) var rules: CORSRules?
    /// Whether they allow what the request asks for.
    private(set) var isAllowed = false

    mutating func adopt(_ rules: CORSRules?, isAllowed: Bool) {
        self.rules = rules
        self.isAllowed = isAllowed
    }
}
