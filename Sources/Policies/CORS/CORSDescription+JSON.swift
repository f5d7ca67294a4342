public import Bytes
public import JSON

extension CORSRules {
    /// Reads a tenant's own rules out of JSON: the value of `cors:{tenant}`, an object with the members of `CORSDescription`.
    ///
    /// Strict and bounded: a member of another name or type, a name that occurs twice, or more than `CORSLimits` allow is a fault. Whoever
    /// finds faults uses `nothing`: what cannot be understood allows nobody anything.
    /// - Parameter tape: Room to parse in; holds the text afterwards.
    public static func decode(json bytes: ByteView, tape: JSONTape = JSONTape()) -> Result<CORSRules, CORSFaults> {
        if let fault = tape.parse(bytes, limits: JSONLimits(bytes: CORSLimits.jsonBytes)) {
            return .failure(CORSFaults(all: [CORSFault(.json, "", nil, "\(fault.code.rawValue) at byte \(fault.offset)")]))
        }
        var reader = CORSReader(tape: tape)
        let description = reader.read()
        return reader.faults.isEmpty ? compile(description) : .failure(CORSFaults(all: reader.faults))
    }
}

/// Reads the members of a description off a tape.
private struct CORSReader {
    let tape: JSONTape
    private(set) var faults: [CORSFault] = []

    init(tape: JSONTape) { self.tape = tape }

    mutating func read() -> CORSDescription {
        var description = CORSDescription()
        guard tape.kind(0) == .object else {
            report(.wrongType, "", nil, "rules are an object")
            return description
        }
        var hasOrigins = false
        var key = 1
        while key < tape.end(0) {
            let value = key + 1
            switch tape.string(key) {
            case "origins":
                hasOrigins = true
                description.origins = list("origins", value, limit: CORSLimits.origins)
            case "methods": description.methods = list("methods", value, limit: CORSLimits.headers)
            case "headers": description.headers = list("headers", value, limit: CORSLimits.headers)
            case "exposed_headers": description.exposedHeaders = list("exposed_headers", value, limit: CORSLimits.headers)
            case "credentials": description.allowsCredentials = bool("credentials", value)
            case "max_age": description.maximumAgeSeconds = seconds("max_age", value)
            case let name: report(.unknownMember, String(name.prefix(CORSLimits.headerBytes)), nil, "rules have no such member")
            }
            key = tape.end(value)
        }
        if !hasOrigins { report(.missing, "origins", nil, "rules name the origins they allow; an empty list allows nobody") }
        return description
    }

    private mutating func report(_ code: CORSFault.Code, _ member: String, _ index: Int?, _ message: String) {
        if faults.count < CORSLimits.faults { faults.append(CORSFault(code, member, index, message)) }
    }

    private mutating func list(_ member: String, _ node: Int, limit: Int) -> [String] {
        guard tape.kind(node) == .array else {
            report(.wrongType, member, nil, "must be a list of texts")
            return []
        }
        guard tape.childCount(node) <= limit else {
            report(.tooMany, member, nil, "has \(tape.childCount(node)) entries; at most \(limit) are read")
            return []
        }
        var texts: [String] = []
        var element = node + 1
        while element < tape.end(node) {
            if tape.kind(element) == .string {
                texts.append(tape.string(element))
            } else {
                report(.wrongType, member, texts.count, "must be a text")
                texts.append("")
            }
            element = tape.end(element)
        }
        return texts
    }

    private mutating func bool(_ member: String, _ node: Int) -> Bool {
        switch tape.kind(node) {
        case .true: return true
        case .false: return false
        default:
            report(.wrongType, member, nil, "must be true or false")
            return false
        }
    }

    private mutating func seconds(_ member: String, _ node: Int) -> Int {
        guard let value = tape.int64(node) else {
            report(.wrongType, member, nil, "must be a whole number of seconds")
            return 0
        }
        return Int(value)
    }
}
