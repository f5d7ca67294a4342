import Bytes
import TokenVerification

/// `jws`: header and signature of a token against a key set.
func jws(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let keys = try arguments.required("jwks").document
    let token = Array(try arguments.text("token").utf8)
    let algorithms = try algorithms(arguments)
    let reason = keys.withByteView { keys in
        token.withByteView { TokenProbe.jws(jwks: keys, token: $0, algorithms: algorithms) }
    }
    return ["accept": .bool(reason == nil), "reason": .optional(reason)]
}

/// `jwt`: a whole token under one issuer's rule.
func jwt(_ arguments: Arguments) throws(ProbeFault) -> KeyValuePairs<String, Answer> {
    let keys = try arguments.required("jwks").document
    let token = Array(try arguments.text("token").utf8)
    var rule = IssuerRule(issuer: try arguments.text("issuer"), algorithms: try algorithms(arguments))
    rule.audiences = [try arguments.text("audience")]
    if let claim = arguments["tenantClaim"]?.text { rule.tenantClaim = claim }
    let now = try arguments.integer("now")
    let (identity, reason) = keys.withByteView { keys in
        token.withByteView { TokenProbe.jwt(jwks: keys, token: $0, rule: rule, now: now) }
    }
    return [
        "accept": .bool(reason == nil), "reason": .optional(reason),
        "subject": .optional(identity.map { String($0.subject) }), "tenant": .optional(identity.map { String($0.tenant) }),
        "roles": identity.map { identity in
            .list((0..<identity.roleCount).map { .text(String(identity.role($0))) })
        } ?? .null,
    ]
}

/// The algorithms the line allows; every supported one when it names none.
private func algorithms(_ arguments: Arguments) throws(ProbeFault) -> SignatureAlgorithms {
    guard let names = arguments["algorithms"] else { return .all }
    var algorithms: [SignatureAlgorithm] = []
    for name in names.elements {
        // A name that is not supported allows nothing more, as in a configuration that could not be loaded with it.
        if let algorithm = name.text.flatMap({ SignatureAlgorithm($0) }) { algorithms.append(algorithm) }
    }
    return SignatureAlgorithms(algorithms)
}
