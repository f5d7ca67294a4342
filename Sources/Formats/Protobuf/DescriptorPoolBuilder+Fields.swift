import SwiftProtobuf

/// Second pass: the fields of one message.
extension DescriptorPoolBuilder {
    mutating func resolve(_ draft: MessageDraft, extensions: [ExtensionDraft]) -> MessageDescriptor {
        let path = "\(draft.scope.file): \(draft.fullName)"
        let oneofs = declaredOneofs(draft.proto)
        var fields = draft.proto.field.compactMap { resolve($0, in: draft, oneofs: oneofs.indices) }
        fields += extensions.compactMap { resolve($0) }
        if fields.count > limits.fieldsPerMessage {
            report(.limitExceeded, path, "A message may have at most \(limits.fieldsPerMessage) fields and extensions.")
        }
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

    /// An extension of a type outside the set can never be met, so it is no error.
    mutating func resolveExtendees() {
        for field in extensions {
            if case .message(let index) = lookUp(field.proto.extendee, from: field.scope.fullName) {
                extensionsByMessage[index, default: []].append(field)
            } else {
                report(
                    .unknownExtendee, isError: false, "\(field.scope.file): \(Self.join(field.scope.fullName, field.proto.name))",
                    "It extends \(field.proto.extendee), which is no message of the set.")
            }
        }
    }

    private mutating func resolve(_ field: ExtensionDraft) -> FieldDescriptor? {
        let scope = field.scope
        let fullName = Self.join(scope.fullName, field.proto.name)
        let path = "\(scope.file): \(fullName)"
        let features = scope.features.overridden(by: field.proto.options.features)
        guard checkNumber(field.proto, path),
            let type = resolveType(field.proto, from: scope, isInMapEntry: false, features: features, path: path)
        else { return nil }
        return descriptor(field.proto, type, features, name: "[\(fullName)]", oneof: nil)
    }

    private mutating func checkNumber(_ proto: Google_Protobuf_FieldDescriptorProto, _ path: String) -> Bool {
        if proto.number > 0, UInt32(proto.number) <= WireTag.maximumNumber, !proto.name.isEmpty { return true }
        report(.invalidField, path, "A field needs a name and a number between 1 and \(WireTag.maximumNumber).")
        return false
    }

    private mutating func resolve(
        _ proto: Google_Protobuf_FieldDescriptorProto, in draft: MessageDraft, oneofs: [Int: Int]
    ) -> FieldDescriptor? {
        let path = "\(draft.scope.file): \(draft.fullName).\(proto.name)"
        guard checkNumber(proto, path) else { return nil }
        if proto.hasOneofIndex && !draft.proto.oneofDecl.indices.contains(Int(proto.oneofIndex)) {
            report(.invalidField, path, "Its oneof does not exist.")
            return nil
        }
        let features = draft.scope.features.overridden(by: proto.options.features)
        let isInMapEntry = draft.proto.options.mapEntry
        guard
            let type = resolveType(proto, from: draft.scope, isInMapEntry: isInMapEntry, features: features, path: path)
        else { return nil }
        return descriptor(proto, type, features, name: nil, oneof: proto.hasOneofIndex ? oneofs[Int(proto.oneofIndex)] : nil)
    }

    /// `bracketed` is the name of an extension.
    private func descriptor(
        _ proto: Google_Protobuf_FieldDescriptorProto, _ type: FieldType, _ features: FeatureSettings, name bracketed: String?,
        oneof: Int?
    ) -> FieldDescriptor {
        let entry = type.message.map { drafts[$0].proto.options.mapEntry } ?? false
        let cardinality: FieldDescriptor.Cardinality = proto.label != .repeated ? .singular : entry ? .map : .repeated
        let isRequired = proto.label == .required || (features.presence == .required && cardinality == .singular)
        let isPacked = proto.options.hasPacked ? proto.options.packed : features.isPacked
        return FieldDescriptor(
            number: UInt32(proto.number), name: bracketed ?? proto.name,
            jsonName: bracketed ?? (proto.hasJsonName ? proto.jsonName : FieldDescriptor.lowerCamel(proto.name)), kind: type.kind,
            cardinality: cardinality, isPacked: cardinality == .repeated && type.kind.isPackable && isPacked,
            hasPresence: cardinality == .singular
                && (type.kind.isMessage || bracketed != nil || proto.hasOneofIndex || proto.proto3Optional
                    || features.presence != .implicit),
            isRequired: isRequired, validatesUTF8: features.validatesUTF8,
            oneof: oneof, message: type.message, enumeration: type.enumeration, isExtension: bracketed != nil)
    }

    private typealias FieldType = (kind: FieldKind, message: Int?, enumeration: Int?)

    /// The kind and, for messages and enums, the index of the type; descriptors may leave the kind open when they name a type.
    ///
    /// An edition's delimited encoding holds for neither maps nor their values, wherever it is set.
    private mutating func resolveType(
        _ proto: Google_Protobuf_FieldDescriptorProto, from scope: Scope, isInMapEntry: Bool, features: FeatureSettings,
        path: String
    ) -> FieldType? {
        guard !proto.typeName.isEmpty else {
            guard proto.hasType, let kind = FieldKind(rawValue: UInt8(clamping: proto.type.rawValue)), !kind.isMessage,
                kind != .enumeration
            else {
                report(.invalidField, path, "It has no type.")
                return nil
            }
            return (kind, nil, nil)
        }
        switch lookUp(proto.typeName, from: scope.fullName) {
        case .message(let index) where !proto.hasType || proto.type == .message || proto.type == .group:
            let isEntry = drafts[index].proto.options.mapEntry
            let isGroup = proto.type == .group || (features.isDelimited && !isEntry && !isInMapEntry)
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
