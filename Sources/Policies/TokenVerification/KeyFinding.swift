/// Something wrong with one key of a key set; the other keys of the set are used all the same.
public struct KeyFinding: Sendable, Hashable {
    /// Position in the `keys` array, from 0.
    public let index: Int
    /// The `kid` of the key as text, when it has one that could be read.
    public let keyID: String?
    /// What is wrong.
    public let code: Code

    /// What is wrong with a key; the raw value may label a metric.
    public enum Code: String, Sendable, CaseIterable {
        /// Not a JSON object.
        case notAnObject = "key-not-an-object"
        /// `kid` is not a string of 1 to 256 bytes.
        case keyID = "key-id"
        /// `kty` is absent or not a string.
        case type = "key-type"
        /// `kty` is a type that cannot verify an allowed algorithm; symmetric keys (`oct`) always land here.
        case unsupportedType = "key-unsupported-type"
        /// `crv` is absent or a curve that is not supported.
        case unsupportedCurve = "key-unsupported-curve"
        /// `use` is not `sig`: the key is for something else.
        case use = "key-use"
        /// `key_ops` does not allow `verify` or is malformed.
        case operations = "key-operations"
        /// `alg` is not a signature algorithm the gateway verifies.
        case unsupportedAlgorithm = "key-unsupported-algorithm"
        /// `alg` does not fit the key's type or curve.
        case algorithmMismatch = "key-algorithm-mismatch"
        /// A number of the key is absent, not strict base64url or of the wrong length, or the numbers are no key.
        case numbers = "key-numbers"
        /// An RSA modulus below 2048 bits.
        case weak = "key-weak"
        /// An RSA modulus above 8192 bits: each check of a signature would cost milliseconds.
        case oversized = "key-oversized"
        /// Another key of the set has this `kid` for the same algorithm; the first one counts.
        case duplicate = "key-duplicate"
        /// The set holds more keys than `KeySet.maximumKeys`; this one and all after it were not read.
        case tooMany = "key-too-many"
        /// The private half is published too. The key is used, but whoever can read the set can mint tokens.
        case privatePublished = "key-private-published"

        /// Whether the key is skipped because of it.
        public var skipsKey: Bool { self != .privatePublished }
    }
}
