public import Bytes
import Protobuf

/// A decoded `envoy.service.ratelimit.v3.RateLimitRequest`: ranges of the bytes it was decoded from, used again for the next.
public final class RateLimitRequest {
    /// What one descriptor asks for.
    public struct Descriptor: Equatable, Sendable {
        /// Its entries in `RateLimitRequest.entries`.
        public var entries: Range<Int>
        /// A limit that the request brings along (`limit`); nil to use the configured one.
        public var limit: SuppliedLimit?
        /// Tokens it takes, if it says so itself (`hits_addend`).
        public var hits: UInt64?
        /// Whether its hits are to be given back (`is_negative_hits`).
        public var isNegative = false
    }

    /// A key and a value; ranges of the decoded bytes.
    public struct Entry: Equatable, Sendable {
        public var key: ByteRange
        public var value: ByteRange
    }

    /// So many requests a unit of time.
    public struct SuppliedLimit: Hashable, Sendable {
        public var requestsPerUnit: UInt32 = 0
        /// As in `envoy.type.v3.RateLimitUnit`.
        public var unit: UInt32 = 0
    }

    /// Why a request is not taken.
    public enum Fault: Error, Sendable {
        case malformed
        case tooManyDescriptors
        case tooManyEntries
    }

    /// Descriptors of one request; Envoy sends one for each configured rate limit that applies.
    public static let maximumDescriptors = 32
    /// Entries of all descriptors of one request.
    public static let maximumEntries = 256

    /// The name that keeps users of one service apart.
    public private(set) var domain = ByteRange.empty
    public private(set) var descriptors: [Descriptor] = []
    public private(set) var entries: [Entry] = []
    /// Tokens each descriptor takes that does not say so itself; 0 means 1.
    public private(set) var hitsAddend: UInt32 = 0

    /// A request with nothing decoded.
    public init() {
        descriptors.reserveCapacity(Self.maximumDescriptors)
        entries.reserveCapacity(Self.maximumEntries)
    }

    /// Decodes a message; after a fault what was decoded means nothing.
    ///
    /// Unknown fields are skipped, of a field that comes twice the last one counts. Text is not looked into: it need not be UTF-8.
    public func decode(_ bytes: ByteView) -> Fault? {
        domain = .empty
        hitsAddend = 0
        descriptors.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        var reader = FieldReader(bytes)
        while reader.next() {
            if reader.isField(1, .lengthDelimited) {
                domain = reader.content
            } else if reader.isField(2, .lengthDelimited) {
                guard descriptors.count < Self.maximumDescriptors else { return .tooManyDescriptors }
                if let fault = decodeDescriptor(bytes, reader.content) { return fault }
            } else if reader.isField(3, .varint) {
                hitsAddend = UInt32(truncatingIfNeeded: reader.value)
            }
        }
        return reader.isMalformed ? .malformed : nil
    }

    private func decodeDescriptor(_ bytes: ByteView, _ range: ByteRange) -> Fault? {
        var descriptor = Descriptor(entries: entries.count..<entries.count)
        var reader = FieldReader(bytes, range)
        while reader.next() {
            if reader.isField(1, .lengthDelimited) {
                guard entries.count < Self.maximumEntries else { return .tooManyEntries }
                guard let entry = Self.entry(bytes, reader.content) else { return .malformed }
                entries.append(entry)
            } else if reader.isField(2, .lengthDelimited) {
                // A message that comes twice is merged.
                var limit = descriptor.limit ?? SuppliedLimit()
                guard Self.decodeLimit(bytes, reader.content, into: &limit) else { return .malformed }
                descriptor.limit = limit
            } else if reader.isField(3, .lengthDelimited) {
                var hits = descriptor.hits ?? 0
                guard Self.decodeNumber(bytes, reader.content, into: &hits) else { return .malformed }
                descriptor.hits = hits
            } else if reader.isField(4, .varint) {
                descriptor.isNegative = reader.value != 0
            }
        }
        if reader.isMalformed { return .malformed }
        descriptor.entries = descriptor.entries.lowerBound..<entries.count
        descriptors.append(descriptor)
        return nil
    }

    private static func entry(_ bytes: ByteView, _ range: ByteRange) -> Entry? {
        var entry = Entry(key: .empty, value: .empty)
        var reader = FieldReader(bytes, range)
        while reader.next() {
            if reader.isField(1, .lengthDelimited) { entry.key = reader.content }
            if reader.isField(2, .lengthDelimited) { entry.value = reader.content }
        }
        return reader.isMalformed ? nil : entry
    }

    private static func decodeLimit(_ bytes: ByteView, _ range: ByteRange, into limit: inout SuppliedLimit) -> Bool {
        var reader = FieldReader(bytes, range)
        while reader.next() {
            if reader.isField(1, .varint) { limit.requestsPerUnit = UInt32(truncatingIfNeeded: reader.value) }
            if reader.isField(2, .varint) { limit.unit = UInt32(truncatingIfNeeded: reader.value) }
        }
        return !reader.isMalformed
    }

    /// A `google.protobuf.UInt64Value`.
    private static func decodeNumber(_ bytes: ByteView, _ range: ByteRange, into number: inout UInt64) -> Bool {
        var reader = FieldReader(bytes, range)
        while reader.next() { if reader.isField(1, .varint) { number = reader.value } }
        return !reader.isMalformed
    }
}
