import Bytes
import Foundation
import SwiftProtobuf

/// Turns a `FileDescriptorSet` into a pool in two passes: declare every name, then resolve every reference.
struct DescriptorPoolBuilder {
    /// Where names are looked up from, and what is in force there.
    struct Scope {
        /// The package, or a message and the package before it.
        let fullName: String
        let file: String
        let features: FeatureSettings
    }

    struct MessageDraft {
        let proto: Google_Protobuf_DescriptorProto
        let scope: Scope
        var fullName: String { scope.fullName }
    }

    struct ExtensionDraft {
        let proto: Google_Protobuf_FieldDescriptorProto
        /// Where the `extend` stands.
        let scope: Scope
    }

    enum Symbol {
        case message(Int)
        case enumeration(Int)
    }

    let limits: DescriptorLimits
    var findings: [DescriptorFinding] = []
    var drafts: [MessageDraft] = []
    var extensions: [ExtensionDraft] = []
    /// Extensions by the index of the message they extend.
    var extensionsByMessage: [Int: [ExtensionDraft]] = [:]
    var enums: [EnumDescriptor] = []
    var symbols: [String: Symbol] = [:]
    private var serviceNames: Set<String> = []
    private var typeCount = 0
    private var memberCount = 0
    private var isOverLimit = false

    init(limits: DescriptorLimits) { self.limits = limits }

    mutating func build(_ bytes: [UInt8]) -> (pool: DescriptorPool?, findings: [DescriptorFinding]) {
        guard bytes.count <= limits.bytes else {
            report(.limitExceeded, "", "The descriptor set is larger than \(limits.bytes) bytes.")
            return (nil, findings)
        }
        guard let set = try? Google_Protobuf_FileDescriptorSet(serializedBytes: bytes, partial: true) else {
            report(.malformedSet, "", "Not a FileDescriptorSet: write it with protoc --include_imports --descriptor_set_out.")
            return (nil, findings)
        }
        let files = uniqueFiles(set.file)
        guard files.count <= limits.files else {
            report(.limitExceeded, "", "The descriptor set holds more than \(limits.files) files.")
            return (nil, findings)
        }
        checkImports(files)
        for file in files where !isOverLimit { declare(file) }
        guard !isOverLimit else { return (nil, findings) }
        resolveExtendees()
        let messages = drafts.indices.map { resolve(drafts[$0], extensions: extensionsByMessage[$0] ?? []) }
        let services = files.flatMap { resolveServices($0) }
        guard !findings.contains(where: \.isError) else { return (nil, findings) }
        return (DescriptorPool(messages: messages, enums: enums, services: services), findings)
    }

    mutating func report(_ code: DescriptorFinding.Code, isError: Bool = true, _ path: String, _ message: String) {
        findings.append(DescriptorFinding(code, isError: isError, path: path, message: message))
    }

    /// Sets are often concatenated, so that the same import stands in them twice.
    private mutating func uniqueFiles(
        _ files: [Google_Protobuf_FileDescriptorProto]
    ) -> [Google_Protobuf_FileDescriptorProto] {
        var seen: [String: Google_Protobuf_FileDescriptorProto] = [:]
        var unique: [Google_Protobuf_FileDescriptorProto] = []
        for file in files {
            if let earlier = seen[file.name] {
                if earlier != file {
                    report(.conflictingFile, file.name, "The set holds two different files of this name; keep one.")
                }
            } else {
                seen[file.name] = file
                unique.append(file)
            }
        }
        return unique
    }

    /// A missing import is harmful only when one of its types is used, which `resolve` reports as an error.
    private mutating func checkImports(_ files: [Google_Protobuf_FileDescriptorProto]) {
        let names = Set(files.map(\.name))
        for file in files {
            for dependency in file.dependency where !names.contains(dependency) {
                report(
                    .missingImport, isError: false, file.name,
                    "Imports \(dependency), which the set lacks: build it with --include_imports.")
            }
        }
    }

    private mutating func declare(_ file: Google_Protobuf_FileDescriptorProto) {
        guard let defaults = FeatureSettings.defaults(of: file) else {
            report(.unsupportedEdition, file.name, "Its syntax or edition is not known here: use proto2, proto3, 2023 or 2024.")
            return
        }
        let scope = Scope(
            fullName: file.package, file: file.name, features: defaults.overridden(by: file.options.features))
        for message in file.messageType { declare(message, in: scope, depth: 1) }
        for enumeration in file.enumType { declare(enumeration, in: scope) }
        declare(file.extension, in: scope)
        for service in file.service {
            let fullName = Self.join(file.package, service.name)
            count(types: 1, members: service.method.count, file.name)
            if !serviceNames.insert(fullName).inserted { reportDuplicate(fullName, file.name) }
        }
    }

    private mutating func declare(_ message: Google_Protobuf_DescriptorProto, in scope: Scope, depth: Int) {
        let fullName = Self.join(scope.fullName, message.name)
        let file = scope.file
        guard depth <= limits.nesting else {
            report(.limitExceeded, "\(file): \(fullName)", "Types are nested deeper than \(limits.nesting).")
            isOverLimit = true
            return
        }
        guard message.field.count <= limits.fieldsPerMessage else {
            report(.limitExceeded, "\(file): \(fullName)", "A message may have at most \(limits.fieldsPerMessage) fields.")
            isOverLimit = true
            return
        }
        count(types: 1, members: message.field.count, file)
        guard !isOverLimit else { return }
        let own = Scope(
            fullName: fullName, file: file, features: scope.features.overridden(by: message.options.features))
        if message.options.messageSetWireFormat {
            report(
                .unsupportedMessageSet, "\(file): \(fullName)",
                "message_set_wire_format has no JSON mapping; declare the extensions of an ordinary message.")
        }
        if symbols[fullName] != nil { reportDuplicate(fullName, file) }
        symbols[fullName] = .message(drafts.count)
        drafts.append(MessageDraft(proto: message, scope: own))
        for nested in message.nestedType { declare(nested, in: own, depth: depth + 1) }
        for enumeration in message.enumType { declare(enumeration, in: own) }
        declare(message.extension, in: own)
    }

    private mutating func declare(_ fields: [Google_Protobuf_FieldDescriptorProto], in scope: Scope) {
        count(types: 0, members: fields.count, scope.file)
        for field in fields { extensions.append(ExtensionDraft(proto: field, scope: scope)) }
    }

    private mutating func declare(_ proto: Google_Protobuf_EnumDescriptorProto, in scope: Scope) {
        let fullName = Self.join(scope.fullName, proto.name)
        let file = scope.file
        count(types: 1, members: proto.value.count, file)
        if symbols[fullName] != nil { reportDuplicate(fullName, file) }
        if proto.value.isEmpty { report(.invalidEnum, "\(file): \(fullName)", "An enum needs at least one value.") }
        var names: Set<String> = []
        for value in proto.value where !names.insert(value.name).inserted {
            report(.invalidEnum, "\(file): \(fullName)", "The value \(value.name) is declared twice.")
        }
        symbols[fullName] = .enumeration(enums.count)
        enums.append(
            EnumDescriptor(
                fullName: fullName, values: proto.value.map { EnumDescriptor.Value(name: $0.name, number: $0.number) },
                isClosed: scope.features.overridden(by: proto.options.features).hasClosedEnums))
    }

    private mutating func count(types: Int, members: Int, _ file: String) {
        typeCount += types
        memberCount += members
        if !isOverLimit && (typeCount > limits.types || memberCount > limits.members) {
            report(.limitExceeded, file, "The set holds more than \(limits.types) types or \(limits.members) fields and values.")
            isOverLimit = true
        }
    }

    private mutating func reportDuplicate(_ fullName: String, _ file: String) {
        report(.duplicateSymbol, "\(file): \(fullName)", "This name is declared twice in the set.")
    }

    static func join(_ scope: String, _ name: String) -> String { scope.isEmpty ? name : "\(scope).\(name)" }

    /// Finds what a type name means: absolute with a leading dot, otherwise from the innermost scope outwards.
    func lookUp(_ typeName: String, from scope: String) -> Symbol? {
        if typeName.hasPrefix(".") { return symbols[String(typeName.dropFirst())] }
        var scope = Substring(scope)
        while true {
            if let symbol = symbols[Self.join(String(scope), typeName)] { return symbol }
            guard !scope.isEmpty else { return nil }
            scope = scope.lastIndex(of: ".").map { scope[..<$0] } ?? ""
        }
    }

    private mutating func resolveServices(_ file: Google_Protobuf_FileDescriptorProto) -> [ServiceDescriptor] {
        file.service.map { service in
            let fullName = Self.join(file.package, service.name)
            var names: Set<String> = []
            let methods = service.method.compactMap { method -> MethodDescriptor? in
                if !names.insert(method.name).inserted { reportDuplicate("\(fullName).\(method.name)", file.name) }
                return resolve(method, of: fullName, file: file)
            }
            return ServiceDescriptor(fullName: fullName, methods: methods)
        }
    }

    private mutating func resolve(
        _ method: Google_Protobuf_MethodDescriptorProto, of service: String, file: Google_Protobuf_FileDescriptorProto
    ) -> MethodDescriptor? {
        let path = "\(file.name): \(service).\(method.name)"
        var ends: [Int] = []
        for type in [method.inputType, method.outputType] {
            if case .message(let index) = lookUp(type, from: service) {
                ends.append(index)
            } else {
                report(.unresolvedType, path, "The message type \(type) is not in the set: build it with --include_imports.")
            }
        }
        var rule: HTTPRule?
        switch Array(method.options.unknownFields.data).withByteView(HTTPRule.find(inOptions:)) {
        case .success(let found): rule = found
        case .failure: report(.malformedHTTPRule, path, "Its google.api.http annotation cannot be read; compile the file anew.")
        }
        guard ends.count == 2 else { return nil }
        return MethodDescriptor(
            name: method.name, service: service, input: ends[0], output: ends[1],
            isClientStreaming: method.clientStreaming, isServerStreaming: method.serverStreaming, httpRule: rule)
    }
}
