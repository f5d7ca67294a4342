import Bytes
import JSON

/// Where a fault lies, worked out only once there is one.
extension WireEncoder {
    func fault(root: Int) -> TranscodingFault {
        let node = scratch.node
        guard node >= 0 else { return TranscodingFault(scratch.code ?? .wrongType, in: .body) }
        let (pointer, field) = place(of: node, root: root)
        return TranscodingFault(scratch.code ?? .wrongType, in: .body, field: field, pointer: pointer)
    }

    /// The pointer to a node and the name of the last member on the way to it.
    private func place(of target: Int, root: Int) -> (pointer: String, field: String) {
        var pointer = ""
        var field = ""
        var node = root
        while node != target {
            let isObject = tape.kind(node) == .object
            guard isObject || tape.kind(node) == .array else { break }
            var position = 0
            var child = node + 1
            let end = tape.end(node)
            var next = -1
            while child < end {
                let value = isObject ? child + 1 : child
                if target < tape.end(value) {
                    if isObject { field = tape.string(child) }
                    pointer += "/" + (isObject ? Self.escaped(field) : String(position))
                    next = value
                    break
                }
                position += 1
                child = tape.end(value)
            }
            guard next >= 0, next <= target else { break }
            node = next
        }
        return (pointer, field)
    }

    /// `~` and `/` as RFC 6901 section 3 writes them.
    private static func escaped(_ name: String) -> String {
        var result = ""
        for character in name {
            switch character {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.append(character)
            }
        }
        return result
    }
}

extension JSONEmitter {
    func fault() -> TranscodingFault {
        TranscodingFault(scratch.code ?? .malformedMessage, in: .response, field: faultyFieldName())
    }

    private func faultyFieldName() -> String {
        let index = scratch.faultyField
        guard index >= 0,
            let owner = pool.messages.first(where: { index >= $0.firstField && index < $0.firstField + $0.fieldCount })
        else { return "" }
        let field = pool.fields[Int(index)]
        return String(pool.names.view[owner.fullName]) + "." + String(pool.names.view[field.protoName])
    }
}
