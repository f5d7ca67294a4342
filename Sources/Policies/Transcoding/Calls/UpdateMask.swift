import Bytes
import Protobuf

/// The `update_mask` of a PATCH request that is filled from the body when the client sends none (AIP-134).
struct UpdateMask {
    /// The name the field must have.
    static let fieldName = "update_mask"

    let number: UInt32
    /// The field whose members are named, in the pool.
    let resource: Int32
    /// Whether the resource is a member of the body rather than the body itself.
    let isWholeBody: Bool

    /// Whether a request written so far names a path; a mask without any is as good as none.
    func isSent(_ wire: ByteView) -> Bool {
        var reader = WireReader(wire)
        while let tag = reader.readTag() {
            guard tag.number == number, tag.type == .lengthDelimited else {
                guard reader.skip(tag) else { return false }
                continue
            }
            guard let contents = reader.readLengthDelimited() else { return false }
            if !contents.isEmpty { return true }
        }
        return false
    }
}

extension CallCompiler {
    /// The mask to fill: the request has `google.protobuf.FieldMask update_mask`, the path does not bind it, and the body says
    /// which message is changed — the field it fills, or for `*` the request's only message that is no well-known type.
    func updateMask(_ binding: CallBinding, _ body: CallProgram.Body, _ bound: [ContiguousArray<Int32>]) -> UpdateMask? {
        guard binding.fillsUpdateMask else { return nil }
        let index = UpdateMask.fieldName.withByteView { pool.fieldIndex(input, named: $0) }
        guard index >= 0 else { return nil }
        let mask = pool.field(input, index)
        guard mask.shape == .singular, mask.kind == .message, pool.messages[Int(mask.reference)].form == .fieldMask,
            String(pool.names.view[mask.protoName]) == UpdateMask.fieldName,
            !bound.contains([input.firstField + Int32(index)])
        else { return nil }
        switch body {
        case .none: return nil
        case .field(let field):
            guard isResource(pool.field(input, field)) else { return nil }
            return UpdateMask(number: mask.number, resource: input.firstField + Int32(field), isWholeBody: false)
        case .all:
            let resources = (0..<Int(input.fieldCount)).filter { isResource(pool.field(input, $0)) }
            guard resources.count == 1, let field = resources.first else { return nil }
            return UpdateMask(number: mask.number, resource: input.firstField + Int32(field), isWholeBody: true)
        }
    }

    private func isResource(_ field: FieldProgram) -> Bool {
        field.shape == .singular && field.kind.isMessage && !pool.messages[Int(field.reference)].form.isSpecial
    }
}
