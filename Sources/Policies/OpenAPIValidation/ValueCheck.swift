import Bytes
import HTTPSemantics
import JSON
import JSONSchema
import ProblemDetails

/// One check: reads values, holds them against their schemas and gathers what is wrong.
struct ValueCheck {
    private(set) var errors: [ProblemFieldError] = []
    let table: ValidationTable
    let scratch: ValidationScratch
    private let program: SchemaProgram?
    private let mostErrors: Int
    /// The part of a multipart body whose headers are being checked.
    var part: ByteRange?

    let writer: ValueWriter
    var isFull: Bool { errors.count >= mostErrors }

    init(_ table: ValidationTable, _ scratch: ValidationScratch, _ program: SchemaProgram?, mostErrors: Int) {
        self.table = table
        self.scratch = scratch
        writer = ValueWriter(table: table, scratch: scratch)
        self.program = program
        self.mostErrors = max(1, mostErrors)
    }

    // MARK: Values

    /// A value that is one text: a path variable or the lines of a header.
    mutating func text(_ rule: ValueRule, _ text: ByteView, _ coding: TextCoding) {
        check(rule) { writer in
            switch rule.form {
            case .styled, .plain: writer.styled(rule, text, coding)
            case .json: writer.document(text, coding)
            case .opaque: writer.scalar(text, coding, TextShape.text)
            }
        }
    }

    /// A value that is the pairs of a chain.
    mutating func pairs(_ rule: ValueRule, _ chain: ValidationScratch.Chain, _ source: ByteView) {
        guard chain.first >= 0 else { return missing(rule) }
        if rule.allowsEmptyValue {
            let pair = scratch.pair(chain.first)
            if pair.value.isEmpty, pair.next < 0 { return }
        }
        check(rule) { writer in writer.value(of: rule, chain, in: source) }
    }

    /// A header, its lines joined as one list where it is one.
    mutating func header(_ rule: ValueRule, _ fields: FieldTable, _ head: ByteView) {
        let name = table.name(rule.name)
        var index = next(rule, name, after: -1, fields, head)
        guard index >= 0 else { return missing(rule) }
        var value = head[fields[index].value]
        let second = next(rule, name, after: index, fields, head)
        // Every `Set-Cookie` line is a value of its own (RFC 6265 section 3); the first stands for all.
        if second >= 0, rule.field != .setCookie {
            guard !table.shapes[Int(rule.shape)].types.isDisjoint(with: .structures) || rule.form == .json else {
                return report(.repeated, field(rule), pointer: start)
            }
            scratch.joined.removeAll(keepingAtMost: ValidationScratch.retainedBytes)
            scratch.joined.append(value)
            index = second
            while index >= 0 {
                scratch.joined.append(",")
                scratch.joined.append(head[fields[index].value])
                index = next(rule, name, after: index, fields, head)
            }
            value = scratch.joined.view
        }
        text(rule, value, .none)
    }

    /// The index of the next line of a header that is sent on; -1 when there is none.
    private func next(_ rule: ValueRule, _ name: ByteView, after last: Int, _ fields: FieldTable, _ head: ByteView) -> Int {
        var index = last &+ 1
        if rule.field != .other, !fields.contains(rule.field) { return -1 }
        while index < fields.count {
            let line = fields[index]
            if line.id == rule.field, !line.isDropped, rule.field != .other || head[line.name].equalsIgnoringCase(name) {
                return index
            }
            index &+= 1
        }
        return -1
    }

    /// Reads a value and holds it against its schema; reads it again as text where it could be that too.
    private mutating func check(_ rule: ValueRule, _ write: (ValueWriter) -> TextFault?) {
        guard let fault = read(write, prefersText: false) else {
            guard rule.entry >= 0, let program, !isValid(program, rule) else { return }
            if scratch.hasOtherReading, read(write, prefersText: true) == nil, isValid(program, rule) { return }
            _ = read(write, prefersText: false)
            return reportSchema(program, rule)
        }
        if scratch.hasOtherReading, read(write, prefersText: true) == nil {
            guard rule.entry >= 0, let program else { return }
            if isValid(program, rule) { return }
        }
        report(fault, field(rule), pointer: start)
    }

    private func read(_ write: (ValueWriter) -> TextFault?, prefersText: Bool) -> TextFault? {
        scratch.prefersText = prefersText
        scratch.hasOtherReading = false
        scratch.json.removeAll()
        if let fault = write(writer) { return fault }
        guard let fault = scratch.tape.parse(scratch.json.view) else { return nil }
        return fault.code == .duplicateName ? .repeated : fault.code == .tooManyNodes ? .tooMany : .invalidJSON
    }

    private func isValid(_ program: SchemaProgram, _ rule: ValueRule) -> Bool {
        program.isValid(scratch.tape, entry: Int(rule.entry), scratch: scratch.schema)
    }

    // MARK: Faults

    private mutating func reportSchema(_ program: SchemaProgram, _ rule: ValueRule) {
        guard scratch.tape.parse(scratch.json.view) == nil else { return }
        addErrors(
            program.validate(
                scratch.tape, entry: Int(rule.entry), scratch: scratch.schema, maxErrors: mostErrors - errors.count),
            field(rule))
    }

    mutating func addErrors(_ found: [SchemaError], _ field: String) {
        for error in found {
            let pointer = start + error.instancePointer
            add(
                ProblemFieldError(
                    field: field, pointer: pointer, code: error.keyword, message: error.message, subject: error.subject))
        }
    }

    private mutating func missing(_ rule: ValueRule) {
        guard rule.isRequired else { return }
        let what = rule.place == .header ? "header" : "parameter"
        add(ProblemFieldError(field: field(rule), pointer: "", code: "required", message: "The \(what) is missing."))
    }

    mutating func report(_ fault: TextFault, _ field: String, pointer: String = "") {
        add(ProblemFieldError(field: field, pointer: pointer, code: fault.rawValue, message: fault.message))
    }

    mutating func add(_ error: ProblemFieldError) {
        if !isFull { errors.append(error) }
    }

    private func field(_ rule: ValueRule) -> String {
        if part != nil { return "body" }
        let place =
            switch rule.place {
            case .path: "path."
            case .query: "query."
            case .header: "header."
            case .cookie: "cookie."
            case .form, .part: "body."
            }
        return place + String(table.name(rule.name))
    }

    /// What all pointers start with.
    private var start: String { part.map(pointer) ?? "" }

    /// The pointer to a member of the body.
    func pointer(_ name: ByteRange) -> String {
        var pointer = "/"
        for scalar in String(table.name(name)).unicodeScalars {
            switch scalar {
            case "~": pointer += "~0"
            case "/": pointer += "~1"
            default: pointer.unicodeScalars.append(scalar)
            }
        }
        return pointer
    }
}
