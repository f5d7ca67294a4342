"""Writes tokens.json and service.pb beside this file: tokens signed by another implementation, and a small descriptor set.

Run `python3 mint.py` (needs `cryptography` and `protoc`) only to change the cases: keys are drawn anew each time.
"""

import base64
import json
import pathlib
import subprocess

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

HERE = pathlib.Path(__file__).parent
ANNOTATIONS = HERE.parents[3] / "Examples" / "protos"
NOW = 1_800_000_000
ISSUER = "https://iam.example"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public(key, kid):
    numbers = key.public_key().public_numbers()
    return {
        "kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256",
        "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big")),
    }


def token(key, kid="old", **changes):
    header = {"alg": "ES256", "typ": "JWT", "kid": kid}
    claims = {
        "iss": ISSUER, "aud": "platform-kernel", "sub": "user-1", "tenantId": "tenant-1", "roles": ["member"], "iat": NOW - 60,
        "exp": NOW + 3600,
    } | changes
    text = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    r, s = utils.decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


old, new, stranger = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
tokens = {
    "member": token(old),
    "colleague": token(old, sub="user-2"),
    "admin": token(old, sub="user-3", roles=["admin"]),
    "support": token(old, sub="user-4", roles=["support", "member"]),
    "unlimited": token(old, sub="user-5", roles=["member", "robot"]),
    "no roles": token(old, sub="user-6", roles=[]),
    "short": token(old, sub="user-7", exp=NOW + 10),
    "new key": token(new, kid="new", sub="user-8"),
    "expired": token(old, exp=NOW - 6),
    "not yet": token(old, nbf=NOW + 60),
    "future": token(old, iat=NOW + 60),
    "other issuer": token(old, iss="https://other.example"),
    "other audience": token(old, aud="elsewhere"),
    "no subject": token(old, sub=""),
    "no tenant": token(old, tenantId=7),
    "bad roles": token(old, roles="admin"),
    "forged": token(stranger),
    "not a token": "abc",
    "not base64url": "a.b!.c",
}
for number in range(20):
    tokens[f"visitor {number}"] = token(old, sub=f"visitor-{number}")
document = {
    "now": NOW, "issuer": ISSUER, "old": {"keys": [public(old, "old")]}, "new": {"keys": [public(new, "new")]},
    "both": {"keys": [public(old, "old"), public(new, "new")]}, "tokens": tokens,
}
(HERE / "tokens.json").write_text(json.dumps(document, indent=1) + "\n")
subprocess.run(
    [
        "protoc", "--include_imports", f"--descriptor_set_out={HERE / 'service.pb'}", f"-I{HERE}", f"-I{ANNOTATIONS}",
        "service.proto",
    ],
    check=True,
)
