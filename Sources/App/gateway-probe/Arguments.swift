import Bytes
import Foundation
import JSON

/// A value of a line, read in place so that numbers and documents reach the engines as they were written.
struct Arguments {
    let tape: JSONTape
    let node: Int

    /// A member of an object; nil when it is absent or null.
    subscript(name: String) -> Arguments? {
        guard let index = name.withByteView({ tape.member(of: node, named: $0) }), tape.kind(index) != .null else { return nil }
        return Arguments(tape: tape, node: index)
    }

    /// The value's own bytes, quotes of strings included.
    var raw: [UInt8] {
        let range = tape.range(node)
        guard tape.kind(node) == .string else { return Array(tape.raw(node)) }
        return Array(tape.bytes[range.start - 1, range.end + 1])
    }

    var text: String? { tape.kind(node) == .string ? tape.string(node) : nil }

    /// The bytes of a document given either as text or as a JSON value.
    var document: [UInt8] { text.map { Array($0.utf8) } ?? raw }

    var elements: [Arguments] { children(from: node + 1, tape.kind(node) == .array) { $0 } }

    var entries: [(name: String, value: Arguments)] {
        children(from: node + 1, tape.kind(node) == .object) { $0 + 1 }
            .map { (tape.string($0.node - 1), $0) }
    }

    private func children(from first: Int, _ isContainer: Bool, value: (Int) -> Int) -> [Arguments] {
        guard isContainer else { return [] }
        var found: [Arguments] = []
        var index = first
        while index < tape.end(node) {
            found.append(Arguments(tape: tape, node: value(index)))
            index = tape.end(value(index))
        }
        return found
    }
}

extension Arguments {
    func required(_ name: String) throws(ProbeFault) -> Arguments {
        guard let value = self[name] else { throw ProbeFault("\"\(name)\" is missing") }
        return value
    }

    func text(_ name: String) throws(ProbeFault) -> String {
        guard let text = try required(name).text else { throw ProbeFault("\"\(name)\" must be a string") }
        return text
    }

    func integer(_ name: String) throws(ProbeFault) -> Int64 {
        let value = try required(name)
        guard let integer = tape.int64(value.node) else { throw ProbeFault("\"\(name)\" must be an integer") }
        return integer
    }

    func flag(_ name: String) throws(ProbeFault) -> Bool {
        guard let value = self[name] else { return false }
        switch tape.kind(value.node) {
        case .true: return true
        case .false: return false
        default: throw ProbeFault("\"\(name)\" must be true or false")
        }
    }

    /// Bytes written in base64.
    func bytes(_ name: String) throws(ProbeFault) -> [UInt8] {
        guard let data = Data(base64Encoded: try text(name)) else { throw ProbeFault("\"\(name)\" must be base64") }
        return Array(data)
    }
}
