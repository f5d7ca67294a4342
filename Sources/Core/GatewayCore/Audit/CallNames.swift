import Bytes

/// The names of an operation as the audit trail writes them; the views live as long as this does.
final class CallNames: @unchecked Sendable {
    // Unchecked because of `bytes` alone, which nothing writes after `init`.
    private let bytes: ByteWriter
    private let routeRange: ByteRange
    private let serviceRange: ByteRange
    private let moduleRange: ByteRange

    init(route: String, service: String?, module: ModuleReference?) {
        let bytes = ByteWriter(capacity: 64)
        bytes.append(utf8: route)
        routeRange = ByteRange(0, bytes.count)
        bytes.append(utf8: service ?? "")
        serviceRange = ByteRange(routeRange.end, bytes.count)
        if case .fixed(let slug) = module { slug.withByteView { bytes.append($0) } }
        moduleRange = ByteRange(serviceRange.end, bytes.count)
        self.bytes = bytes
    }

    var route: ByteView { bytes.view[routeRange] }
    var service: ByteView { bytes.view[serviceRange] }
    /// Empty where the path names the module.
    var module: ByteView { bytes.view[moduleRange] }
}
