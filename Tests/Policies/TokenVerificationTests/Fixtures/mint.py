"""Writes keys.json, good.json and bad.json beside this file, with keys and signatures of another implementation.

Run `python3 mint.py` (needs `cryptography` and `joserfc`) only to change the cases: keys are drawn anew each time. Good tokens are minted by
joserfc; bad ones are put together by hand from `cryptography`'s signatures, because no honest library writes them.
"""

import base64
import datetime
import hashlib
import hmac
import json
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from joserfc import jwk, jwt

HERE = pathlib.Path(__file__).parent
NOW = 1_800_000_000
ISSUER = "https://iam.example"
OTHER = "https://other.example"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, length=None):
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def public_jwk(key, **members):
    public = key.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        n, size = public.public_numbers(), (public.curve.key_size + 7) // 8
        name = {256: "P-256", 384: "P-384", 521: "P-521"}[public.curve.key_size]
        core = {"kty": "EC", "crv": name, "x": number(n.x, size), "y": number(n.y, size)}
    elif isinstance(public, rsa.RSAPublicKey):
        n = public.public_numbers()
        core = {"kty": "RSA", "n": number(n.n), "e": number(n.e)}
    else:
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        core = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
    return core | members


HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def sign(key, algorithm, message):
    digest = HASHES.get(algorithm[2:])
    if algorithm == "EdDSA":
        return key.sign(message)
    if algorithm.startswith("RS"):
        return key.sign(message, padding.PKCS1v15(), digest)
    if algorithm.startswith("PS"):
        return key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(digest)))
    size = (key.curve.key_size + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def token_of(header, claims, key, algorithm):
    """A token of exactly these texts (or objects), signed whatever they say."""
    texts = [t if isinstance(t, bytes) else json.dumps(t, separators=(",", ":")).encode() for t in (header, claims)]
    parts = ".".join(b64(t) for t in texts)
    return parts + "." + b64(sign(key, algorithm, parts.encode()))


es = ec.generate_private_key(ec.SECP256R1())
es_next = ec.generate_private_key(ec.SECP256R1())
es_other = ec.generate_private_key(ec.SECP256R1())
es_bare = [ec.generate_private_key(ec.SECP256R1()) for _ in range(5)]
es384 = ec.generate_private_key(ec.SECP384R1())
rs = rsa.generate_private_key(65537, 2048)
ps = rsa.generate_private_key(65537, 3072)
ed = ed25519.Ed25519PrivateKey.generate()

main_set = {
    "keys": [
        public_jwk(es, kid="es", use="sig", alg="ES256"),
        public_jwk(es_next, kid="es-next", use="sig", key_ops=["verify"]),
        public_jwk(es384, kid="es384", alg="ES384"),
        public_jwk(rs, kid="rs", use="sig", alg="RS256"),
        public_jwk(rs, kid="rsa-any", use="sig"),
        public_jwk(ps, kid="ps", alg="PS256"),
        public_jwk(ed, kid="ed", alg="EdDSA"),
    ]
}
other_set = {"keys": [public_jwk(es_other, kid="only-other", use="sig", alg="ES256")]}
bare_set = {"keys": [public_jwk(key) for key in es_bare]}

HEADER = {"alg": "ES256", "typ": "JWT", "kid": "es"}
CLAIMS = {
    "iss": ISSUER, "aud": "platform-kernel", "sub": "user-000001", "tenantId": "tenant-001", "roles": ["member", "editor"],
    "iat": NOW - 60, "exp": NOW + 3600,
}


def claims(**changes):
    return {k: v for k, v in (CLAIMS | changes).items() if v is not ...}


def header(**changes):
    return {k: v for k, v in (HEADER | changes).items() if v is not ...}


def with_claims(**changes):
    return token_of(HEADER, claims(**changes), es, "ES256")


def with_header(**changes):
    return token_of(header(**changes), CLAIMS, es, "ES256")


def library(key, algorithm, kid):
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    kind = "OKP" if algorithm == "EdDSA" else "EC" if algorithm.startswith("ES") else "RSA"
    held = jwk.import_key(pem, kind)
    return jwt.encode({"alg": algorithm, "typ": "JWT", "kid": kid}, CLAIMS, held, algorithms=[algorithm])


good = [
    {"name": f"{algorithm} with key {kid}", "token": library(key, algorithm, kid)}
    for key, algorithm, kid in [
        (es, "ES256", "es"), (es_next, "ES256", "es-next"), (es384, "ES384", "es384"), (rs, "RS256", "rs"),
        (rs, "RS256", "rsa-any"), (rs, "RS384", "rsa-any"), (rs, "RS512", "rsa-any"), (rs, "PS256", "rsa-any"),
        (rs, "PS384", "rsa-any"), (rs, "PS512", "rsa-any"), (ps, "PS256", "ps"), (ed, "EdDSA", "ed"),
    ]
]


def accept(name, token, **expected):
    good.append({"name": name, "token": token} | expected)


accept("type at+jwt", with_header(typ="at+jwt"))
accept("type in another case", with_header(typ="jwt"))
accept("type application/at+jwt", with_header(typ="application/at+jwt"))
accept("no type", with_header(typ=...))
accept("key pointers in the header are ignored", with_header(jku="https://evil.example/jwks", jwk=public_jwk(es_other)))
accept("escaped member names and values", token_of(
    b'{"\\u0061lg":"ES\\u003256","kid":"\\u0065s"}',
    json.dumps(claims()).replace('"sub"', '"s\\u0075b"').replace("user-", "us\\u0065r-").encode(), es, "ES256"))
accept("whitespace inside the JSON", token_of(
    b' {\n"alg" : "ES256", "kid":"es" }\r\n', b"\t" + json.dumps(claims(), indent=2).encode(), es, "ES256"))
accept("no key id, found among the issuer's first four",
       token_of(header(kid=...), claims(iss="https://bare.example"), es_bare[3], "ES256"), issuer=2)
accept("the second issuer's own key", token_of(header(kid="only-other"), claims(iss=OTHER), es_other, "ES256"), issuer=1)
accept("audience array that holds ours", with_claims(aud=["a", "platform-kernel", "b"]))
accept("no roles", with_claims(roles=...), roles="")
accept("empty roles", with_claims(roles=[]), roles="")
accept("a role with an inner space", with_claims(roles=["Tenant Admin", "x"]), roles="Tenant Admin,x")
accept("64 roles", with_claims(roles=["r%02d" % i for i in range(64)]), roles=",".join("r%02d" % i for i in range(64)))
accept("a role of 128 bytes", with_claims(roles=["r" * 128]), roles="r" * 128)
accept("expires in 4 seconds of leeway", with_claims(exp=NOW - 4), expiresAt=NOW + 1)
accept("expiry with a fraction", with_claims(exp=NOW + 0.9), expiresAt=NOW + 5)
accept("expiry written with an exponent", token_of(
    HEADER, json.dumps(claims(exp=77)).replace('"exp": 77', '"exp": 19e8').encode(), es, "ES256"), expiresAt=1_900_000_005)
accept("the last second of the year 9999", with_claims(exp=253402300799), expiresAt=253402300804)
accept("valid from 5 seconds ahead", with_claims(nbf=NOW + 5))
accept("issued 5 seconds ahead", with_claims(iat=NOW + 5))
accept("no time of issue", with_claims(iat=...))
accept("a subject of 255 bytes", with_claims(sub="s" * 255), subject="s" * 255)
accept("a tenant of 128 bytes", with_claims(tenantId="t" * 128), tenant="t" * 128)
accept("every visible character in the subject", with_claims(sub="".join(map(chr, range(0x21, 0x7F)))),
       subject="".join(map(chr, range(0x21, 0x7F))))
accept("further claims of every type", with_claims(realm_access={"roles": ["x", {"y": [1, None, True]}]}, azp=None, n=1.5))

bad = []


def refuse(name, token, code):
    bad.append({"name": name, "token": token, "code": "token-" + code})


parts = with_claims().split(".")
signature = base64.urlsafe_b64decode(parts[2] + "==")
r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def with_signature(raw):
    return f"{parts[0]}.{parts[1]}.{b64(raw)}"


def unsigned(algorithm):
    return b64(json.dumps({"alg": algorithm, "kid": "es"}).encode()) + "." + parts[1]


for algorithm in ["none", "None", "NONE", "nOnE", "", "es256", "ES256 ", "HS256", "ES512", "ES256K", "RSA-OAEP", "EdDSA448"]:
    refuse(f"algorithm '{algorithm}'", unsigned(algorithm) + "." + parts[2], "algorithm")
refuse("algorithm none without signature", unsigned("none") + ".", "structure")
public_pem = es.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
for label, secret in [("PEM", public_pem), ("JWK", json.dumps(main_set["keys"][0]).encode()), ("kid", b"es"), ("nothing", b"")]:
    text = unsigned("HS256")
    refuse(f"HMAC keyed with the public key as {label}", text + "." + b64(hmac.new(secret, text.encode(), hashlib.sha256).digest()),
           "algorithm")
refuse("no algorithm", with_header(alg=...), "algorithm")
refuse("algorithm is a number", with_header(alg=256), "header")
refuse("algorithm is a list", with_header(alg=["ES256"]), "header")
refuse("algorithm not on the issuer's list", token_of(header(alg="ES384", kid="only-other"), claims(iss=OTHER), es384, "ES384"), "algorithm")
refuse("algorithm of another curve than the key", token_of(header(alg="ES384"), CLAIMS, es384, "ES384"), "key-algorithm")
refuse("RSA algorithm with an elliptic key", token_of(header(alg="RS256"), CLAIMS, rs, "RS256"), "key-algorithm")
refuse("PSS with a key for PKCS 1", token_of(header(alg="PS256", kid="rs"), CLAIMS, rs, "PS256"), "key-algorithm")
refuse("PKCS 1 with a key for PSS", token_of(header(alg="RS256", kid="ps"), CLAIMS, ps, "RS256"), "key-algorithm")
refuse("PSS signature called PKCS 1", token_of(header(alg="RS256", kid="rsa-any"), CLAIMS, rs, "PS256"), "signature")
refuse("digest of another size", token_of(header(alg="RS256", kid="rsa-any"), CLAIMS, rs, "RS512"), "signature")
message = b64(json.dumps(header(alg="PS256", kid="ps")).encode()) + "." + parts[1]
for salt in [0, 20, 33]:
    raw = ps.sign(message.encode(), padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256())
    refuse(f"PSS with a salt of {salt} bytes", message + "." + b64(raw), "signature")
raw = ps.sign(message.encode(), padding.PSS(padding.MGF1(hashes.SHA1()), 32), hashes.SHA256())
refuse("PSS with MGF1 over SHA-1", message + "." + b64(raw), "signature")
refuse("RSA signature with a leading zero byte", message + "." + b64(b"\0" + sign(ps, "PS256", message.encode())), "signature")
refuse("key of another issuer", token_of(header(kid="only-other"), CLAIMS, es_other, "ES256"), "unknown-key")
refuse("unknown key", with_header(kid="nobody"), "unknown-key")
refuse("key id in another case", with_header(kid="ES"), "unknown-key")
refuse("other key's signature", token_of(HEADER, CLAIMS, es_next, "ES256"), "signature")
refuse("no key id, and the key is the fifth", token_of(header(kid=...), claims(iss="https://bare.example"), es_bare[4], "ES256"), "signature")
refuse("no key id and none of the algorithm", token_of(
    header(kid=..., alg="ES384"), claims(iss="https://bare.example"), es384, "ES384"), "unknown-key")
refuse("key id is a number", with_header(kid=1), "header")
refuse("key id is empty", with_header(kid=""), "header")
refuse("key id of 257 bytes", with_header(kid="k" * 257), "header")
refuse("empty crit", with_header(crit=[]), "critical")
refuse("crit with b64", with_header(crit=["b64"], b64=False), "critical")
refuse("b64 true", with_header(b64=True), "critical")
refuse("crit null", with_header(crit=None), "critical")
refuse("escaped crit", token_of(b'{"alg":"ES256","kid":"es","cr\\u0069t":["exp"]}', CLAIMS, es, "ES256"), "critical")
refuse("type JOSE", with_header(typ="JOSE"), "type")
refuse("type secevent+jwt", with_header(typ="secevent+jwt"), "type")
refuse("type is a list", with_header(typ=["JWT"]), "header")
refuse("duplicate algorithm", token_of(b'{"alg":"none","alg":"ES256","kid":"es"}', CLAIMS, es, "ES256"), "header")
refuse("duplicate key id by escape", token_of(b'{"alg":"ES256","kid":"es","k\\u0069d":"es"}', CLAIMS, es, "ES256"), "header")
refuse("header is a list", token_of(b'["ES256"]', CLAIMS, es, "ES256"), "header")
refuse("header is cut", token_of(b'{"alg":"ES256","kid":"es"', CLAIMS, es, "ES256"), "header")
refuse("header with a trailing comma", token_of(b'{"alg":"ES256","kid":"es",}', CLAIMS, es, "ES256"), "header")
refuse("header with a byte order mark", token_of(b'\xef\xbb\xbf{"alg":"ES256","kid":"es"}', CLAIMS, es, "ES256"), "header")
refuse("header in UTF-16", token_of('{"alg":"ES256","kid":"es"}'.encode("utf-16-le"), CLAIMS, es, "ES256"), "header")
refuse("header with bad UTF-8", token_of(b'{"alg":"ES256","kid":"es","x":"\xff"}', CLAIMS, es, "ES256"), "header")
refuse("two headers", token_of(b'{"alg":"ES256","kid":"es"}{}', CLAIMS, es, "ES256"), "header")
refuse("deep header", token_of(b'{"alg":"ES256","kid":"es","x":' + b"[" * 50 + b"]" * 50 + b"}", CLAIMS, es, "ES256"), "header")

whole = ".".join(parts)
refuse("nothing", "", "structure")
refuse("no dot", whole.replace(".", ""), "structure")
refuse("one dot", f"{parts[0]}.{parts[1]}{parts[2]}", "structure")
refuse("three dots", whole + ".", "structure")
refuse("four parts", whole + ".e30", "structure")
refuse("five parts as of an encrypted token", "e30.e30.e30.e30.e30", "structure")
refuse("empty header", f".{parts[1]}.{parts[2]}", "structure")
refuse("empty claims", f"{parts[0]}..{parts[2]}", "structure")
refuse("empty signature", f"{parts[0]}.{parts[1]}.", "structure")
for index, part in enumerate(["header", "claims", "signature"]):
    for label, change in [
        ("padding", lambda p: p + "=" * (-len(p) % 4 or 4)), ("a leading space", lambda p: " " + p), ("a line feed", lambda p: p[:8] + "\n" + p[8:]),
        ("a trailing tab", lambda p: p + "\t"), ("a NUL", lambda p: p + "\0"), ("a plus", lambda p: "+" + p[1:]), ("a slash", lambda p: p[:4] + "/" + p[5:]),
        ("a percent escape", lambda p: "%41" + p[1:]), ("a letter beyond ASCII", lambda p: "\u00e9" + p[1:]),
    ]:
        changed = list(parts)
        changed[index] = change(changed[index])
        refuse(f"{label} in the {part}", ".".join(changed), "encoding")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
assert len(parts[2]) == 86
for step in range(1, 16):
    last = ALPHABET[ALPHABET.index(parts[2][-1]) + step]
    refuse(f"unused bits {step} at the end of the signature", f"{parts[0]}.{parts[1]}.{parts[2][:-1]}{last}", "encoding")
refuse("a last group of one character", whole + "AAA", "encoding")

der = utils.encode_dss_signature(r, s)
refuse("signature in DER", with_signature(der), "signature")
refuse("signature with both numbers zero", with_signature(bytes(64)), "signature")
refuse("first number zero", with_signature(bytes(32) + signature[32:]), "signature")
refuse("second number zero", with_signature(signature[:32] + bytes(32)), "signature")
refuse("first number is the order", with_signature(ORDER.to_bytes(32, "big") + signature[32:]), "signature")
refuse("second number is the order", with_signature(signature[:32] + ORDER.to_bytes(32, "big")), "signature")
refuse("numbers swapped", with_signature(signature[32:] + signature[:32]), "signature")
refuse("signature of all ones", with_signature(b"\xff" * 64), "signature")
if r + ORDER < 1 << 256:
    refuse("first number plus the order", with_signature((r + ORDER).to_bytes(32, "big") + signature[32:]), "signature")
refuse("signature of 63 bytes", with_signature(signature[:63]), "signature")
refuse("signature of 65 bytes", with_signature(signature + b"\0"), "signature")
refuse("signature with leading zeros", with_signature(b"\0" + signature[:32] + b"\0" + signature[32:]), "signature")
refuse("signature of another curve's length", with_signature(signature[:32] + bytes(16) + signature[32:] + bytes(16)), "signature")
refuse("claims of another token", ".".join([parts[0], with_claims(sub="root").split(".")[1], parts[2]]), "signature")

refuse("claims are a list", token_of(HEADER, b"[1]", es, "ES256"), "claims")
refuse("claims are a nested token", token_of(HEADER, whole.encode(), es, "ES256"), "claims")
refuse("duplicate subject", token_of(HEADER, json.dumps(claims())[:-1].encode() + b',"sub":"root"}', es, "ES256"), "claims")
refuse("duplicate inside a nested claim", token_of(HEADER, json.dumps(claims())[:-1].encode() + b',"x":{"a":1,"a":2}}', es, "ES256"), "claims")
refuse("claims nest 17 levels deep", token_of(
    HEADER, json.dumps(claims())[:-1].encode() + b',"x":' + b"[" * 16 + b"]" * 16 + b"}", es, "ES256"), "claims")
refuse("a lone surrogate in a claim", token_of(HEADER, json.dumps(claims())[:-1].encode() + b',"x":"\\ud800"}', es, "ES256"), "claims")
refuse("no issuer", with_claims(iss=...), "issuer")
refuse("issuer is a list", with_claims(iss=[ISSUER]), "issuer")
refuse("issuer with a slash more", with_claims(iss=ISSUER + "/"), "issuer")
refuse("issuer in another case", with_claims(iss=ISSUER.upper()), "issuer")
refuse("issuer cut short", with_claims(iss=ISSUER[:-1]), "issuer")
refuse("no audience", with_claims(aud=...), "audience")
for label, value in [("another", "platform-kernel2"), ("a part of ours", "platform"), ("in another case", "Platform-Kernel"), ("empty", ""),
                     ("an empty list", []), ("a list of others", ["a", "b"]), ("a list with a number", ["platform-kernel", 1]), ("null", None),
                     ("an object", {"platform-kernel": True}), ("a nested list", [["platform-kernel"]])]:
    refuse(f"audience {label}", with_claims(aud=value), "audience")
refuse("no expiry", with_claims(exp=...), "expiry-form")
for label, value in [("text", str(NOW + 60)), ("null", None), ("true", True), ("negative", -1), ("in milliseconds", (NOW + 60) * 1000), ("a list", [NOW + 60]),
                     ("after the year 9999", 253402300800)]:
    refuse(f"expiry {label}", with_claims(exp=value), "expiry-form")
for text in ["1e400", "1e30", "9223372036854775808", "99999999999999999999999999"]:
    refuse(f"expiry {text}", token_of(HEADER, json.dumps(claims(exp=77)).replace('"exp": 77', f'"exp": {text}').encode(), es, "ES256"), "expiry-form")
refuse("expired 5 seconds ago", with_claims(exp=NOW - 5), "expired")
refuse("expired 4.5 seconds ago", with_claims(exp=NOW - 4.5), "expired")
refuse("expired at the epoch", with_claims(exp=0), "expired")
refuse("valid from 6 seconds ahead", with_claims(nbf=NOW + 6), "not-yet-valid")
refuse("valid from 5.5 seconds ahead", with_claims(nbf=NOW + 5.5), "not-yet-valid")
refuse("start is text", with_claims(nbf=str(NOW)), "time-form")
refuse("start is null", with_claims(nbf=None), "time-form")
refuse("issued 6 seconds ahead", with_claims(iat=NOW + 6), "issued-in-future")
refuse("time of issue is text", with_claims(iat="now"), "time-form")
refuse("time of issue is negative", with_claims(iat=-1), "time-form")
UNFIT = [("empty", ""), ("with CR LF", "a\r\nX-Tenant-ID: root"), ("with a line feed", "a\nb"), ("with a NUL", "a\0b"), ("with a space", "a b"), ("with a tab", "a\tb"),
         ("with DEL", "a\x7f"), ("beyond ASCII", "m\u00fcller"), ("beyond the basic plane", "\U0001f600"), ("a number", 7), ("null", None), ("a list", ["a"]), ("an object", {})]
for claim, code, most in [("sub", "subject", 255), ("tenantId", "tenant", 128)]:
    refuse(f"no {code}", with_claims(**{claim: ...}), code)
    for label, value in UNFIT + [("too long", "x" * (most + 1))]:
        refuse(f"{code} {label}", with_claims(**{claim: value}), code)
refuse("subject with a raw control byte by escape", token_of(
    HEADER, json.dumps(claims(sub="QQ")).replace("QQ", "a\\u000d\\u000ab").encode(), es, "ES256"), "subject")
for label, value in [("text", "admin"), ("null", None), ("an object", {"admin": True}), ("with a number", ["a", 1]), ("with an empty name", [""]), ("with a comma", ["a,admin"]),
                     ("with a line feed", ["a\nb"]), ("with a space in front", [" a"]), ("with a space behind", ["a "]), ("beyond ASCII", ["\u00e9"]), ("of 65 names", ["r"] * 65),
                     ("with a name of 129 bytes", ["r" * 129]), ("nested", [["admin"]])]:
    refuse(f"roles {label}", with_claims(roles=value), "roles")

fitting = 0
while len(with_claims(x="x" * (fitting + 1))) <= 8192:
    fitting += 1
exact = with_claims(x="x" * fitting)
accept("a token of the greatest length", exact)
refuse("a token beyond the greatest length", with_claims(x="x" * (fitting + 3)), "too-long")
refuse("a giant", "A" * 100_000, "too-long")

weak = rsa.generate_private_key(65537, 1024)
p521 = ec.generate_private_key(ec.SECP521R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "iam")])
certificate = (
    x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(rs.public_key()).serial_number(1)
    .not_valid_before(datetime.datetime(2020, 1, 1)).not_valid_after(datetime.datetime(2040, 1, 1)).sign(rs, hashes.SHA256()))
encoded = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
good_rs = public_jwk(rs)
shapes = [
    ("x5c", public_jwk(rs, kid="x5c", use="sig", x5c=[encoded], x5t="AAAA"), None),
    ("sign byte before the modulus", good_rs | {"kid": "sign-byte", "n": b64(b"\0" + rs.public_key().public_numbers().n.to_bytes(256, "big"))}, None),
    ("private half", public_jwk(es_next, kid="private", d=number(es_next.private_numbers().private_value, 32)), "key-private-published"),
    ("another key of the same id", public_jwk(ps, kid="x5c", use="sig"), "key-duplicate"),
    ("the same id for another algorithm", public_jwk(es, kid="x5c"), None),
    ("RSA 1024", public_jwk(weak, kid="weak"), "key-weak"),
    ("P-521", public_jwk(p521, kid="p521"), "key-unsupported-curve"),
    ("unknown type", {"kty": "LWE", "kid": "future"}, "key-unsupported-type"),
    ("symmetric", {"kty": "oct", "k": "AAAA", "kid": "oct"}, "key-unsupported-type"),
    ("X25519", {"kty": "OKP", "crv": "X25519", "x": b64(bytes(32))}, "key-unsupported-curve"),
    ("no type", {"kid": "typeless"}, "key-type"),
    ("type is a number", {"kty": 1}, "key-type"),
    ("not an object", "key", "key-not-an-object"),
    ("key id is a number", public_jwk(es, kid=3), "key-id"),
    ("for encryption", public_jwk(rs, kid="enc", use="enc"), "key-use"),
    ("use is a list", public_jwk(rs, kid="use-list", use=["sig"]), "key-use"),
    ("operations without verify", public_jwk(es, kid="signer", key_ops=["sign"]), "key-operations"),
    ("operations is text", public_jwk(es, kid="ops-text", key_ops="verify"), "key-operations"),
    ("algorithm of another curve", public_jwk(es, kid="mismatch", alg="ES384"), "key-algorithm-mismatch"),
    ("algorithm of another type", public_jwk(rs, kid="mismatch2", alg="ES256"), "key-algorithm-mismatch"),
    ("algorithm for encryption", public_jwk(rs, kid="oaep", alg="RSA-OAEP"), "key-unsupported-algorithm"),
    ("symmetric algorithm on a public key", public_jwk(rs, kid="hs", alg="HS256"), "key-unsupported-algorithm"),
    ("point off the curve", public_jwk(es, kid="off") | {"y": b64(bytes(31) + b"\1")}, "key-numbers"),
    ("coordinate too short", public_jwk(es, kid="short") | {"x": b64(bytes(31))}, "key-numbers"),
    ("coordinate with padding", public_jwk(es, kid="padded") | {"x": public_jwk(es)["x"] + "="}, "key-numbers"),
    ("no coordinate", {"kty": "EC", "crv": "P-256", "kid": "no-y", "x": public_jwk(es)["x"]}, "key-numbers"),
    ("even modulus", good_rs | {"kid": "even", "n": b64(b"\xff" * 255 + b"\xfe")}, "key-numbers"),
    ("exponent 1", good_rs | {"kid": "e1", "e": "AQ"}, "key-numbers"),
    ("exponent even", good_rs | {"kid": "e2", "e": "Ag"}, "key-numbers"),
    ("exponent zero", good_rs | {"kid": "e0", "e": "AA"}, "key-numbers"),
    ("exponent huge", good_rs | {"kid": "e5", "e": b64(b"\1\0\0\0\1")}, "key-numbers"),
    ("modulus huge", good_rs | {"kid": "huge", "n": b64(b"\xff" * 1025)}, "key-oversized"),
    ("Ed25519 too short", {"kty": "OKP", "crv": "Ed25519", "kid": "ed31", "x": b64(bytes(31))}, "key-numbers"),
    ("curve is missing", {"kty": "EC", "kid": "no-crv", "x": "AA", "y": "AA"}, "key-unsupported-curve"),
]

write = lambda file, value: (HERE / file).write_text(json.dumps(value, indent=1) + "\n")
write("keys.json", {
    "now": NOW,
    "issuers": [
        {"issuer": ISSUER, "algorithms": "all", "keys": main_set},
        {"issuer": OTHER, "algorithms": "ES256", "keys": other_set},
        {"issuer": "https://bare.example", "algorithms": "all", "keys": bare_set},
    ],
    "shapes": [{"name": n, "key": k, "code": c} for n, k, c in shapes],
})
write("good.json", good)
write("bad.json", bad)
print(len(good), "good,", len(bad), "bad,", len(shapes), "keys")
