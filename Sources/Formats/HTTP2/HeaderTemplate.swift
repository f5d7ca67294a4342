import Bytes

/// Header fields that many requests share, built once when the configuration is compiled.
///
/// A session sends a template in full the first time and as a few remembered index bytes from then on. Immutable, so that
/// every event loop shares one.
public final class HeaderTemplate: Sendable {
    struct Field: Sendable {
        var name: ByteRange
        var value: ByteRange
        var isSensitive: Bool
    }

    let bytes: [UInt8]
    let fields: [Field]

    /// A template of `fields` in order: pseudo-fields first, names in lowercase.
    ///
    /// Names in `sensitive` are never put into a compression table.
    public init(_ fields: [(name: String, value: String)], sensitive: Set<String> = []) {
        var bytes: [UInt8] = []
        var ranges: [Field] = []
        for (name, value) in fields {
            let start = bytes.count
            bytes += name.utf8
            let middle = bytes.count
            bytes += value.utf8
            ranges.append(
                Field(
                    name: ByteRange(start, middle), value: ByteRange(middle, bytes.count),
                    isSensitive: sensitive.contains(name)))
        }
        self.bytes = bytes
        self.fields = ranges
    }
}
