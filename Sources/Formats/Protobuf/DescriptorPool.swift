/// The message, enum and service types of one descriptor set, resolved into immutable tables.
///
/// Made once at load; references between types are indices into `messages` and `enums`.
public final class DescriptorPool: Sendable {
    public let messages: [MessageDescriptor]
    public let enums: [EnumDescriptor]
    public let services: [ServiceDescriptor]
    private let messageIndices: [String: Int]
    private let methodIndices: [String: (service: Int, method: Int)]

    init(messages: [MessageDescriptor], enums: [EnumDescriptor], services: [ServiceDescriptor]) {
        self.messages = messages
        self.enums = enums
        self.services = services
        messageIndices = Dictionary(messages.enumerated().map { ($0.element.fullName, $0.offset) }) { first, _ in first }
        var methods: [String: (service: Int, method: Int)] = [:]
        for (serviceIndex, service) in services.enumerated() {
            for (methodIndex, method) in service.methods.enumerated() {
                methods["\(service.fullName)/\(method.name)"] = (serviceIndex, methodIndex)
            }
        }
        methodIndices = methods
    }

    /// Reads a serialized `google.protobuf.FileDescriptorSet` (`protoc --include_imports --descriptor_set_out`).
    ///
    /// Findings are complete, never only the first. The pool is nil when one of them is an error.
    public static func load(
        _ bytes: [UInt8], limits: DescriptorLimits = .default
    ) -> (pool: DescriptorPool?, findings: [DescriptorFinding]) {
        var builder = DescriptorPoolBuilder(limits: limits)
        return builder.build(bytes)
    }

    /// Index in `messages` of the type with this full name; nil when there is none.
    public func messageIndex(named fullName: String) -> Int? { messageIndices[fullName] }

    /// The message of this full name; nil when there is none.
    public func message(named fullName: String) -> MessageDescriptor? { messageIndices[fullName].map { messages[$0] } }

    /// The method written `package.Service/Method`, with or without a leading slash, or `package.Service.Method`; nil when there is none.
    public func method(named name: String) -> MethodDescriptor? {
        var key = name.hasPrefix("/") ? String(name.dropFirst()) : name
        if !key.contains("/"), let dot = key.lastIndex(of: ".") { key.replaceSubrange(dot...dot, with: "/") }
        return methodIndices[key].map { services[$0.service].methods[$0.method] }
    }
}
