"""Garbage, truncated, oversized, slow and smuggled requests: each gets its answer, and nobody else notices."""

import os
import random
import socket

import pytest

from problems import assert_problem
from wire import Aborted, Wire, head

HOST = b"Host: gateway.test\r\n"
LIVE = b"GET /live HTTP/1.1\r\nHost: gateway.test\r\n"

# Each must be refused with 400 and the end of the connection: two readers could take it for different messages.
SMUGGLED = {
    "length and chunked": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "list of lengths": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 4, 5\r\n\r\nabcde",
    "signed length": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Content-Length: +4\r\n\r\nabcd",
    "negative length": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "hexadecimal length": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 0x4\r\n\r\nabcd",
    "length past 64 bits": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Content-Length: 18446744073709551617\r\n\r\n",
    "chunked twice": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked not last": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "two transfer codings": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
    "space before the colon": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "vertical tab in the coding": b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "folded line": LIVE + b"X-A: one\r\n two\r\n\r\n",
    "bare line feed": b"GET /live HTTP/1.1\nHost: gateway.test\n\n",
    "bare line feed between fields": LIVE + b"X-A: b\nX-C: d\r\n\r\n",
    "bare carriage return": LIVE + b"X-A: b\rX-C: d\r\n\r\n",
    "NUL in a value": LIVE + b"X-A: b\x00c\r\n\r\n",
    "no colon": LIVE + b"X-A\r\n\r\n",
    "empty name": LIVE + b": b\r\n\r\n",
    "space in a name": LIVE + b"X A: b\r\n\r\n",
    "no host": b"GET /live HTTP/1.1\r\n\r\n",
    "two hosts": LIVE + HOST + b"\r\n",
    "bad host": b"GET /live HTTP/1.1\r\nHost: a b\r\n\r\n",
    "host with user": b"GET /live HTTP/1.1\r\nHost: me@gateway.test\r\n\r\n",
    "two spaces": b"GET  /live HTTP/1.1\r\n" + HOST + b"\r\n",
    "tab for space": b"GET\t/live\tHTTP/1.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /live\r\n" + HOST + b"\r\n",
    "lower case version": b"GET /live http/1.1\r\n" + HOST + b"\r\n",
    "fragment": b"GET /live#x HTTP/1.1\r\n" + HOST + b"\r\n",
    "space in target": b"GET /li ve HTTP/1.1\r\n" + HOST + b"\r\n",
    "control in target": b"GET /li\x01ve HTTP/1.1\r\n" + HOST + b"\r\n",
    "raw byte in target": b"GET /li\xffve HTTP/1.1\r\n" + HOST + b"\r\n",
    "broken escape": b"GET /li%zzve HTTP/1.1\r\n" + HOST + b"\r\n",
    "cut escape": b"GET /live%2 HTTP/1.1\r\n" + HOST + b"\r\n",
    "encoded NUL": b"GET /live%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "above the root": b"GET /../live HTTP/1.1\r\n" + HOST + b"\r\n",
    "encoded dots": b"GET /api/v1/lab/%2e%2e/%2e%2e/%2e%2e/%2e%2e/live HTTP/1.1\r\n" + HOST + b"\r\n",
    "relative target": b"GET live HTTP/1.1\r\n" + HOST + b"\r\n",
    "method with a bad byte": b"G@T /live HTTP/1.1\r\n" + HOST + b"\r\n",
    "chunked in HTTP/1.0": b"POST /api/v1/lab/echo HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}

BAD_CHUNKS = {
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "bad digit": b"g\r\nhello\r\n0\r\n\r\n",
    "prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "past 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "long data": b"4\r\nhello\r\n0\r\n\r\n",
    "bare line feeds": b"5\nhello\n0\n\n",
    "endless extension": b"5;" + b"a" * 200_000,
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_ambiguous_requests_are_refused_and_end_the_connection(platform, name):
    with Wire(platform.port) as wire:
        wire.send(SMUGGLED[name] + head("GET", "/api/v1/lab/smuggled"))
        answer = wire.response()
        assert_problem(answer, 400, "bad-request")
        assert answer.header("connection") == "close"
        assert wire.is_closed()
    assert "smuggled" not in platform.lab.calls


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_bad_chunks_are_refused_and_never_become_a_request(platform, name):
    with Wire(platform.port) as wire:
        wire.send(head("POST", "/api/v1/lab/echo", {"Transfer-Encoding": "chunked"}))
        try:
            wire.send(BAD_CHUNKS[name] + head("GET", "/api/v1/lab/smuggled"))
            answer = wire.response()
            assert answer.status in (400, 413), answer
            assert wire.is_closed()
        except (Aborted, BrokenPipeError, ConnectionResetError):
            pass
    assert "smuggled" not in platform.lab.calls


@pytest.mark.parametrize(
    ("request_bytes", "status", "slug"),
    [
        (b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "uri-too-long"),
        (LIVE + b"X-A: " + b"a" * 100_000 + b"\r\n\r\n", 431, "header-fields-too-large"),
        (LIVE + b"X-A: b\r\n" * 2000 + b"\r\n", 431, "header-fields-too-large"),
        (b"CONNECT gateway.test:443 HTTP/1.1\r\n" + HOST + b"\r\n", 501, "not-implemented"),
        (b"A" * 100 + b" /live HTTP/1.1\r\n" + HOST + b"\r\n", 501, "not-implemented"),
        (b"POST /api/v1/lab/echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "not-implemented"),
    ])
def test_what_is_too_large_or_unknown_has_its_own_problem(platform, request_bytes, status, slug):
    with Wire(platform.port) as wire:
        try:
            wire.send(request_bytes)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert_problem(wire.response(), status, slug)
        assert wire.is_closed()


def test_another_major_version_is_refused(platform):
    with Wire(platform.port) as wire:
        answer = wire.send(b"GET /live HTTP/2.0\r\n" + HOST + b"\r\n").response()
        assert answer.status in (400, 505) and wire.is_closed()


def test_a_declared_body_over_the_limit_is_refused_before_it_is_sent(platform, admin):
    with Wire(platform.port) as wire:
        wire.send(
            head("POST", "/api/v1/data/crm/contacts",
                 list(admin.items()) + [("Content-Type", "application/json"), ("Content-Length", str(1 << 40))]))
        assert_problem(wire.response(), 413, "payload-too-large")


def test_a_chunked_body_over_the_limit_is_refused_on_its_way(platform, admin):
    with Wire(platform.port) as wire:
        wire.send(
            head("POST", "/api/v1/data/crm/contacts",
                 admin | {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}))
        try:
            for _ in range(1024):
                wire.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            assert_problem(wire.response(), 413, "payload-too-large")
        except Aborted:
            # The rest of the body was in flight when the connection ended: a reset may overtake the answer.
            pass


@pytest.mark.parametrize("count", range(0, len(LIVE) + 2, 3))
def test_a_request_cut_anywhere_gets_no_answer(platform, count):
    whole = LIVE + b"\r\n"
    with Wire(platform.port) as wire:
        wire.send(whole[:count])
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.is_closed()


def test_noise_ends_the_connection_and_nothing_else(platform, call):
    noise = random.Random(7)
    for _ in range(100):
        with Wire(platform.port) as wire:
            try:
                wire.send(noise.randbytes(noise.randrange(1, 4000)))
                wire.socket.shutdown(socket.SHUT_WR)
                while wire.socket.recv(65536):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass
    assert call("GET", "/live").status == 200


def test_a_tls_hello_on_the_cleartext_port_is_noise(platform):
    with Wire(platform.port) as wire:
        wire.send(bytes.fromhex("16030100c8010000c40303") + os.urandom(190))
        wire.socket.shutdown(socket.SHUT_WR)
        data = b""
        try:
            while part := wire.socket.recv(65536):
                data += part
        except ConnectionResetError:
            pass
        assert data == b"" or data.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"), (b"{", "cut"), (b"{}x", "more after the end"), (b'{"name":"a","name":"b"}', "a name twice"),
        (b"[" * 5000 + b"]" * 5000, "depth"), (b'{"name":"\xff"}', "not UTF-8"), (b'{"name":NaN}', "NaN"), (b"[]", "not an object"),
        (b'{"name":1}', "wrong type"), (b'{"name":"' + b"a" * 300 + b'"}', "too long"), (b'{"name":"\\ud800"}', "half a surrogate"),
    ], ids=lambda value: value if isinstance(value, str) else "")
def test_bad_json_bodies_are_refused(call, admin, body, why):
    answer = call("POST", "/api/v1/data/crm/contacts", admin | {"Content-Type": "application/json"}, body)
    assert_problem(answer, 400, answer.json()["type"].rsplit("/", 1)[-1])
    assert answer.json()["type"].rsplit("/", 1)[-1] in ("bad-request", "validation-failed")


def test_a_body_of_another_type_is_refused(call, admin):
    answer = call("POST", "/api/v1/data/crm/contacts", admin | {"Content-Type": "text/plain"}, b"hello")
    assert_problem(answer, 415, "unsupported-media-type")


def test_a_checked_body_for_an_http_service(call):
    kind = {"Content-Type": "application/json"}
    assert call("POST", "/api/v1/lab/checked", kind, b'{"name":"ok","age":3}').status == 200
    document = assert_problem(
        call("POST", "/api/v1/lab/checked", kind, b'{"name":"much too long a name","age":-1,"more":1}'), 400, "validation-failed")
    assert {error["pointer"] for error in document["errors"]} & {"/name", "/age", "/more"}, document
    assert all({"field", "pointer", "code", "message"} <= set(error) for error in document["errors"]), document
