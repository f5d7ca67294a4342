import SwiftProtobuf

/// Second pass: the fields of one message.
extension DescriptorPoolBuilder {
    mutating func resolve(_ draft: MessageDraft) -> MessageDescriptor {
        let path = "\(draft.file): \(draft.fullName)"
        let oneofs = declaredOneofs(draft.proto)
        var fields = draft.proto.field.compactMap { resolve($0, in: draft, oneofs: oneofs.indices) }
        fields.sort { $0.number < $1.number }
        for (first, second) in zip(fields, fields.dropFirst()) where first.number == second.number {
            report(.duplicateField, path, "\(first.name) and \(second.name) share the number \(first.number).")
        }
        checkNames(fields, path)
        if draft.proto.options.mapEntry && !isMapEntry(fields) {
            report(.invalidMapEntry, path, "A map entry needs a scalar key as field 1 and a value as field 2.")
        }
        return MessageDescriptor(
            fullName: draft.fullName, fields: fields, oneofs: oneofs.names, isMapEntry: draft.proto.options.mapEntry)
    }

    /// Two fields that JSON could not tell apart would lose one of them.
    private mutating func checkNames(_ fields: [FieldDescriptor], _ path: String) {
        var owners: [String: UInt32] = [:]
        for field in fields {
            for name in [field.name, field.jsonName]
            where owners.updateValue(field.number, forKey: name) ?? field.number != field.number {
                report(.duplicateField, path, "Two fields are called \(name) in JSON; give one another json_name.")
            }
        }
    }

    private func isMapEntry(_ fields: [FieldDescriptor]) -> Bool {
        guard fields.count == 2, fields[0].number == 1, fields[1].number == 2 else { return false }
        guard fields.allSatisfy({ $0.cardinality == .singular }) else { return false }
        return switch fields[0].kind {
        case .double, .float, .bytes, .message, .group, .enumeration: false
        default: true
        }
    }

    /// Leaves out the one-member oneofs that the compiler makes for proto3 `optional`.
    private func declaredOneofs(_ proto: Google_Protobuf_DescriptorProto) -> (names: [String], indices: [Int: Int]) {
        let synthetic = Set(proto.field.filter { $0.proto3Optional && $0.hasOneofIndex }.map { Int($0.oneofIndex) })
        var names: [String] = []
        var indices: [Int: Int] = [:]
        for (index, oneof) in proto.oneofDecl.enumerated() where !synthetic.contains(index) {
            indices[index] = names.count
            names.append(oneof.name)
        }
        return (names, indices)
    }

    private mutating func resolve(
        _ proto: Google_Protobuf_FieldDescriptorProto, in draft: MessageDraft, oneofs: [Int: Int]
    ) -> FieldDescriptor? {
        let path = "\(draft.file): \(draft.fullName).\(proto.name)"
        guard proto.number > 0, UInt32(proto.number) <= WireTag.maximumNumber, !proto.name.isEmpty else {
            report(.invalidField, path, "A field needs a name and a number between 1 and \(WireTag.maximumNumber).")
            return nil
        }
        if proto.hasOneofIndex && !draft.proto.oneofDecl.indices.contains(Int(proto.oneofIndex)) {
            report(.invalidField, path, "Its oneof does not exist.")
            return nil
        }
        let features = draft.features.overridden(by: proto.options.features)
        guard let type = resolveType(proto, in: draft, features: features, path: path) else { return nil }
        let entry = type.message.map { drafts[$0].proto.options.mapEntry } ?? false
        let cardinality: FieldDescriptor.Cardinality = proto.label != .repeated ? .singular : entry ? .map : .repeated
        let isRequired = proto.label == .required || (features.presence == .required && cardinality == .singular)
        let isPacked = proto.options.hasPacked ? proto.options.packed : features.isPacked
        return FieldDescriptor(
            number: UInt32(proto.number), name: proto.name,
            jsonName: proto.hasJsonName ? proto.jsonName : FieldDescriptor.lowerCamel(proto.name), kind: type.kind,
            cardinality: cardinality, isPacked: cardinality == .repeated && type.kind.isPackable && isPacked,
            hasPresence: cardinality == .singular
                && (type.kind.isMessage || proto.hasOneofIndex || proto.proto3Optional || features.presence != .implicit),
            isRequired: isRequired, validatesUTF8: features.validatesUTF8,
            oneof: proto.hasOneofIndex ? oneofs[Int(proto.oneofIndex)] : nil, message: type.message,
            enumeration: type.enumeration)
    }

    /// The kind and, for messages and enums, the index of the type; descriptors may leave the kind open when they name a type.
    private mutating func resolveType(
        _ proto: Google_Protobuf_FieldDescriptorProto, in draft: MessageDraft, features: FeatureSettings, path: String
    ) -> (kind: FieldKind, message: Int?, enumeration: Int?)? {
        guard !proto.typeName.isEmpty else {
            guard proto.hasType, let kind = FieldKind(rawValue: UInt8(clamping: proto.type.rawValue)), !kind.isMessage,
                kind != .enumeration
            else {
                report(.invalidField, path, "It has no type.")
                return nil
            }
            return (kind, nil, nil)
        }
        switch lookUp(proto.typeName, from: draft.fullName) {
        case .message(let index) where !proto.hasType || proto.type == .message || proto.type == .group:
            let isEntry = drafts[index].proto.options.mapEntry
            let isGroup = proto.type == .group || (features.isDelimited && !isEntry)
            return (proto.hasType && isGroup ? .group : .message, index, nil)
        case .enumeration(let index) where !proto.hasType || proto.type == .enum:
            return (.enumeration, nil, index)
        case .message, .enumeration:
            report(.invalidField, path, "Its type and the type it names differ in kind.")
        case nil:
            report(.unresolvedType, path, "The type \(proto.typeName) is not in the set: build it with --include_imports.")
        }
        return nil
    }
}
