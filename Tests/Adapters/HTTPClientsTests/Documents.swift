/// Key sets as an issuer would publish them, before and after a rotation.
enum Documents {
    static let first = #"""
        {"kty":"EC","crv":"P-256",
        "x":"OVyADbGYIWHzgZ-t-1dUFHR5IH9C309BnBt1I9kROn8",
        "y":"DO_jCsX_fdbsG0L9bQoWLaHrPWDOOf8rhKGMb8yxyEc","kid":"es","use":"sig","alg":"ES256"}
        """#
    static let second = #"""
        {"kty":"EC","crv":"P-256",
        "x":"DqVxWDeFmIGL_Ym43l4Z-B16movFWCzg8BaYOBmM88g",
        "y":"sEBrKrW4CZq1GhIWbaQXJBEz1LsF4Wi3F0uuYx6bnvg","kid":"es-next","use":"sig","key_ops":["verify"]}
        """#
    static let before = Array("{\"keys\":[\(first)]}".utf8)
    static let rotated = Array("{\"keys\":[\(first),\(second)]}".utf8)
    /// The same keys as `before`, written differently.
    static let respelled = Array("{ \"keys\" : [ \(first) , {\"kty\":\"oct\"} ] }\n".utf8)
}
