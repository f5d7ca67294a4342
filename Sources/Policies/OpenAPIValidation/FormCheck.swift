import Bytes
import JSON
import JSONSchema
import ProblemDetails

/// The check of a body that is not JSON, by the JSON value that it stands for.
struct FormCheck {
    private let table: ValidationTable
    private let scratch: ValidationScratch
    private let program: SchemaProgram
    private let media: MediaRule
    private let mostErrors: Int
    private var check: ValueCheck
    /// Whether a part is a file, which only its size is known of.
    private var hasFiles = false

    var errors: [ProblemFieldError] { check.errors }

    init(
        _ table: ValidationTable, _ scratch: ValidationScratch, _ program: SchemaProgram, _ media: MediaRule, mostErrors: Int
    ) {
        self.table = table
        self.scratch = scratch
        self.program = program
        self.media = media
        self.mostErrors = mostErrors
        check = ValueCheck(table, scratch, program, mostErrors: mostErrors)
        scratch.begin(rules: Int(media.members.count))
    }

    private var reader: PairReader {
        PairReader(
            table: table, scratch: scratch, owner: media.owner, hasBrackets: media.hasBrackets, others: Int(media.members.count))
    }

    // MARK: Bodies

    mutating func text(_ body: ByteView) {
        settle(body, nil)
    }

    mutating func form(_ body: ByteView) {
        if let fault = reader.form(body, ByteRange(0, body.count)) { return check.report(fault, "body") }
        settle(body, .form)
    }

    mutating func multipart(_ body: ByteView, boundary: ByteView) {
        guard var parts = MultipartReader(body, boundary: boundary) else { return reportMalformed() }
        let reader = reader
        while true {
            switch parts.next() {
            case .malformed: return reportMalformed()
            case .end: return settle(body, TextCoding.none)
            case .part(let part):
                let before = scratch.names.count
                guard part.appendName(to: scratch.names) else { return reportMalformed() }
                let name = ByteRange(before, scratch.names.count)
                let kind = kind(of: part, name)
                if kind == .file { hasFiles = true }
                if let fault = reader.add(name, part.content, hasValue: true, kind) { return check.report(fault, "body") }
            }
        }
    }

    private mutating func reportMalformed() {
        check.add(
            ProblemFieldError(
                field: "body", pointer: "", code: "invalid-multipart",
                message: "The body is not in the form of multipart/form-data with the boundary of its Content-Type."))
    }

    // MARK: Parts

    /// What a part holds; checks its size, media type and headers on the way.
    private mutating func kind(of part: MultipartReader.Part, _ name: ByteRange) -> PartKind {
        let text = scratch.names.view[name]
        let type = part.field(ByteView("content-type"))
        let content = type.flatMap { ContentType($0) }
        let found = table.names.find(text, NameIndex.hash(text), of: media.owner, in: table.text)
        guard let found else {
            return part.hasFileName ? .file : content.map { $0.isJSON ? .json : isText($0) ? .text : .file } ?? .text
        }
        let rule = table.rules[Int(media.members.start &+ found)]
        checkHead(of: part, rule, content ?? ContentType(ByteView("text/plain")))
        let shape = table.shapes[Int(rule.shape)]
        let single = shape.types.contains(.array) ? table.shapes[Int(shape.element)] : shape
        if single.isFile {
            checkSize(of: part, single, rule)
            return .file
        }
        if content?.isJSON == true { return .json }
        return part.hasFileName && !isText(content) ? .file : .text
    }

    private func isText(_ content: ContentType?) -> Bool { content?.type.equalsIgnoringCase("text") ?? true }

    private mutating func checkHead(of part: MultipartReader.Part, _ rule: ValueRule, _ content: ContentType?) {
        if rule.mediaTypes.count > 0, content.flatMap({ table.rule(for: $0, in: rule.mediaTypes) }) == nil {
            check.add(
                ProblemFieldError(
                    field: "body", pointer: check.pointer(rule.name), code: "contentType",
                    message: "The part has a media type that the description does not have."))
        }
        for index in rule.headers.indices {
            let header = table.rules[index]
            if let value = part.field(table.name(header.name)) {
                check.part = rule.name
                check.text(header, value, .none)
                check.part = nil
            } else if header.isRequired {
                check.add(
                    ProblemFieldError(
                        field: "body", pointer: check.pointer(rule.name), code: "required",
                        message: "The header \(String(table.name(header.name))) of the part is missing."))
            }
        }
    }

    private mutating func checkSize(of part: MultipartReader.Part, _ shape: TextShape, _ rule: ValueRule) {
        let isShort = part.content.count < shape.leastBytes
        guard isShort || part.content.count > shape.mostBytes else { return }
        check.add(
            ProblemFieldError(
                field: "body", pointer: check.pointer(rule.name), code: isShort ? "minLength" : "maxLength",
                message: isShort
                    ? "The file must have at least \(shape.leastBytes) bytes."
                    : "The file may have at most \(shape.mostBytes) bytes."))
    }

    // MARK: Values

    /// Writes the value of a whole form, or of a text where `coding` is nil; answers the first fault with the member it is in.
    private func write(_ body: ByteView, _ coding: TextCoding?) -> (TextFault, String)? {
        let writer = check.writer
        guard let coding else { return writer.scalar(body, .none, TextShape.text).map { ($0, "") } }
        scratch.json.append("{")
        var isFirst = true
        for index in 0..<Int(media.members.count) {
            let chain = scratch.chain(index)
            guard chain.first >= 0 else { continue }
            let rule = table.rules[Int(media.members.start) &+ index]
            if !isFirst { scratch.json.append(",") }
            isFirst = false
            scratch.json.append(jsonString: table.name(rule.name))
            scratch.json.append(":")
            if let fault = writer.value(of: rule, chain, in: body) { return (fault, check.pointer(rule.name)) }
        }
        let others = scratch.chain(Int(media.members.count))
        if others.first >= 0,
            let fault = writer.appendMembers(
                others.first, media.shape, isBracketed: false, isFirst: isFirst, body, coding)
        {
            return (fault, "")
        }
        scratch.json.append("}")
        return nil
    }

    /// Has a value written and holds it against the schema, as literals first and then as text.
    private mutating func settle(_ body: ByteView, _ coding: TextCoding?) {
        if check.isFull { return }
        if read(body, coding, prefersText: false) == nil, isValid { return }
        if scratch.hasOtherReading, read(body, coding, prefersText: true) == nil, isValid { return }
        if let (fault, pointer) = read(body, coding, prefersText: false) {
            return check.report(fault, "body", pointer: pointer)
        }
        // What is wrong only with the empty texts that stand for files must not hide the rest.
        let most = hasFiles ? mostErrors + Self.errorsOfFile * ValidationScratch.maximumPairs : mostErrors
        let errors = program.validate(scratch.tape, entry: Int(media.entry), scratch: scratch.schema, maxErrors: most)
        check.addErrors(hasFiles ? errors.filter { !isAboutFile($0) } : errors, "body")
    }

    /// Rules of one file's schema that an empty text may break: those `isAboutFile` names.
    private static let errorsOfFile = 5

    private var isValid: Bool { program.isValid(scratch.tape, entry: Int(media.entry), scratch: scratch.schema) }

    private func read(_ body: ByteView, _ coding: TextCoding?, prefersText: Bool) -> (TextFault, String)? {
        scratch.prefersText = prefersText
        scratch.hasOtherReading = false
        scratch.json.removeAll()
        if let fault = write(body, coding) { return fault }
        return scratch.tape.parse(scratch.json.view) == nil ? nil : (.malformed, "")
    }

    /// Whether a rule was broken only because a file is not read: it stands as an empty text.
    private func isAboutFile(_ error: SchemaError) -> Bool {
        guard ["minLength", "pattern", "format", "contentEncoding", "contentMediaType"].contains(error.keyword) else {
            return false
        }
        for index in 0..<Int(media.members.count) {
            let chain = scratch.chain(index)
            let name = check.pointer(table.rules[Int(media.members.start) + index].name)
            guard error.instancePointer == name || error.instancePointer.hasPrefix(name + "/"), chain.first >= 0 else { continue }
            if scratch.pair(chain.first).kind == .file { return true }
        }
        return false
    }
}
