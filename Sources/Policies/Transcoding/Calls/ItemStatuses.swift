public import Bytes
import Protobuf

/// Where the items of a response and their statuses are.
struct ItemFields {
    /// Number of the repeated field in the response.
    let field: UInt32
    /// The item's message type.
    let message: Int
    /// Number of the `google.rpc.Status` in an item.
    let status: UInt32
}

extension CallCompiler {
    mutating func items(_ binding: CallBinding) -> ItemFields? {
        guard let items = binding.items else { return nil }
        if method.isServerStreaming {
            report(.itemsOfStream, "items", "The messages of a stream have one status, at its end; remove items.")
        }
        if binding.responseBody != nil {
            report(.itemsWithResponseBody, "items", "The answer of items is a document of its own; remove response_body.")
        }
        let output = pool.messages[method.output]
        let index = items.field.withByteView { pool.fieldIndex(output, named: $0) }
        guard index >= 0 else {
            let name = pool.descriptors.messages[method.output].fullName
            report(.itemsFieldMissing, "items", "\(name) has no field \(items.field); name a repeated field of the response.")
            return nil
        }
        let list = pool.field(output, index)
        guard list.shape == .repeated, list.kind == .message else {
            report(.itemsNotMessages, "items", "\(items.field) is no list of messages.")
            return nil
        }
        let item = Int(list.reference)
        let statusIndex = items.status.withByteView { pool.fieldIndex(pool.messages[item], named: $0) }
        let status = statusIndex < 0 ? nil : pool.field(pool.messages[item], statusIndex)
        guard let status, status.shape == .singular, status.kind == .message,
            pool.descriptors.messages[Int(status.reference)].fullName == "google.rpc.Status"
        else {
            let name = pool.descriptors.messages[item].fullName
            report(.itemStatusMissing, "items", "\(name) has no google.rpc.Status \(items.status).")
            return nil
        }
        return ItemFields(field: list.number, message: item, status: status.number)
    }
}

/// One item of a response on the wire, with how it ended.
public struct CallItem {
    /// The item's message.
    public let wire: ByteView
    public let status: GRPCStatus
    /// `google.rpc.Status.message`, for developers.
    public let message: ByteView
    /// The serialized `google.rpc.Status`; empty when the item has none, which is success.
    public let details: ByteView
}

/// Reads the items of a response in order, without copying; at most `CallProgram.maximumItems`.
public struct CallItemReader {
    private let fields: ItemFields
    private var reader: WireReader
    private var count = 0
    /// Why reading ended early; nil at the end of the response.
    public private(set) var fault: TranscodingFault?

    init(_ fields: ItemFields, _ wire: ByteView) {
        self.fields = fields
        reader = WireReader(wire)
    }

    /// The next item; nil at the end and after a fault.
    public mutating func next() -> CallItem? {
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return end(.malformedMessage) }
            guard tag.number == fields.field, tag.type == .lengthDelimited else {
                guard reader.skip(tag) else { return end(.malformedMessage) }
                continue
            }
            guard let range = reader.readLengthDelimited(), let item = item(reader.bytes[range]) else {
                return end(.malformedMessage)
            }
            count &+= 1
            return count > TranscodingLimits.items ? end(.tooManyItems) : item
        }
        return nil
    }

    private mutating func end(_ code: TranscodingFault.Code) -> CallItem? {
        fault = TranscodingFault(code, in: .response)
        reader = WireReader(.empty)
        return nil
    }

    /// Parts of a status that stands twice are merged as the wire has it: the last value of each field counts.
    private func item(_ wire: ByteView) -> CallItem? {
        var code: UInt64 = 0
        var message = ByteView.empty
        var details = ByteView.empty
        var item = WireReader(wire)
        while !item.isAtEnd {
            guard let tag = item.readTag() else { return nil }
            guard tag.number == fields.status, tag.type == .lengthDelimited else {
                guard item.skip(tag) else { return nil }
                continue
            }
            guard let range = item.readLengthDelimited() else { return nil }
            details = wire[range]
            guard Self.read(details, &code, &message) else { return nil }
        }
        let status = GRPCStatus(code: Int(truncatingIfNeeded: Int32(truncatingIfNeeded: code)))
        return CallItem(wire: wire, status: status, message: message, details: details)
    }

    private static func read(_ status: ByteView, _ code: inout UInt64, _ message: inout ByteView) -> Bool {
        var reader = WireReader(status)
        while !reader.isAtEnd {
            guard let tag = reader.readTag() else { return false }
            switch (tag.number, tag.type) {
            case (1, .varint):
                guard let value = reader.readVarint() else { return false }
                code = value
            case (2, .lengthDelimited):
                guard let range = reader.readLengthDelimited() else { return false }
                message = status[range]
            default: guard reader.skip(tag) else { return false }
            }
        }
        return true
    }
}

extension CallProgram {
    /// Items of one response that are looked at; a response with more is a fault.
    public static var maximumItems: Int { TranscodingLimits.items }

    /// The items of a response; nil for a call that succeeds or fails as a whole.
    public func itemReader(_ wire: ByteView) -> CallItemReader? { items.map { CallItemReader($0, wire) } }

    /// Appends the JSON of an item without its status; false, and nothing appended, when nothing is left of it.
    public func decode(
        _ item: CallItem, into out: ByteWriter, scratch: TranscodingScratch
    ) -> Result<Bool, TranscodingFault> {
        guard let items else { return .success(false) }
        return decode(items.message, item.wire, without: items.status, into: out, scratch: scratch)
    }

    /// Appends the JSON of a response without its items; false, and nothing appended, when nothing is left of it.
    public func decodeRest(
        _ wire: ByteView, into out: ByteWriter, scratch: TranscodingScratch
    ) -> Result<Bool, TranscodingFault> {
        guard let items else { return .success(false) }
        return decode(output, wire, without: items.field, into: out, scratch: scratch)
    }

    private func decode(
        _ message: Int, _ wire: ByteView, without number: UInt32, into out: ByteWriter, scratch: TranscodingScratch
    ) -> Result<Bool, TranscodingFault> {
        scratch.reset()
        let rest = scratch.value
        rest.removeAll()
        var reader = WireReader(wire)
        while !reader.isAtEnd {
            let start = reader.offset
            guard let tag = reader.readTag(), reader.skip(tag) else {
                return .failure(TranscodingFault(.malformedMessage, in: .response))
            }
            if tag.number != number { rest.append(wire[start, reader.offset]) }
        }
        guard rest.count > 0 else { return .success(false) }
        let start = out.count
        let emitter = JSONEmitter(pool: pool, out: out, scratch: scratch)
        if emitter.message(message, rest.view, depth: 1) { return .success(true) }
        out.truncate(to: start)
        return .failure(emitter.fault())
    }
}
