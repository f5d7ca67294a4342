"""`google.api.HttpBody`: bytes of any media type through a gRPC service, whole and as a stream."""

import json

import pytest
import yaml

from conftest import document, service_entry
from peer_programs import PEERS, python_peer
from problems import assert_problem
from rig import Gateway, free_port
from wire import Wire, once


def body_document():
    def operation(method, body=None):
        grpc = {"method": f"septem.peers.v1.Everything/{method}"} | ({"body": body} if body else {})
        return {"x-grpc": grpc, "responses": {"default": {"description": "what the peer says"}}}

    return document("bodies", {
        "/raw": {"post": operation("Raw", "*")},
        "/download": {"get": operation("Download")},
        "/mirror": {"post": operation("Mirror", "*")},
    })


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bodies")
    peer = python_peer(folder).start()
    (folder / "bodies.yaml").write_text(yaml.safe_dump(body_document(), sort_keys=False))
    gateway = Gateway(folder, {
        "listen": {"host": "127.0.0.1", "port": free_port()}, "admin": {"host": "127.0.0.1", "port": free_port()},
        "rate_limits": {"user": "off", "address": "off"},
        "services": [service_entry("bodies", "grpc", peer.port, folder) | {
            "descriptors": str(PEERS / "peers.pb"), "breaker": {"enabled": False}}],
    }).start()
    yield gateway
    gateway.stop()
    peer.stop()


@pytest.mark.parametrize(("kind", "content"), [
    ("image/png", bytes(range(256)) * 40), ("text/plain; charset=utf-8", "grüezi".encode()), ("application/json", b'{"not": json'),
])
def test_bytes_come_back_as_they_were_sent(gateway, kind, content):
    answer = once(gateway.port, "POST", "/api/v1/raw", {"Content-Type": kind}, content)
    assert answer.status == 200 and answer.header("content-type") == kind and answer.body == content


def test_bytes_without_a_type_are_octets(gateway):
    answer = once(gateway.port, "POST", "/api/v1/raw", {}, b"\x00\x01")
    assert answer.header("content-type") == "application/octet-stream" and answer.body == b"\x00\x01"


def test_a_stream_of_bodies_is_one_body(gateway):
    answer = once(gateway.port, "GET", "/api/v1/download?pieces=500&pieceBytes=1000&contentType=application/zip")
    assert answer.status == 200 and answer.header("content-type") == "application/zip"
    assert answer.header("transfer-encoding") == "chunked"
    assert answer.body == b"".join(bytes([65 + index % 26]) * 1000 for index in range(500))


def test_a_stream_of_no_bodies_is_empty(gateway):
    answer = once(gateway.port, "GET", "/api/v1/download?pieces=0")
    assert answer.status == 200 and answer.body == b""


def test_the_connection_goes_on(gateway):
    with Wire(gateway.port) as wire:
        for _ in range(2):
            assert wire.request("GET", "/api/v1/download?pieces=3&pieceBytes=2&contentType=a/b").body == b"AABBCC"
            assert wire.request("POST", "/api/v1/raw", {"Content-Type": "a/b"}, b"x").body == b"x"


def test_other_methods_still_want_json(gateway):
    assert_problem(once(gateway.port, "POST", "/api/v1/mirror", {"Content-Type": "text/plain"}, b"x"), 415, "unsupported-media-type")
    answer = once(gateway.port, "POST", "/api/v1/mirror", {"Content-Type": "application/json"}, json.dumps({"text": "x"}).encode())
    assert answer.status in (200, 400)
