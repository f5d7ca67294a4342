/// Bounds of one set of rules, wherever it comes from.
public enum CORSLimits {
    /// Origins of one set of rules: more applications than a tenant has.
    public static let origins = 256
    /// Bytes of an origin: the longest host with scheme and port, with room to spare. A longer one of a request matches nothing.
    public static let originBytes = 320
    /// Names in a list of header fields; also the names of one preflight that are looked at.
    public static let headers = 64
    /// Bytes of a header field's name.
    public static let headerBytes = 128
    /// Seconds a browser may keep the answer to a preflight: a day, the most that any browser honours.
    public static let maximumAgeSeconds = 86_400
    /// Bytes of rules in JSON: all of the above at their longest.
    public static let jsonBytes = 128 << 10
    /// Faults reported of one set of rules; the rest would say the same.
    public static let faults = 32
}
