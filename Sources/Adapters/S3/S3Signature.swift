import Crypto
import Foundation

/// Signs requests with AWS Signature Version 4, as S3 and its likes want them (AWS General Reference, "Signature Version 4 signing process").
struct S3Signature {
    var accessKey: String
    var secretKey: String
    var sessionToken: String?
    var region: String

    /// The SHA-256 of no body.
    static let emptyBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// The fields that go with a request: `Authorization` and what it signs beside `Host`.
    ///
    /// - Parameters:
    ///   - path: percent-encoded, as in the request line.
    ///   - query: names and values, not encoded.
    ///   - host: as in `Host`.
    ///   - date: `20130524T000000Z`.
    ///   - bodyHash: hexadecimal SHA-256 of the body.
    ///   - further: fields that are signed too, names in lowercase.
    func fields(
        method: String, path: String, query: [(String, String)] = [], host: String, date: String, bodyHash: String = emptyBody,
        further: [(String, String)] = []
    ) -> [(String, String)] {
        var signed = [("host", host), ("x-amz-content-sha256", bodyHash), ("x-amz-date", date)] + further
        if let sessionToken { signed.append(("x-amz-security-token", sessionToken)) }
        signed.sort { $0.0 < $1.0 }
        let names = signed.map(\.0).joined(separator: ";")
        let canonicalQuery = query.map { "\(Self.encode($0.0))=\(Self.encode($0.1))" }.sorted().joined(separator: "&")
        let lines = signed.map { "\($0.0):\($0.1.trimmingCharacters(in: .whitespaces))\n" }.joined()
        let canonical = [method, path, canonicalQuery, lines, names, bodyHash].joined(separator: "\n")
        let scope = "\(date.prefix(8))/\(region)/s3/aws4_request"
        let text = ["AWS4-HMAC-SHA256", date, scope, Self.hex(SHA256.hash(data: Data(canonical.utf8)))].joined(separator: "\n")
        var key = SymmetricKey(data: Data("AWS4\(secretKey)".utf8))
        for part in [String(date.prefix(8)), region, "s3", "aws4_request"] {
            key = SymmetricKey(data: Data(HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: key)))
        }
        let signature = Self.hex(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
        let authorization = "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope),SignedHeaders=\(names),Signature=\(signature)"
        return signed.filter { $0.0 != "host" } + [("authorization", authorization)]
    }

    /// A point in time as signatures write it.
    static func date(_ seconds: Int64) -> String {
        var (time, parts) = (time_t(seconds), tm())
        gmtime_r(&time, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))T\(two(parts.tm_hour))\(two(parts.tm_min))"
            + "\(two(parts.tm_sec))Z"
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Percent-encodes everything but letters, digits and `-._~`.
    static func encode(_ text: String) -> String {
        text.utf8.map { byte -> String in
            let scalar = Character(UnicodeScalar(byte))
            if byte < 0x80, scalar.isLetter || scalar.isNumber || "-._~".contains(scalar) { return String(scalar) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
