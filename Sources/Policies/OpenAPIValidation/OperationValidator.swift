public import Bytes
public import HTTPSemantics
import JSON
import JSONSchema
import OpenAPI
public import ProblemDetails

/// Holds requests and answers of one operation against its description. Immutable and shared by all loops.
///
/// Each check answers its faults in the order of the description, an empty array when there is none; that allocates nothing.
/// Faults never hold a value that was sent. Their `field` says where: `path.id`, `query.limit`, `header.X-Thing`,
/// `cookie.session`, `body`, and `status` for an answer; their `pointer` leads into the value.
public final class OperationValidator: Sendable {
    /// Faults answered unless told otherwise: enough to mend a form, too few to be an attack on ourselves.
    public static let mostErrors = 32

    let table: ValidationTable
    let draft: OperationDraft

    init(_ table: ValidationTable, _ draft: OperationDraft) {
        self.table = table
        self.draft = draft
    }

    /// Whether there is anything to check in the request's path, query and head.
    public var checksParameters: Bool {
        draft.parameters.count > 0 || draft.refusesUnknown
    }

    /// Whether anything of an answer is checked.
    public var checksAnswers: Bool { draft.checksResponses || draft.responseMessage >= 0 }

    /// Checks the parameters of a request.
    ///
    /// - Parameters:
    ///   - path: the normalised path, still percent-encoded.
    ///   - capture: the range in `path` of the template's variable with that index, which is never negative; nil when there is none.
    ///   - query: what follows the question mark, as it was sent; empty for none.
    ///   - fields: the header lines. Those that are dropped are not there for the upstream, and so not for the check.
    ///   - head: the bytes that the lines are ranges of.
    public func checkParameters(
        path: ByteView, capture: (Int) -> ByteRange?, query: ByteView, fields: FieldTable, head: ByteView,
        scratch: ValidationScratch, mostErrors: Int = OperationValidator.mostErrors
    ) -> [ProblemFieldError] {
        var faults = ParameterFaults(table, scratch, mostErrors)
        let count = Int(draft.parameters.count)
        // Behind the parameters' chains are those of other query parameters and of other cookies.
        scratch.begin(rules: count &+ 1)
        if draft.hasQuery || draft.refusesUnknown {
            let reader = PairReader(
                table: table, scratch: scratch, owner: draft.queryOwner, hasBrackets: draft.hasBrackets,
                others: draft.openQuery >= 0 ? draft.openQuery : count)
            if let fault = reader.form(query, ByteRange(0, query.count)) { faults.check { $0.report(fault, "query") } }
        }
        if draft.hasCookies, let fault = readCookies(fields, head, scratch) { faults.check { $0.report(fault, "cookie") } }
        for index in 0..<count {
            let rule = table.rules[Int(draft.parameters.start) &+ index]
            switch rule.place {
            case .path:
                guard rule.capture >= 0, let range = capture(rule.capture) else { continue }
                let text = path[range]
                if !(rule.isAnyText && text.isPlain) { faults.check { $0.text(rule, text, .percent) } }
            case .header:
                if rule.isRequired || rule.field == .other || fields.contains(rule.field) {
                    faults.check { $0.header(rule, fields, head) }
                }
            default:
                let source = rule.place == .cookie ? head : query
                if !isFine(rule, scratch.chain(index), source, scratch) {
                    faults.check { $0.pairs(rule, scratch.chain(index), source) }
                }
            }
        }
        if draft.refusesUnknown { reportUnknown(count, scratch, &faults) }
        return faults.errors
    }

    /// Whether it is seen at a glance that nothing is wrong with the pairs of a parameter.
    private func isFine(
        _ rule: ValueRule, _ chain: ValidationScratch.Chain, _ source: ByteView, _ scratch: ValidationScratch
    ) -> Bool {
        if chain.first < 0 { return !rule.isRequired }
        return rule.isAnyText && chain.first == chain.last && source[scratch.pair(chain.first).value].isPlain
    }

    private func readCookies(_ fields: FieldTable, _ head: ByteView, _ scratch: ValidationScratch) -> TextFault? {
        let reader = PairReader(
            table: table, scratch: scratch, owner: draft.cookieOwner, hasBrackets: false,
            others: draft.openCookie >= 0 ? draft.openCookie : Int(draft.parameters.count) &+ 1)
        var index = fields.firstIndex(.cookie)
        while let line = index {
            if !fields[line].isDropped, let fault = reader.cookies(head, fields[line].value) { return fault }
            index = fields.nextIndex(.cookie, after: line)
        }
        return nil
    }

    private func reportUnknown(_ chain: Int, _ scratch: ValidationScratch, _ faults: inout ParameterFaults) {
        var index = scratch.chain(chain).first
        while index >= 0 {
            let pair = scratch.pair(index)
            faults.check {
                $0.add(
                    ProblemFieldError(
                        field: "query." + String(scratch.names.view[pair.name]), pointer: "", code: "unknown",
                        message: "The operation has no parameter of this name."))
            }
            index = pair.next
        }
    }
}

/// The check of a request's parameters, begun with the first that needs one.
private struct ParameterFaults {
    private let table: ValidationTable
    private let scratch: ValidationScratch
    private let mostErrors: Int
    private var check: ValueCheck?

    init(_ table: ValidationTable, _ scratch: ValidationScratch, _ mostErrors: Int) {
        (self.table, self.scratch, self.mostErrors) = (table, scratch, mostErrors)
    }

    var errors: [ProblemFieldError] { check?.errors ?? [] }

    /// Checks one thing, unless enough is wrong already.
    mutating func check(_ one: (inout ValueCheck) -> Void) {
        var check = self.check ?? ValueCheck(table, scratch, table.request, mostErrors: mostErrors)
        self.check = nil
        if !check.isFull { one(&check) }
        self.check = check
    }
}

extension ByteView {
    /// Whether it is text that no coding changes: ASCII without escapes.
    fileprivate var isPlain: Bool {
        var at = 0
        while at < count, self[at] < 0x80, self[at] != UInt8(ascii: "%") { at &+= 1 }
        return at == count
    }
}
