import Bytes

extension Difference {
    /// Types that a client may be known to send. Any other text in `Content-Type` is the client's own and so a value.
    private static let knownTypes: Set<String> = [
        "application/json", "application/merge-patch+json", "application/json-patch+json", "application/x-ndjson",
        "application/xml",
        "application/octet-stream", "application/pdf", "application/yaml", "application/x-www-form-urlencoded",
        "multipart/form-data", "text/plain", "text/html", "text/csv", "text/xml", "image/png", "image/jpeg", "image/webp",
    ]

    /// The media type in a `Content-Type` of a request, for a difference's subject; nil when it is none that is known.
    static func mediaType(_ contentType: ByteView) -> String? {
        let type = contentType.mediaType
        guard type.count <= 64 else { return nil }
        let name = String(type).lowercased()
        return knownTypes.contains(name) ? name : nil
    }
}
