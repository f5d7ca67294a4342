import Bytes
import CORS
import Testing

/// Rules for these origins; every other member may be changed first.
func rules(_ origins: [String], _ change: (inout CORSDescription) -> Void = { _ in }) throws -> CORSRules {
    var description = CORSDescription(origins: origins)
    change(&description)
    return try CORSRules.compile(description).get()
}

/// `code member index` of everything that is wrong with a description.
func faults(_ description: CORSDescription) -> [String] { words(CORSRules.compile(description)) }

/// `code pointer` of everything that is wrong with rules in JSON.
func faults(json: String) -> [String] { words(json.withByteView { CORSRules.decode(json: $0) }) }

private func words(_ outcome: Result<CORSRules, CORSFaults>) -> [String] {
    switch outcome {
    case .success: []
    case .failure(let faults): faults.all.map { "\($0.code.rawValue) \($0.pointer)" }
    }
}

extension CORSRules {
    func allows(_ origin: String) -> Bool { origin.withByteView { allows(origin: $0) } }

    func allows(headers list: String) -> Bool { list.withByteView { allows(headers: $0) } }

    func fields(_ origin: String, forGRPCWeb: Bool = false) -> [String] {
        lines { out in origin.withByteView { appendFields(origin: $0, forGRPCWeb: forGRPCWeb, to: out) } }
    }

    func preflightFields(_ origin: String) -> [String] {
        lines { out in origin.withByteView { appendPreflightFields(origin: $0, to: out) } }
    }

    private func lines(_ write: (ByteWriter) -> Void) -> [String] {
        let out = ByteWriter()
        write(out)
        #expect(String(out.view).hasSuffix("\r\n"))
        return String(out.view).split(separator: "\r\n").map(String.init)
    }
}
