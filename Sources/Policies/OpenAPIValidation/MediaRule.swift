import Bytes
import OpenAPI

/// One declared media type or range of a body.
struct MediaRule: Sendable {
    /// Empty for `*`.
    var type: ByteRange
    /// Empty for `*`; with `*` before a suffix, the suffix with its plus sign.
    var subtype: ByteRange
    var isSuffix = false
    /// Type and subtype as one text where they name JSON and nothing else is asked; else empty.
    var json = ByteRange.empty
    /// Parameters that a content type must have too.
    var parameters = Run()
    /// The schema's entry in the program; -1 when there is none.
    var entry: Int32 = -1
    var shape = TextShape.text
    /// Whether its schema asks more of a text than to be one.
    var checksText = false
    /// The members of a form, as rules.
    var members = Run()
    /// Whose names these have.
    var owner: Int32 = 0
    var hasBrackets = false
}

/// A parameter of a declared media type, in lowercase.
struct MediaParameter: Sendable {
    var name: ByteRange
    var value: ByteRange
}

/// A `Content-Type` value taken apart (RFC 9110 section 8.3.1).
struct ContentType {
    let type: ByteView
    let subtype: ByteView
    private let parameters: ByteView

    /// Nil when it is not `type/subtype`.
    init?(_ text: ByteView) {
        let end = text.firstIndex(of: UInt8(ascii: ";")) ?? text.count
        let essence = text[0, end].trimmingBlanks
        guard let slash = essence.firstIndex(of: UInt8(ascii: "/")), slash > 0, slash &+ 1 < essence.count else { return nil }
        type = essence[0, slash]
        subtype = essence[slash &+ 1, essence.count]
        var at = 0
        while at < essence.count {
            let byte = essence[at]
            if byte <= 0x20 || byte >= 0x7f || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "*") { return nil }
            at &+= 1
        }
        parameters = text[end, text.count]
    }

    /// The value of a parameter without its quotes; nil when it is not there.
    func parameter(_ name: ByteView) -> ByteView? { MediaParameters(parameters).value(name) }

    /// Type and subtype in lowercase; off the hot path.
    var name: String { "\(String(type))/\(String(subtype))".lowercased() }

    var isJSON: Bool {
        type.equalsIgnoringCase("application") && subtype.equalsIgnoringCase("json") || hasSuffix("+json")
    }

    var isForm: Bool { type.equalsIgnoringCase("application") && subtype.equalsIgnoringCase("x-www-form-urlencoded") }

    var isMultipartForm: Bool { type.equalsIgnoringCase("multipart") && subtype.equalsIgnoringCase("form-data") }

    /// Whether it is text in an encoding that is read here. A stream of events has no end to wait for.
    var isReadableText: Bool {
        guard type.equalsIgnoringCase("text"), !subtype.equalsIgnoringCase("event-stream") else { return false }
        guard let charset = parameter(ByteView("charset")) else { return true }
        return charset.equalsIgnoringCase("utf-8") || charset.equalsIgnoringCase("us-ascii")
    }

    func hasSuffix(_ suffix: StaticString) -> Bool { hasSuffix(ByteView(suffix)) }

    func hasSuffix(_ suffix: ByteView) -> Bool {
        subtype.count > suffix.count && subtype[subtype.count &- suffix.count, subtype.count].equalsIgnoringCase(suffix)
    }
}

/// Parameters as in `Content-Type` and `Content-Disposition`: each behind a semicolon (RFC 9110 section 5.6.6).
struct MediaParameters {
    private let text: ByteView

    /// What follows the first word, semicolon included.
    init(_ text: ByteView) { self.text = text }

    /// The value of a parameter without its quotes; nil when it is not there. Escapes in quotes stay.
    func value(_ name: ByteView) -> ByteView? {
        var at = 0
        while at < text.count {
            // Behind the semicolon.
            at &+= 1
            let start = at
            var equals = -1
            var isQuoted = false
            while at < text.count, isQuoted || text[at] != UInt8(ascii: ";") {
                let byte = text[at]
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                if byte == UInt8(ascii: "\\"), isQuoted { at &+= 1 }
                if byte == UInt8(ascii: "="), equals < 0 { equals = at }
                at &+= 1
            }
            at = min(at, text.count)
            guard equals >= 0, text[start, equals].trimmingBlanks.equalsIgnoringCase(name) else { continue }
            let value = text[equals &+ 1, at].trimmingBlanks
            let isInQuotes =
                value.count >= 2 && value[0] == UInt8(ascii: "\"") && value[value.count &- 1] == UInt8(ascii: "\"")
            return isInQuotes ? value[1, value.count &- 1] : value
        }
        return nil
    }
}

extension ValidationTable {
    /// The rule in a run that says most about a content type; nil when none is about it.
    ///
    /// A type goes before a range with a suffix (`application/*+json`), that before `application/*`, that before `*/*`; of
    /// equal ones the one with more parameters goes first.
    func rule(for content: ContentType, in run: Run) -> Int? {
        var best = -1
        var found: Int?
        for index in run.indices {
            let score = score(media[index], content)
            if score > best { (best, found) = (score, index) }
        }
        return found
    }

    /// The rule whose name a content type is, to the letter, if that is one for JSON: how most messages name it.
    func jsonRule(named content: ByteView, in run: Run) -> Int? {
        for index in run.indices where !media[index].json.isEmpty && name(media[index].json) == content { return index }
        return nil
    }

    private func score(_ rule: MediaRule, _ content: ContentType) -> Int {
        var score = 0
        if !rule.type.isEmpty {
            guard name(rule.type).equalsIgnoringCase(content.type) else { return -1 }
            score = 1
            if rule.isSuffix {
                guard content.hasSuffix(name(rule.subtype)) else { return -1 }
                score = 2
            } else if !rule.subtype.isEmpty {
                guard name(rule.subtype).equalsIgnoringCase(content.subtype) else { return -1 }
                score = 3
            }
        }
        for index in rule.parameters.indices {
            let parameter = mediaParameters[index]
            guard let value = content.parameter(name(parameter.name)), value.equalsIgnoringCase(name(parameter.value)) else {
                return -1
            }
        }
        return score << 8 | Int(rule.parameters.count)
    }
}
