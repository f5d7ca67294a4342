public import Protobuf

/// What of its messages a call reads and shows, for those who hold it against a description.
extension CallProgram {
    /// The part of the request message that the JSON body is.
    public enum BodyPart: Sendable {
        /// No body is taken.
        case none
        /// All of it, less what the path binds.
        case message
        case field(FieldDescriptor)
    }

    /// Index of the request message in `DescriptorPool.messages`.
    public var requestMessage: Int { input }
    /// Index of the response message in `DescriptorPool.messages`.
    public var responseMessage: Int { output }

    public var bodyPart: BodyPart {
        switch body {
        case .none: .none
        case .all: .message
        case .field(let index): .field(descriptor(of: input, index))
        }
    }

    /// The field that the response is; nil for all of the message.
    public var responseBodyField: FieldDescriptor? { responseField < 0 ? nil : descriptor(of: output, responseField) }

    /// Fields of the request that the path binds: the way to each, as numbers of fields.
    public var boundFields: [[UInt32]] { bindings.map { $0.steps.map { pool.fields[Int($0)].number } } }

    /// Number of the response's field that lists items with a status of their own; nil when there is none.
    public var itemsField: UInt32? { items?.field }

    /// Fields of a pool lie in the order of their descriptors.
    private func descriptor(of message: Int, _ index: Int) -> FieldDescriptor { pool.descriptors.messages[message].fields[index] }
}

extension CodecPool {
    /// How the message type with this index in `descriptors` looks in JSON.
    public func form(of message: Int) -> MessageForm { messages[message].form }
}
