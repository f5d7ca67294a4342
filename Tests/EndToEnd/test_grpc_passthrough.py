"""Clients that speak gRPC and gRPC-Web themselves, as bytes over HTTP/1.1, to grpcio and grpc-go services."""

import base64
import gzip
import json
import threading
import time

import pytest

from conftest import run_gateway
from framed import (
    NATIVE, PACKAGE, TEXT, WEB, Outcome, begin, call, chunk, decoded, frame, message, parsed, peer_gateway)
from peer_programs import go_peer, python_peer
from problems import assert_problem
from rig import until
from wire import Wire, once

LANGUAGES = ("python", "go")
FORMS = (NATIVE, "application/grpc+proto", "application/grpc-web", WEB, TEXT, "application/grpc-web-text+proto")
THREE = (NATIVE, WEB, TEXT)
LIMIT = 4 << 20


@pytest.fixture(scope="module", params=LANGUAGES)
def gateway(request, tmp_path_factory, platform):
    folder = tmp_path_factory.mktemp("framed")
    peer = {"python": python_peer, "go": go_peer}[request.param](folder).start()
    gateway = peer_gateway(folder, peer, platform.configuration()["issuers"]).start()
    gateway.peer = peer
    yield gateway
    gateway.stop()
    peer.stop()


@pytest.fixture
def wire(gateway):
    with Wire(gateway.port) as wire:
        yield wire


def until_seen(wire, wanted):
    while wanted not in wire.buffer:
        more = wire.socket.recv(65536)
        assert more, wire.buffer
        wire.buffer += more


@pytest.mark.parametrize("kind", FORMS)
def test_a_unary_call(wire, kind):
    outcome = call(wire, "Basics/Echo", frame(message("EchoRequest", text="hi", number=7)), kind)
    assert outcome.code == 0 and len(outcome.messages) == 1
    reply = parsed("EchoReply", outcome.messages[0])
    assert (reply.text, reply.number) == ("hi", 7)
    assert outcome.answer.header("x-request-id") and outcome.answer.header("traceparent")
    again = call(wire, "Basics/Echo", frame(message("EchoRequest")), kind)
    assert again.code == 0, "the connection goes on"


@pytest.mark.parametrize("kind", THREE)
def test_a_server_stream(wire, kind):
    outcome = call(wire, "Basics/Count", frame(message("CountRequest", count=500, padding_bytes=100)), kind)
    assert outcome.code == 0
    assert [parsed("Tick", data).number for data in outcome.messages] == list(range(1, 501))


@pytest.mark.parametrize("kind", THREE)
def test_an_empty_server_stream(wire, kind):
    outcome = call(wire, "Basics/Count", frame(message("CountRequest")), kind)
    assert outcome.code == 0 and outcome.messages == []


@pytest.mark.parametrize("kind", THREE)
def test_a_client_stream(wire, kind):
    body = b"".join(frame(message("Number", value=value)) for value in range(1000))
    outcome = call(wire, "Everything/Sum", body, kind)
    total = parsed("Total", outcome.messages[0])
    assert (outcome.code, total.sum, total.count) == (0, 499_500, 1000)
    assert parsed("Total", call(wire, "Everything/Sum", b"", kind).messages[0]).count == 0


@pytest.mark.parametrize("kind", THREE)
def test_a_request_in_any_pieces(wire, kind):
    body = frame(message("Number", value=5)) + frame(message("Number")) + frame(message("Number", value=300))
    if kind == TEXT:
        body = base64.b64encode(body[:4]) + base64.b64encode(body[4:])
    begin(wire, "Everything/Sum", kind)
    for byte in body:
        wire.send(chunk(bytes([byte])))
    wire.send(b"0\r\n\r\n")
    total = parsed("Total", Outcome(wire.response("POST"), kind).messages[0])
    assert (total.sum, total.count) == (305, 3)


@pytest.mark.parametrize("kind", THREE)
def test_both_ways_at_once(wire, kind):
    begin(wire, "Everything/Chat", kind)
    encode = base64.b64encode if kind == TEXT else bytes
    until_head = b"\r\n\r\n"
    for number in range(5):
        wire.send(chunk(encode(frame(message("Note", text=f"note {number}")))))
        wanted = frame(message("Note", text=f"note {number}"))
        until_seen(wire, until_head)
        if kind == TEXT:
            until(lambda wanted=wanted: more_text(wire, wanted), what="the reply")
        else:
            until_seen(wire, wanted)
    wire.send(b"0\r\n\r\n")
    outcome = Outcome(wire.response("POST"), kind)
    assert outcome.code == 0
    assert [parsed("Note", data).text for data in outcome.messages] == [f"note {number}" for number in range(5)]


def more_text(wire, wanted):
    if base64.b64encode(wanted) in wire.buffer:
        return True
    wire.buffer += wire.socket.recv(65536)
    return base64.b64encode(wanted) in wire.buffer


def test_a_web_call_with_a_length(gateway):
    answer = once(gateway.port, "POST", f"/{PACKAGE}.Basics/Echo", {"Content-Type": WEB}, frame(message("EchoRequest", text="x")))
    assert parsed("EchoReply", Outcome(answer, WEB).messages[0]).text == "x"


# The Go service registers no compressor.
@pytest.mark.parametrize("gateway", ["python"], indirect=True)
def test_compressed_messages_pass_as_they_are(gateway, wire):
    body = frame(gzip.compress(message("EchoRequest", text="z" * 1000).SerializeToString()), flag=1)
    outcome = call(wire, "Basics/Echo", body, NATIVE, {"grpc-encoding": "gzip", "grpc-accept-encoding": "identity,gzip"})
    assert outcome.code == 0 and parsed("EchoReply", outcome.messages[0]).text == "z" * 1000


@pytest.mark.parametrize("kind", THREE)
def test_a_status_of_the_service_with_its_details(wire, kind):
    request = message("FailRequest", code=9, message="nö 100%", problem={"everything": True}, retry_pushback="70")
    outcome = call(wire, "Basics/Fail", frame(request), kind)
    assert (outcome.code, outcome.message, outcome.messages) == (9, "nö 100%", [])
    assert outcome.fields["grpc-retry-pushback-ms"] == "70"
    assert outcome.detail("ErrorInfo").reason == "STOCK_EMPTY"


@pytest.mark.parametrize("code", [2, 13, 14, 15])
def test_a_status_that_tells_of_the_inside_tells_no_more(wire, code):
    outcome = call(wire, "Basics/Fail", frame(message("FailRequest", code=code, message="secret", problem={"everything": True})))
    assert outcome.code == code and "secret" not in str(outcome.fields) and "grpc-status-details-bin" not in outcome.fields


@pytest.mark.parametrize("kind", THREE)
def test_a_stream_that_fails_midway(wire, kind):
    request = message("CountRequest", count=5, fail_after=2, failure={"code": 10, "message": "stop"})
    outcome = call(wire, "Basics/Count", frame(request), kind)
    assert (outcome.code, outcome.message, len(outcome.messages)) == (10, "stop", 2)


def test_metadata_passes_but_for_what_the_gateway_says(wire):
    headers = {
        "X-Custom": "one", "X-User-ID": "root", "X_Tenant_Id": "other", "X-User-Roles": "admin", "X-Forwarded-For": "1.2.3.4",
        "Connection": "X-Named", "X-Named": "hop", "X-Request-ID": "mine-1", "Cookie": "a=b", "Authorization": "Bearer x",
    }
    outcome = call(wire, "Basics/Echo", frame(message("EchoRequest")), WEB, headers | {"X-Grpc-Web": "1"})
    metadata = dict(parsed("EchoReply", outcome.messages[0]).metadata)
    assert metadata["x-custom"] == "one" and metadata["x-request-id"] == "mine-1" and metadata["cookie"] == "a=b"
    assert not {"x-user-id", "x_tenant_id", "x-tenant-id", "x-user-roles", "x-forwarded-for", "x-named", "connection"} & set(metadata)
    assert metadata.get("content-type", "application/grpc") == "application/grpc"


def test_a_callers_identity_goes_along(gateway, wire, platform):
    headers = {"Authorization": f"Bearer {platform.token()}"}
    outcome = call(wire, "Basics/Sleep", frame(message("SleepRequest", milliseconds=1)), NATIVE, headers)
    assert outcome.code == 0 and parsed("EchoReply", outcome.messages[0]).text == "slept"


# What the gateway refuses, in the words of gRPC.

@pytest.mark.parametrize("kind", THREE)
def test_a_missing_token(wire, kind):
    outcome = call(wire, "Basics/Sleep", frame(message("SleepRequest")), kind)
    assert outcome.code == 16 and outcome.answer.header("www-authenticate")
    assert outcome.detail("ErrorInfo").reason == "UNAUTHORIZED"
    assert len(outcome.detail("ErrorInfo").metadata["traceId"]) == 32


@pytest.mark.parametrize("kind", THREE)
def test_a_permission_that_is_lacking(wire, kind, platform):
    headers = {"Authorization": f"Bearer {platform.token('member@acme')}"}
    outcome = call(wire, "Basics/Sleep", frame(message("SleepRequest")), kind, headers)
    assert outcome.code == 7 and outcome.detail("ErrorInfo").reason == "FORBIDDEN" and outcome.message


@pytest.mark.parametrize("method", [
    "Basics/Nothing", "Nobody/Echo", "Everything/Raw", "Everything/Download", "Everything/Mirror"])
def test_a_method_that_is_not_offered(wire, method):
    assert call(wire, method, frame(b"")).code == 12


def test_why_methods_are_left_out(gateway):
    outcome = run_gateway("check", "--config", gateway.file, "--output", "json")
    found = [finding["message"] for finding in json.loads(outcome.stdout)["findings"] if finding["code"] == "grpc-method-left-out"]
    assert len(found) == 3, outcome.stdout
    for method, why in (("Raw", "do not ask for the same"), ("Download", "a parameter of the path"), ("Mirror", "fixes a field")):
        assert any(f"Everything/{method}" in text and why in text for text in found), found


def test_time_that_is_up(wire, platform):
    headers = {"Authorization": f"Bearer {platform.token()}"}
    body = frame(message("SleepRequest", milliseconds=5000))
    start = time.monotonic()
    assert call(wire, "Basics/Sleep", body, NATIVE, headers | {"grpc-timeout": "200m"}).code == 4
    assert time.monotonic() - start < 0.9
    assert call(wire, "Basics/Sleep", body, WEB, headers).code == 4, "the operation's own"
    assert time.monotonic() - start < 2.5


def test_a_stream_has_the_time_its_client_gives_it(wire):
    body = frame(message("CountRequest", count=100, delay_milliseconds=100))
    outcome = call(wire, "Basics/Count", body, NATIVE, {"grpc-timeout": "500m"})
    assert outcome.code == 4 and 1 <= len(outcome.messages) <= 5


def test_native_calls_need_trailers(gateway):
    with Wire(gateway.port) as wire:
        begin(wire, "Basics/Echo", te="")
        wire.send(chunk(frame(message("EchoRequest"))) + b"0\r\n\r\n")
        assert_problem(wire.response("POST"), 415, "unsupported-media-type")
    with Wire(gateway.port) as wire:
        begin(wire, "Basics/Echo", te="TE: deflate, Trailers;q=0.5\r\n")
        wire.send(chunk(frame(message("EchoRequest"))) + b"0\r\n\r\n")
        assert wire.response("POST").status == 415


def test_other_formats_and_methods_are_no_grpc(gateway):
    for kind in ("application/grpc+json", "application/grpcx", "application/json"):
        answer = once(gateway.port, "POST", f"/{PACKAGE}.Basics/Echo", {"Content-Type": kind, "TE": "trailers"}, b"{}")
        assert_problem(answer, 404, "not-found")
    assert_problem(once(gateway.port, "GET", f"/{PACKAGE}.Basics/Echo", {"Content-Type": NATIVE}), 404, "not-found")


@pytest.mark.parametrize(("body", "code"), [
    (b"", 3), (b"\0\0\0", 3), (b"\0\0\0\0\5abc", 3), (b"\2\0\0\0\0", 3), (b"\x80\0\0\0\0", 3), (b"\0\0\0\0\0" * 2, 3),
    (b"\0\xff\xff\xff\xff", 8), (b"\0" + (LIMIT + 1).to_bytes(4, "big") + b"x", 8), (b"\0\0\0\0\0x", 3),
])
@pytest.mark.parametrize("kind", THREE)
def test_a_request_that_is_not_one_message(wire, kind, body, code):
    assert call(wire, "Basics/Echo", body, kind).code == code


@pytest.mark.parametrize(("body", "code"), [
    (b"\0\0\0", 3), (frame(b"") + b"\0\0\0\0\5abc", 3), (frame(b"") + b"\x80\0\0\0\0", 3), (frame(b"") + b"\0\xff\xff\xff\xffx", 8),
])
@pytest.mark.parametrize("kind", THREE)
def test_a_stream_of_messages_that_is_none(gateway, kind, body, code):
    with Wire(gateway.port) as wire:
        assert call(wire, "Everything/Sum", body, kind).code == code


@pytest.mark.parametrize("text", [b"====", b"AAAA=AAA", b"AA\r\nAA", b"AAA", b"AA-_AAAA", b"A===", b"\xff\xff\xff\xff"])
@pytest.mark.parametrize("method", ["Basics/Echo", "Everything/Sum"])
def test_text_that_is_no_base64(gateway, method, text):
    with Wire(gateway.port) as wire:
        begin(wire, method, TEXT)
        wire.send(chunk(text) + b"0\r\n\r\n")
        assert Outcome(wire.response("POST"), TEXT).code == 3


@pytest.mark.parametrize("kind", THREE)
def test_the_largest_message(gateway, kind):
    padding = LIMIT - len(message("EchoRequest", text="x" * (LIMIT - 5)).SerializeToString())
    largest = message("EchoRequest", text="x" * (LIMIT - 5 + padding))
    assert len(largest.SerializeToString()) == LIMIT
    with Wire(gateway.port) as wire:
        outcome = call(wire, "Basics/Echo", frame(largest.SerializeToString() + b"\x10\0"), kind)
        assert outcome.code == 8, "two bytes more"
    with Wire(gateway.port) as wire:
        # What comes back is larger, so the peer's own limit may end it; the gateway let it pass.
        assert call(wire, "Basics/Echo", frame(largest), kind).code in (0, 8, 13, 14)


@pytest.mark.parametrize("method", ["Everything/Sum", "Everything/Chat"])
def test_a_bad_frame_ends_a_stream_at_once(gateway, method):
    with Wire(gateway.port) as wire:
        begin(wire, method)
        wire.send(chunk(frame(b"") + b"\7\0\0\0\0"))
        assert Outcome(wire.response("POST"), NATIVE).code == 3
        assert wire.is_closed()


def cancelled(gateway):
    body = b'{"text": "cancelled"}'
    return once(gateway.port, "POST", "/api/v1/echo", {"Content-Type": "application/json"}, body).json()["attempt"] - 1


@pytest.mark.parametrize("kind", THREE)
def test_a_client_that_leaves_ends_the_call(gateway, kind):
    before = cancelled(gateway)
    note = frame(message("Note", text="a"))
    with Wire(gateway.port) as wire:
        begin(wire, "Everything/Chat", kind)
        wire.send(chunk(base64.b64encode(note) if kind == TEXT else note))
        until_seen(wire, base64.b64encode(note) if kind == TEXT else note)
    until(lambda: cancelled(gateway) > before, what="the end of the call")


def test_a_client_that_does_not_read_slows_the_service(gateway):
    before = gateway.resident_bytes()
    with Wire(gateway.port) as wire:
        begin(wire, "Basics/Count")
        wire.send(chunk(frame(message("CountRequest", count=200_000, padding_bytes=1000))) + b"0\r\n\r\n")
        time.sleep(1.5)
        with Wire(gateway.port) as other:
            assert call(other, "Basics/Echo", frame(b"")).code == 0
        assert gateway.resident_bytes() - before < 40 << 20
        seen = 0
        while seen < 8 << 20:
            seen += len(wire.socket.recv(1 << 20))


def test_a_fast_sender_and_a_reader_at_once(gateway):
    note = message("Note", text="y" * 5000)
    with Wire(gateway.port) as wire:
        begin(wire, "Everything/Chat")
        sender = threading.Thread(
            target=lambda: [wire.send(chunk(frame(note) * 10)) for _ in range(300)] and wire.send(b"0\r\n\r\n"))
        sender.start()
        outcome = Outcome(wire.response("POST"), NATIVE)
        sender.join()
        assert outcome.code == 0 and outcome.messages == [note.SerializeToString()] * 3000


def test_a_web_client_of_http_1_0(gateway):
    with Wire(gateway.port) as wire:
        answer = wire.request(
            "POST", f"/{PACKAGE}.Basics/Count", {"Content-Type": TEXT}, base64.b64encode(frame(message("CountRequest", count=2))),
            version="HTTP/1.0")
        assert answer.header("transfer-encoding") is None
        assert len(Outcome(answer, TEXT).messages) == 2 and decoded(answer.body)


def test_the_service_is_not_there(gateway, tmp_path):
    class Nowhere:
        port = 1

    other = peer_gateway(tmp_path, Nowhere)
    other.configuration["services"][0]["required"] = False
    other.write()
    other.start()
    try:
        with Wire(other.port) as wire:
            outcome = call(wire, "Basics/Echo", frame(b""), WEB)
            assert outcome.code == 14 and outcome.detail("ErrorInfo").reason == "SERVICE_UNAVAILABLE"
    finally:
        other.stop()


def test_limits_and_breakers(gateway, tmp_path):
    other = peer_gateway(tmp_path, gateway.peer, breaker={"failures": 3})
    other.start()
    try:
        with Wire(other.port) as wire:
            for _ in range(3):
                assert call(wire, "Basics/Fail", frame(message("FailRequest", code=14))).code == 14
            refused = call(wire, "Basics/Echo", frame(b""))
            assert refused.code == 14 and "held back" in refused.message
            assert int(refused.fields["grpc-retry-pushback-ms"]) >= 1000 and refused.answer.header("retry-after")
            assert refused.detail("RetryInfo").retry_delay.seconds >= 1
        other.stop()
        other.configuration["rate_limits"]["address"] = {"requests": 2, "per": "1h"}
        other.write()
        other.start()
        with Wire(other.port) as wire:
            codes = [call(wire, "Basics/Echo", frame(b""), kind).code for kind in THREE]
            assert codes == [0, 0, 8]
            assert wire.is_closed(), "the rest of a refused request is not the next one"
        with Wire(other.port) as wire:
            assert call(wire, "Basics/Echo", frame(b"")).detail("ErrorInfo").reason == "RATE_LIMIT_EXCEEDED"
    finally:
        other.stop()


def test_nobody_may_where_the_service_does_not_say_so(gateway, tmp_path):
    other = peer_gateway(tmp_path, gateway.peer, grpc_clients=False).start()
    try:
        answer = once(other.port, "POST", f"/{PACKAGE}.Basics/Echo", {"Content-Type": WEB}, frame(b""))
        assert_problem(answer, 404, "not-found")
    finally:
        other.stop()
