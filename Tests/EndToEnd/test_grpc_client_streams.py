"""Client streams of grpcio and grpc-go services from lines and arrays of JSON."""

import json
import threading
import time

import pytest
import yaml

from conftest import document, service_entry
from peer_programs import PEERS, go_peer, python_peer
from problems import assert_problem
from rig import Gateway, free_port, until
from wire import Wire, once

LANGUAGES = ("python", "go")
NDJSON = "application/x-ndjson"
LINES = {"Content-Type": NDJSON, "Accept": NDJSON}
MESSAGE_BYTES = 4 << 20


def message_document():
    def operation(method, body="*", content=("application/json", NDJSON), **more):
        return {
            "x-grpc": {"method": f"septem.peers.v1.{method}", "body": body},
            "requestBody": {"content": {kind: {} for kind in content}},
            "responses": {"default": {"description": "what the peer says"}}} | more

    number = {"type": "object", "properties": {"value": {"type": "integer", "maximum": 1000}}, "additionalProperties": False}
    checked = operation("Everything/Sum")
    checked["requestBody"] = {"required": True, "content": {NDJSON: {"schema": number}}}
    return document("peer", {
        "/sum": {"post": operation("Everything/Sum")},
        "/sum/checked": {"post": checked},
        "/sum/small": {"post": operation("Everything/Sum", **{"x-max-body": "64Ki"})},
        "/sum/of/{value}": {
            "parameters": [{"name": "value", "in": "path", "required": True, "schema": {"type": "string"}}],
            "post": operation("Everything/Sum")},
        "/chat": {"post": operation("Everything/Chat")},
        "/upload": {"post": operation("Everything/Upload", content=("*/*",))},
        "/echo": {"post": operation("Basics/Echo", content=("application/json",))},
    })


@pytest.fixture(scope="module", params=LANGUAGES)
def gateway(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("messages")
    peer = {"python": python_peer, "go": go_peer}[request.param](folder).start()
    (folder / "peer.yaml").write_text(yaml.safe_dump(message_document(), sort_keys=False))
    gateway = Gateway(folder, {
        "listen": {"host": "127.0.0.1", "port": free_port()}, "admin": {"host": "127.0.0.1", "port": free_port()},
        "loops": 1, "rate_limits": {"user": "off", "address": "off"}, "limits": {"body_grace": "1s", "upstream_idle_timeout": "2s"},
        "services": [service_entry("peer", "grpc", peer.port, folder) | {
            "descriptors": str(PEERS / "peers.pb"), "breaker": {"enabled": False}, "retry": {"attempts": 0}}],
    }).start()
    yield gateway
    gateway.stop()
    peer.stop()


def lines(*values):
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def post(gateway, path, body, headers=LINES):
    return once(gateway.port, "POST", f"/api/v1/{path}", headers, body)


def begin(wire, path, headers=LINES, more=""):
    fields = "".join(f"{name}: {value}\r\n" for name, value in dict(headers).items())
    wire.send(f"POST /api/v1/{path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{fields}{more}\r\n".encode())


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def until_seen(wire, wanted):
    while wanted not in wire.buffer:
        more = wire.socket.recv(65536)
        assert more, wire.buffer
        wire.buffer += more


def cancelled(gateway):
    """How many calls ended because the caller left."""
    return post(gateway, "echo", b'{"text": "cancelled"}', {"Content-Type": "application/json"}).json()["attempt"] - 1


def test_lines_become_messages_and_the_answer_is_one_document(gateway):
    answer = post(gateway, "sum", lines({"value": 1}, {"value": "9007199254740993"}, {}))
    assert answer.status == 200 and answer.header("content-type") == "application/json"
    assert answer.json() == {"sum": "9007199254740994", "count": 3}


@pytest.mark.parametrize("kind", [NDJSON, "application/ndjson; charset=utf-8", "Application/JSONL"])
def test_every_name_of_lines(gateway, kind):
    assert post(gateway, "sum", lines({"value": 1}), {"Content-Type": kind}).json()["count"] == 1


@pytest.mark.parametrize("body", [b'{"value":1}\n{"value":2}', b'\n\r\n {"value":1}\r\n\n{"value":2}\n \n', b'[{"value":1},{"value":2}]'])
def test_blank_lines_a_missing_end_and_an_array(gateway, body):
    headers = {"Content-Type": "application/json"} if body.startswith(b"[") else LINES
    assert post(gateway, "sum", body, headers).json() == {"sum": "3", "count": 2}


@pytest.mark.parametrize(("body", "headers"), [(b"", LINES), (b"\n\n", LINES), (b" [ ] ", {"Content-Type": "application/json"}), (None, {})])
def test_no_message_is_an_empty_stream(gateway, body, headers):
    answer = post(gateway, "sum", body, headers)
    assert answer.status == 200 and answer.json() == {}, answer


def test_the_path_fills_every_message(gateway):
    assert post(gateway, "sum/of/7", lines({}, {}, {"value": 7})).json() == {"sum": "21", "count": 3}
    problem = assert_problem(post(gateway, "sum/of/7", lines({}, {"value": 8})), 400, "validation-failed")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/1/value", "path-conflict")]


def test_a_body_that_is_no_stream(gateway):
    assert_problem(post(gateway, "sum", b"{}", {"Content-Type": "text/plain"}), 415, "unsupported-media-type")
    assert_problem(post(gateway, "sum", b"{}", {}), 415, "unsupported-media-type")
    problem = assert_problem(post(gateway, "sum", b"{}", {"Content-Type": "application/json"}), 400, "validation-failed")
    assert problem["errors"][0]["code"] == "expected-array"


@pytest.mark.parametrize(("body", "kind", "pointer", "code"), [
    (b'{"value":1}\n{"value":}\n', NDJSON, "/1", "invalid-json"), (b'{"value":1}\n\n{"value":"x"}\n', NDJSON, "/1/value", "not-an-integer"),
    (b'{"value":1}\n{"nope":1}\n', NDJSON, "/1/nope", "unknown-field"), (b'{"a":1,"a":2}', NDJSON, "/0", "invalid-json"),
    (b'[{"value":1},{"value":[]}]', "application/json", "/1/value", "wrong-type"), (b'[{"value":1},]', "application/json", "/1", "invalid-json"),
    (b'[{"value":1}', "application/json", "/0", "unfinished-array"), (b'[{}]{}', "application/json", "/1", "invalid-json"),
    (b'[{]', "application/json", "/0", "unfinished-array"),
])
def test_a_bad_message_is_named_by_its_position(gateway, body, kind, pointer, code):
    problem = assert_problem(post(gateway, "sum", body, {"Content-Type": kind}), 400, "validation-failed")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]


def test_each_message_is_held_against_the_schema(gateway):
    answer = post(gateway, "sum/checked", lines({"value": 1000}))
    assert answer.status == 200 and answer.json()["sum"] == "1000", answer
    problem = assert_problem(post(gateway, "sum/checked", lines({"value": 1}, {"value": 1001})), 400, "validation-failed")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/1/value", "maximum")]
    assert_problem(post(gateway, "sum/checked", None, {}), 400, "validation-failed")


def test_many_messages_in_any_pieces(gateway):
    body = lines(*({"value": number} for number in range(20_000)))
    with Wire(gateway.port) as wire:
        begin(wire, "sum")
        for start in range(0, len(body), 7001):
            wire.send(chunk(body[start:start + 7001]))
        wire.send(b"0\r\n\r\n")
        assert wire.response("POST").json() == {"sum": str(20_000 * 19_999 // 2), "count": 20_000}
        wire.send(b"")
        assert wire.request("POST", "/api/v1/sum", LINES, lines({"value": 5})).json()["sum"] == "5", "the connection goes on"


def test_bytes_one_by_one(gateway):
    with Wire(gateway.port) as wire:
        begin(wire, "sum", {"Content-Type": "application/json"})
        for byte in b' [{"value":"1"}, {"value": 2}\n] ':
            wire.send(chunk(bytes([byte])))
        wire.send(b"0\r\n\r\n")
        assert wire.response("POST").json() == {"sum": "3", "count": 2}


def test_a_message_may_be_as_large_as_a_body(gateway):
    padding = b" " * (MESSAGE_BYTES - 11)
    assert post(gateway, "sum", b'{"value":1' + padding + b"}\n").json()["count"] == 1
    assert_problem(post(gateway, "sum", b'{"value":1' + padding + b" }\n"), 413, "payload-too-large")
    assert_problem(post(gateway, "sum", b'{"value":1  ' + padding), 413, "payload-too-large")


def test_the_whole_is_bounded_where_the_operation_says_so(gateway):
    body = lines(*({"value": 1} for _ in range(4000)))
    assert post(gateway, "sum/small", body).json()["count"] == 4000
    assert_problem(post(gateway, "sum/small", body * 2), 413, "payload-too-large")
    with Wire(gateway.port) as wire:
        begin(wire, "sum/small")
        wire.send(chunk(body) + chunk(body))
        assert_problem(wire.response("POST"), 413, "payload-too-large")


def test_each_reply_comes_before_the_next_message_is_sent(gateway):
    with Wire(gateway.port) as wire:
        begin(wire, "chat")
        for number in range(5):
            wire.send(chunk(lines({"text": f"n{number}"})))
            until_seen(wire, f'"n{number}"'.encode())
        wire.send(b"0\r\n\r\n")
        answer = wire.response("POST")
        assert answer.header("content-type") == NDJSON
        assert [json.loads(line)["text"] for line in answer.body.splitlines()] == [f"n{number}" for number in range(5)]
        assert wire.request("POST", "/api/v1/chat", LINES, lines({"text": "again"})).json() == {"text": "again"}


@pytest.mark.parametrize(("accept", "body"), [
    ("application/json", b'[{"text":"a"},{"text":"b"}]'), (NDJSON, b'{"text":"a"}\n{"text":"b"}\n'),
    ("text/event-stream", b'data: {"text":"a"}\n\ndata: {"text":"b"}\n\n'),
])
def test_both_ways_in_every_format(gateway, accept, body):
    answer = post(gateway, "chat", lines({"text": "a"}, {"text": "b"}), {"Content-Type": NDJSON, "Accept": accept})
    assert answer.status == 200 and answer.body == body


def test_a_format_nobody_has(gateway):
    assert_problem(post(gateway, "chat", lines({}), LINES | {"Accept": "text/html"}), 406, "not-acceptable")


def test_a_failure_of_the_service_midway(gateway):
    assert_problem(post(gateway, "chat", lines({"text": "fail"})), 409, "conflict")
    with Wire(gateway.port) as wire:
        begin(wire, "chat")
        wire.send(chunk(lines({"text": "a"})))
        until_seen(wire, b'"a"')
        wire.send(chunk(lines({"text": "fail"})))
        answer = wire.response("POST")
        assert answer.status == 200
        first, last = [json.loads(line) for line in answer.body.splitlines()]
        assert first == {"text": "a"} and last["status"] == 409 and last["detail"] == "as asked"
        assert wire.is_closed(), "the rest of the request is not the next one"


def test_a_bad_message_after_replies_is_the_last_item(gateway):
    before = cancelled(gateway)
    with Wire(gateway.port) as wire:
        begin(wire, "chat")
        wire.send(chunk(lines({"text": "a"})))
        until_seen(wire, b'"a"')
        wire.send(chunk(b'{"text":7}\n'))
        answer = wire.response("POST")
        last = json.loads(answer.body.splitlines()[-1])
        assert last["status"] == 400 and last["errors"][0]["pointer"] == "/1/text"
        assert wire.is_closed()
    until(lambda: cancelled(gateway) > before, what="the end of the call")


def test_chunks_that_are_none_end_the_stream(gateway):
    with Wire(gateway.port) as wire:
        begin(wire, "chat")
        wire.send(chunk(lines({"text": "a"})))
        until_seen(wire, b'"a"')
        wire.send(b"nonsense\r\n")
        answer = wire.response("POST")
        assert json.loads(answer.body.splitlines()[-1])["status"] == 400
        assert wire.is_closed()


def test_a_client_that_leaves_ends_the_call(gateway):
    before = cancelled(gateway)
    with Wire(gateway.port) as wire:
        begin(wire, "chat")
        wire.send(chunk(lines({"text": "a"})))
        until_seen(wire, b'"a"')
    until(lambda: cancelled(gateway) > before, what="the end of the call")


def test_a_client_may_think_longer_than_a_slow_sender_of_a_body(gateway):
    with Wire(gateway.port) as wire:
        begin(wire, "sum")
        wire.send(chunk(b'{"value":1}\n'))
        time.sleep(2.5)
        wire.send(chunk(b'{"value":2}\n') + b"0\r\n\r\n")
        assert wire.response("POST").json()["sum"] == "3"


def test_the_clients_own_time_out_bounds_the_whole_call(gateway):
    with Wire(gateway.port) as wire:
        begin(wire, "sum", LINES | {"X-Request-Timeout": "300ms"})
        wire.send(chunk(b'{"value":1}\n'))
        start = time.monotonic()
        assert_problem(wire.response("POST"), 504, "gateway-timeout")
        assert time.monotonic() - start < 2


def test_a_client_that_waits_for_leave_to_send(gateway):
    with Wire(gateway.port) as wire:
        begin(wire, "sum", LINES, "Expect: 100-continue\r\n")
        until_seen(wire, b"HTTP/1.1 100 Continue\r\n\r\n")
        wire.send(chunk(b'{"value":1}\n') + b"0\r\n\r\n")
        assert wire.response("POST").json()["sum"] == "1"


def test_a_client_that_does_not_read_is_not_read_either(gateway):
    before = gateway.resident_bytes()
    line = lines({"text": "x" * 1000})
    with Wire(gateway.port) as wire:
        begin(wire, "chat")
        wire.socket.settimeout(1)
        sent = 0
        try:
            while sent < 64 << 20:
                wire.send(chunk(line * 60))
                sent += len(line) * 60
        except TimeoutError:
            pass
        assert sent < 64 << 20, "somebody holds all of it"
        assert post(gateway, "sum", lines({"value": 1})).json()["count"] == 1, "others go on"
        assert gateway.resident_bytes() - before < 40 << 20
        wire.socket.settimeout(10)
        seen = 0
        while seen < sent // 2:
            seen += len(wire.socket.recv(1 << 20))


# The Go service has no Upload.
@pytest.mark.parametrize("gateway", ["python"], indirect=True)
def test_bytes_become_messages_as_they_come(gateway):
    headers = {"Content-Type": "text/plain"}
    assert post(gateway, "upload", b"", headers).json() == {"count": 1}, "an empty body is one empty message"
    with Wire(gateway.port) as wire:
        begin(wire, "upload", headers)
        for piece in (b"ab", b"c" * 200_000, b"d"):
            wire.send(chunk(piece))
        wire.send(b"0\r\n\r\n")
        total = wire.response("POST").json()
        assert total["sum"] == str(sum(b"abd") + 200_000 * ord("c")) and total["count"] >= 4
    assert_problem(post(gateway, "upload", b"x", {"Content-Type": "image/png"}), 400, "bad-request")


def test_a_fast_sender_and_a_reader_at_once(gateway):
    """More than any window, read while it is sent."""
    body = lines({"text": "y" * 5000})
    count = 4000
    with Wire(gateway.port) as wire:
        begin(wire, "chat")
        sender = threading.Thread(target=lambda: [wire.send(chunk(body)) for _ in range(count)] and wire.send(b"0\r\n\r\n"))
        sender.start()
        answer = wire.response("POST")
        sender.join()
        assert answer.status == 200 and len(answer.body) == count * (len(body) - 1)
