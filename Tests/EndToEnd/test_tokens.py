"""Who may come in: forged, expired, rotated and foreign tokens."""

import base64
import json
import time

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from problems import assert_problem
from rig import until

PRIVATE = "/api/v1/lab/private/echo"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sign(key, header, claims):
    signed = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return signed + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


@pytest.fixture
def minter(platform):
    """mint(header changes, claim changes): a token signed with the IAM's own newest key, with parts changed; None removes."""
    newest = sorted((platform.services.folder / "keys").glob("*.pem"))[-1]
    key = serialization.load_pem_private_key(newest.read_bytes(), None)

    def mint(header=None, claims=None, key=key):
        now = int(time.time())
        full_header = {"alg": "ES256", "typ": "JWT", "kid": newest.stem} | (header or {})
        full_claims = {
            "iss": platform.services.issuer, "aud": "platform-kernel", "sub": "u-1", "tenantId": "acme", "roles": ["admin"],
            "iat": now, "exp": now + 600,
        } | (claims or {})
        drop = lambda node: {name: value for name, value in node.items() if value is not None}
        return sign(key, drop(full_header), drop(full_claims))

    return mint


def refused(call, token):
    answer = call("GET", PRIVATE, {"Authorization": f"Bearer {token}"})
    assert_problem(answer, 401, "unauthorized", PRIVATE)
    assert 'error="invalid_token"' in answer.header("www-authenticate"), answer
    return answer


def test_a_good_token_is_accepted_again_and_again(call, minter):
    token = minter()
    for _ in range(5):
        assert call("GET", PRIVATE, {"Authorization": f"Bearer {token}"}).status == 200
    assert call("GET", PRIVATE, {"authorization": f"bearer {token}"}).status == 200, "the scheme has no case"


@pytest.mark.parametrize("claims", [
    {"exp": None}, {"exp": "soon"}, {"exp": 1}, {"iss": None}, {"iss": "https://elsewhere.test"}, {"aud": None},
    {"aud": "another-audience"}, {"aud": []}, {"sub": None}, {"sub": ""}, {"tenantId": None}, {"tenantId": 7}, {"roles": "admin"},
    {"nbf": 4_000_000_000},
], ids=lambda claims: json.dumps(claims))
def test_claims_that_do_not_hold(call, minter, claims):
    refused(call, minter(claims=claims))


@pytest.mark.parametrize("header", [
    {"alg": None}, {"alg": "none"}, {"alg": "HS256"}, {"alg": "ES384"}, {"alg": "RS256"}, {"crit": ["b64"], "b64": False},
    {"b64": False}, {"crit": []},
], ids=lambda header: json.dumps(header))
def test_headers_that_are_not_for_us(call, minter, header):
    refused(call, minter(header=header))


def test_an_audience_among_several_is_enough(call, minter):
    token = minter(claims={"aud": ["one", "platform-kernel"]})
    assert call("GET", PRIVATE, {"Authorization": f"Bearer {token}"}).status == 200


def test_another_key_of_the_same_name(call, minter):
    refused(call, minter(key=ec.generate_private_key(ec.SECP256R1())))


def test_an_unknown_key(call, minter):
    refused(call, minter(header={"kid": "never-seen"}))


def test_every_changed_part_breaks_the_signature(call, minter):
    token = minter()
    head, claims, signature = token.split(".")
    grown = json.loads(unb64(claims)) | {"tenantId": "globex"}
    refused(call, ".".join((head, b64(json.dumps(grown).encode()), signature)))
    flipped = bytearray(unb64(signature))
    flipped[5] ^= 1
    refused(call, ".".join((head, claims, b64(bytes(flipped)))))
    refused(call, f"{head}.{claims}.")
    refused(call, f"{head}.{claims}")
    refused(call, f"{token}.x")
    refused(call, b64(b'{"alg":"none"}') + f".{claims}.")


@pytest.mark.parametrize("value", [
    "Bearer", "Bearer ", "Bearer a b", "Basic dXNlcjpwYXNz", "Bearer not.a.token", "Bearer ..", "Bearer " + "a" * 9000, "Token x",
    "Bearer \xff\xfe.a.b",
])
def test_credentials_that_are_no_token(call, value):
    assert_problem(call("GET", PRIVATE, [("Authorization", value)]), 401, "unauthorized", PRIVATE)


def test_two_authorization_fields(call, minter):
    token = minter()
    answer = call("GET", PRIVATE, [("Authorization", f"Bearer {token}"), ("Authorization", "Bearer x")])
    assert answer.status in (400, 401), answer


def test_an_expired_token(call, platform):
    refused(call, platform.token("admin@acme", -60))


def test_a_token_dies_at_its_expiry_though_it_is_cached(call, minter):
    # The gateway grants 5 s of leeway, so this one lives for about a second more.
    token = minter(claims={"exp": int(time.time()) - 4})
    assert call("GET", PRIVATE, {"Authorization": f"Bearer {token}"}).status == 200
    until(lambda: call("GET", PRIVATE, {"Authorization": f"Bearer {token}"}).status == 401, 10, "the expiry")


def test_a_public_operation_ignores_tokens(call):
    assert call("GET", "/api/v1/lab/echo", {"Authorization": "Bearer complete.non.sense"}).status == 200


def test_a_rotated_key_is_found_and_its_predecessor_still_works(call, platform):
    before = {"Authorization": f"Bearer {platform.token()}"}
    assert call("GET", PRIVATE, before).status == 200
    platform.services.rotate()
    after = {"Authorization": f"Bearer {platform.token()}"}
    # The unknown key is fetched once, within the time the gateway allows between two such fetches.
    until(lambda: call("GET", PRIVATE, after).status == 200, 40, "the new key")
    assert call("GET", PRIVATE, before).status == 200


def test_the_issuer_may_be_down(call, platform):
    token = {"Authorization": f"Bearer {platform.token()}"}
    assert call("GET", PRIVATE, token).status == 200
    platform.services.iam.stop()
    try:
        assert call("GET", PRIVATE, token).status == 200
    finally:
        platform.services.iam.start()
