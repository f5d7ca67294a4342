"""Server streams of grpcio and grpc-go services as arrays, lines and events."""

import json
import time

import pytest
import yaml

from conftest import document, service_entry
from peer_programs import PEERS, go_peer, python_peer
from problems import assert_problem
from rig import Gateway, free_port, until
from wire import Wire, once

LANGUAGES = ("python", "go")
LINES, EVENTS = {"Accept": "application/x-ndjson"}, {"Accept": "text/event-stream"}


def stream_document():
    def operation(method, body=None):
        grpc = {"method": f"septem.peers.v1.Basics/{method}"} | ({"body": body} if body else {})
        content = {"requestBody": {"content": {"application/json": {}}}} if body else {}
        return {"x-grpc": grpc, "responses": {"default": {"description": "what the peer says"}}} | content

    count = [{"name": "count", "in": "path", "required": True, "schema": {"type": "string"}}]
    return document("peer", {
        "/count/{count}": {"parameters": count, "get": operation("Count"), "post": operation("Count", "*")},
        "/echo": {"post": operation("Echo", "*")},
    })


@pytest.fixture(scope="module", params=LANGUAGES)
def gateway(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    peer = {"python": python_peer, "go": go_peer}[request.param](folder).start()
    (folder / "peer.yaml").write_text(yaml.safe_dump(stream_document(), sort_keys=False))
    gateway = Gateway(folder, {
        "listen": {"host": "127.0.0.1", "port": free_port()}, "admin": {"host": "127.0.0.1", "port": free_port()},
        "loops": 1, "rate_limits": {"user": "off", "address": "off"},
        "services": [service_entry("peer", "grpc", peer.port, folder) | {
            "descriptors": str(PEERS / "peers.pb"), "breaker": {"enabled": False}, "retry": {"attempts": 0}}],
    }).start()
    yield gateway
    gateway.stop()
    peer.stop()


def count(gateway, target, headers=(), method="GET", body=None):
    content = None if body is None else json.dumps(body).encode()
    fields = dict(headers) | ({"Content-Type": "application/json"} if body is not None else {})
    return once(gateway.port, method, f"/api/v1/count/{target}", fields, content)


def events(body):
    found = []
    for block in body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "data" in fields:
            found.append((fields.get("event"), json.loads(fields["data"])))
    return found


def numbers(items):
    return [item["number"] for item in items]


def test_an_array_by_default(gateway):
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = count(gateway, "3", accept)
        assert answer.status == 200 and answer.header("content-type") == "application/json"
        assert numbers(answer.json()) == [1, 2, 3]


def test_lines(gateway):
    answer = count(gateway, "3", LINES)
    assert answer.status == 200 and answer.header("content-type") == "application/x-ndjson"
    assert numbers(json.loads(line) for line in answer.body.splitlines()) == [1, 2, 3]


def test_events(gateway):
    answer = count(gateway, "3", EVENTS)
    assert answer.status == 200 and answer.header("content-type") == "text/event-stream"
    assert events(answer.body) == [(None, {"number": number}) for number in (1, 2, 3)]


@pytest.mark.parametrize(("accept", "kind"), [
    ("text/html, application/x-ndjson;q=0.5", "application/x-ndjson"),
    ("application/json;q=0.2, text/event-stream;q=0.9", "text/event-stream"), ("text/*", "text/event-stream"),
    ("application/x-ndjson;q=0, */*;q=0.1", "application/json"),
])
def test_the_heaviest_acceptable_format(gateway, accept, kind):
    assert count(gateway, "1", {"Accept": accept}).header("content-type") == kind


def test_a_format_nobody_has(gateway):
    assert_problem(count(gateway, "1", {"Accept": "text/html"}), 406, "not-acceptable")


@pytest.mark.parametrize("headers", [{}, LINES, EVENTS])
def test_an_empty_stream_is_a_success(gateway, headers):
    answer = count(gateway, "0", headers)
    assert answer.status == 200
    assert answer.body == (b"" if headers else b"[]")


@pytest.mark.parametrize("headers", [{}, LINES, EVENTS])
def test_a_failure_before_the_first_message_has_its_real_status(gateway, headers):
    body = {"failure": {"code": 7, "message": "not yours"}}
    problem = assert_problem(count(gateway, "5", headers, "POST", body), 403, "forbidden")
    assert problem["detail"] == "not yours"


def test_an_array_that_fails_midway_is_a_207_with_items(gateway):
    body = {"failAfter": 2, "failure": {"code": 5, "message": "no third", "problem": {"details": ["error_info"]}}}
    answer = count(gateway, "5", {}, "POST", body)
    assert answer.status == 207 and answer.header("content-type") == "application/json"
    items = answer.json()["items"]
    assert [(item["index"], item["status"]) for item in items] == [(0, 200), (1, 200), (2, 404)]
    assert numbers(item["item"] for item in items[:2]) == [1, 2]
    problem = items[2]["problem"]
    assert problem["status"] == 404 and problem["detail"] == "no third" and problem["reason"] == "STOCK_EMPTY"
    assert len(problem["traceId"]) == 32


def test_lines_that_fail_midway_end_with_the_problem(gateway):
    answer = count(gateway, "5", LINES, "POST", {"failAfter": 2, "failure": {"code": 10, "message": "stop"}})
    assert answer.status == 200
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert numbers(lines[:2]) == [1, 2] and lines[2]["status"] == 409 and lines[2]["detail"] == "stop"


def test_events_that_fail_midway_end_with_an_error_event(gateway):
    answer = count(gateway, "5", EVENTS, "POST", {"failAfter": 1, "failure": {"code": 13, "message": "secret"}})
    found = events(answer.body)
    assert found[0] == (None, {"number": 1})
    assert found[1][0] == "error" and found[1][1]["status"] == 500 and "secret" not in json.dumps(found)


def test_messages_arrive_when_they_are_sent(gateway):
    with Wire(gateway.port) as wire:
        wire.send(b"GET /api/v1/count/5?delayMilliseconds=400 HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n")
        begin = time.monotonic()
        until_seen(wire, b'{"number":1}\n')
        assert time.monotonic() - begin < 1.2, "the first message did not wait for the others"


def until_seen(wire, wanted):
    while wanted not in wire.buffer:
        wire.buffer += wire.socket.recv(65536)


def test_a_long_array_begins_before_it_ends(gateway):
    answer = count(gateway, "2000?paddingBytes=100")
    assert answer.status == 200 and answer.header("transfer-encoding") == "chunked"
    assert numbers(answer.json()) == list(range(1, 2001))


def test_ten_thousand_messages(gateway):
    answer = count(gateway, "10000", LINES)
    assert numbers(json.loads(line) for line in answer.body.splitlines()) == list(range(1, 10001))


def test_a_late_failure_of_a_long_array_is_its_last_element(gateway):
    body = {"failAfter": 2000, "paddingBytes": 100, "failure": {"code": 14, "message": "gone"}}
    answer = count(gateway, "5000", {}, "POST", body)
    assert answer.status == 200
    items = answer.json()
    assert numbers(items[:2000]) == list(range(1, 2001)) and len(items) == 2001 and items[2000]["status"] == 503


def test_a_client_of_http_1_0_gets_it_until_the_end(gateway):
    with Wire(gateway.port) as wire:
        answer = wire.request("GET", "/api/v1/count/3", LINES, version="HTTP/1.0")
        assert answer.status == 200 and answer.header("transfer-encoding") is None
        assert numbers(json.loads(line) for line in answer.body.splitlines()) == [1, 2, 3]


def test_the_connection_goes_on_after_a_stream(gateway):
    with Wire(gateway.port) as wire:
        for _ in range(3):
            assert wire.request("GET", "/api/v1/count/3", LINES).status == 200
        body = {"failAfter": 1, "failure": {"code": 10}}
        fields = LINES | {"Content-Type": "application/json"}
        assert wire.request("POST", "/api/v1/count/3", fields, json.dumps(body).encode()).status == 200
        assert wire.request("GET", "/api/v1/count/1").json() == [{"number": 1}]


def test_a_client_that_does_not_read_slows_the_service_and_nobody_else(gateway):
    before = gateway.resident_bytes()
    with Wire(gateway.port) as wire:
        wire.send(b"GET /api/v1/count/200000?paddingBytes=1000 HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n")
        time.sleep(1.5)
        for _ in range(20):
            assert count(gateway, "3").status == 200
        assert gateway.resident_bytes() - before < 40 << 20, "what nobody reads is not kept"
        seen = 0
        while seen < 8 << 20:
            seen += len(wire.socket.recv(1 << 20))
    assert count(gateway, "3").status == 200


def test_a_client_that_leaves_ends_the_call(gateway):
    with Wire(gateway.port) as wire:
        wire.send(b"GET /api/v1/count/100000?delayMilliseconds=10 HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
        until_seen(wire, b'"number":3')
    until(lambda: metric(gateway, "gateway_connections") == 0, what="the end of the connection")
    assert count(gateway, "2").status == 200


def metric(gateway, name):
    answer = once(gateway.admin_port, "GET", "/metrics")
    return int(next(line.rsplit(" ", 1)[1] for line in answer.body.decode().splitlines() if line.startswith(name + " ")))
