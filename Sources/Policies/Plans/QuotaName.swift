import Bytes

/// What a quota may be called: 1 to 4 parts with dots between.
enum QuotaName {
    static let mostParts = 4

    static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= mostParts && parts.allSatisfy { NamePart.isValid(String($0)) }
    }
}
