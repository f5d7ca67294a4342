import Bytes
import HTTPSemantics

/// What every answer below the path of a deprecated version says: made once, appended as it is.
public final class VersionNotice: Sendable {
    public let version: APIVersion
    /// The path of the version: itself and all below it.
    let prefix: [UInt8]
    /// Last second in which it is served.
    let sunset: Int64
    /// Lines with their line ends.
    let fields: [UInt8]
    /// The same, for who writes fields otherwise.
    public let fieldValues: [(name: String, value: String)]

    /// - Parameter base: What stands before the version, such as `/api`.
    public init(_ version: APIVersion, _ mark: VersionMark, base: String) {
        self.version = version
        prefix = Array("\(base)/\(version.text)".utf8)
        sunset = mark.sunset.unixSeconds
        var date = HTTPDate()
        let link = mark.link.map { "<\($0)>; rel=\"deprecation\"" } ?? "</api-docs/\(version.text)>; rel=\"deprecation\""
        fieldValues = [
            // The contract's word; RFC 9745, which came later, has a time there.
            ("deprecation", "true"), ("sunset", String(date.view(at: sunset))), ("link", link),
        ]
        fields = Array(fieldValues.map { "\($0.name): \($0.value)\r\n" }.joined().utf8)
    }

    /// The path of the version, for who sends all below it somewhere.
    public var path: String { String(decoding: prefix, as: UTF8.self) }

    func isOver(at unixSeconds: Int64) -> Bool { unixSeconds > sunset }

    /// Whether the path is the version's.
    func covers(_ path: ByteView) -> Bool {
        guard path.count >= prefix.count, prefix.withByteView({ path[0, prefix.count] == $0 }) else { return false }
        return path.count == prefix.count || path[prefix.count] == UInt8(ascii: "/")
    }
}

/// The deprecated versions of a platform; never empty.
public struct VersionTable: Sendable {
    public let notices: [VersionNotice]

    /// Nil when there is none: requests then are not looked at for it.
    public init?(_ notices: [VersionNotice]) {
        guard !notices.isEmpty else { return nil }
        self.notices = notices
    }

    func notice(of path: ByteView) -> VersionNotice? { notices.first { $0.covers(path) } }
}
