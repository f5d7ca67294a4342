import Bytes
import HTTPSemantics

/// What answers of a deprecated version say of it.
extension RequestContext {
    private static let names: [StaticString] = ["deprecation", "sunset"]

    /// Whether a service's field is the gateway's to write, because it says how long the version is served.
    private func isNotice(_ name: ByteView) -> Bool {
        notice != nil && Self.names.contains { name.equalsIgnoringCase($0) }
    }

    /// Marks what a service says of its own end as not to be sent on.
    func dropNotices(_ fields: FieldTable, of bytes: ByteView) {
        guard notice != nil else { return }
        var next = fields.firstIndex(.other)
        while let index = next {
            if isNotice(bytes[fields[index].name]) { fields.drop(at: index) }
            next = fields.nextIndex(.other, after: index)
        }
    }

    func appendNotice(to out: ByteWriter) {
        if let notice { notice.fields.withByteView { out.append($0) } }
    }
}
