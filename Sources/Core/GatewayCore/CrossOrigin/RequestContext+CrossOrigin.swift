public import Bytes
import CORS
import HTTP1
import HTTPSemantics

/// Fields that say which pages may read the answer (Fetch, "HTTP responses").
extension RequestContext {
    /// Whether a preflight is answered with what it asks for.
    public var allowsPreflight: Bool { crossOrigin.isPreflight && crossOrigin.isAllowed }

    /// Whether a service's field is the gateway's to write, because it says who may read the answer.
    public func isForeign(_ name: ByteView) -> Bool {
        crossOrigin.isGoverned && name.count > Self.prefix.count && name[0, Self.prefix.count].equalsIgnoringCase(Self.prefix)
    }

    private static var prefix: ByteView { ByteView("access-control-") }

    /// Marks what a service says of other origins as not to be sent on, and its `Vary`, which is merged with the gateway's.
    func dropForeign(_ fields: FieldTable, of bytes: ByteView) {
        guard crossOrigin.isGoverned else { return }
        fields.drop(.vary)
        var next = fields.firstIndex(.other)
        while let index = next {
            if isForeign(bytes[fields[index].name]) { fields.drop(at: index) }
            next = fields.nextIndex(.other, after: index)
        }
    }

    /// `Vary` and, where the origin is allowed, the fields that say so.
    func appendCrossOrigin(merging fields: FieldTable?, of bytes: ByteView, to out: ByteWriter) {
        guard crossOrigin.isGoverned else { return }
        out.append("vary: ")
        if let fields, fields.contains(.vary) {
            appendVary(fields, of: bytes, to: out)
        } else {
            out.append("Origin")
        }
        if crossOrigin.isPreflight {
            out.append(", Access-Control-Request-Method, Access-Control-Request-Headers\r\n")
        } else {
            out.append("\r\n")
            guard crossOrigin.isAllowed, let rules = crossOrigin.rules, let origin = soleOrigin else { return }
            rules.appendFields(origin: origin, forGRPCWeb: grpcForm == .web || grpcForm == .webText, to: out)
        }
    }

    /// What the preflight asks for, allowed.
    func appendPreflight(to out: ByteWriter) {
        guard allowsPreflight, let rules = crossOrigin.rules, let origin = soleOrigin else { return }
        rules.appendPreflightFields(origin: origin, to: out)
    }

    private func appendVary(_ fields: FieldTable, of bytes: ByteView, to out: ByteWriter) {
        var isNamed = false
        var isFirst = true
        var next = fields.firstIndex(.vary)
        while let index = next {
            let value = bytes[fields[index].value]
            var names = ListElements(value)
            while let name = names.next() {
                // A star says more than any name.
                if name == "*" || name.equalsIgnoringCase("origin") { isNamed = true }
                if !isFirst { out.append(", ") }
                isFirst = false
                out.append(name)
            }
            next = fields.nextIndex(.vary, after: index)
        }
        if isNamed { return }
        out.append(isFirst ? "Origin" : ", Origin")
    }

    /// The value of the only `Origin` line; nil without one, and with several, because who reads which is not known.
    var soleOrigin: ByteView? {
        fields.isRepeated(.origin) ? nil : fields.first(.origin).map { headBytes.view[$0.value] }
    }

    /// Whether the page comes from the host it connects to.
    var isSameHost: Bool {
        guard let origin = soleOrigin, let colon = origin.firstIndex(of: UInt8(ascii: ":")), colon + 3 <= origin.count else {
            return false
        }
        return !authority.isEmpty && origin[colon + 3, origin.count].equalsIgnoringCase(authority)
    }
}
