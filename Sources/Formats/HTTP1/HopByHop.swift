public import Bytes
public import HTTPSemantics

/// Which fields end at the gateway (RFC 9110 section 7.6.1).
public enum HopByHop {
    /// Fields that speak about one connection, or to the next proxy alone, and are never sent on.
    public static let fields: FieldNameSet = [
        .connection, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade, .http2Settings, .proxyAuthorization,
        .proxyAuthenticate,
    ]

    /// Marks the lines of a head that must not be sent on; allocates nothing.
    ///
    /// These are `fields`, `Trailer` unless the trailers are sent on too, and what `Connection` nominates. A nomination takes
    /// effect only on a name the gateway does not know: all others are addressed to whoever serves the request, and a client
    /// that could have `Host`, `Authorization`, `Content-Length` or an identity field removed on the way would choose what the
    /// upstream believes.
    ///
    /// `table` must come from a head parser, which bounds the nominations. A tunnel that is granted writes its own `Connection`
    /// and `Upgrade`; so does whoever asks an upstream for trailers with `TE`.
    public static func mark(_ table: FieldTable, in bytes: ByteView, sendsTrailers: Bool) {
        if !sendsTrailers { table.drop(.trailer) }
        guard table.containsAny(of: fields) else { return }
        var next = table.contains(.other) ? table.firstIndex(.connection) : nil
        while let index = next {
            var options = ListElements(bytes[table[index].value])
            while let option = options.next() {
                if FieldName(recognising: option) == .other, !option.equalsIgnoringCase("close") { drop(option, table, bytes) }
            }
            next = table.nextIndex(.connection, after: index)
        }
        table.drop(fields)
    }

    private static func drop(_ name: ByteView, _ table: FieldTable, _ bytes: ByteView) {
        var next = table.firstIndex(.other)
        while let index = next {
            if bytes[table[index].name].equalsIgnoringCase(name) { table.drop(at: index) }
            next = table.nextIndex(.other, after: index)
        }
    }
}
