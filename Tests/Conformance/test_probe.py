"""The probe itself: whatever a line holds, there is one answer, and the next line has its own."""

import base64
import json
import subprocess

import pytest
from probe import BINARY, ask

BAD_LINES = [
    b"{", b"[1]", b"null", b"1", b'"x"', b"\xff\xfe", b'{"id": 1', b"{}", b'{"op": null}', b'{"op": 7}',
    b'{"op": "nothing"}', b'{"op": "http1"}', b'{"op": "http1", "role": "server", "bytes": ""}',
    b'{"op": "http1", "role": "request", "bytes": "%"}', b'{"op": "schema"}', b'{"op": "schema", "schema": {}}',
    b'{"op": "schema", "schema": {}, "instance": 1, "dialect": "draft-3"}', b'{"op": "trace", "headers": [["a"]]}',
    b'{"op": "protojson", "descriptors": "AAAA", "message": "a"}', b'{"op": "bucket", "rate": 0, "steps": []}',
    b'{"op": "bucket", "rate": 1, "steps": [{"at": 9e18}]}', b'{"op": "jwt", "jwks": {}, "token": "a.b.c"}',
    b'{"op": "route", "routes": {"a": {}}}', b'{"op": "load"}',
]


def test_bad_lines():
    good = b'{"id": "good", "op": "template", "template": "/v1/{a}"}'
    lines = [line for bad in BAD_LINES for line in (bad, good)]
    done = subprocess.run([BINARY], input=b"\n".join(lines) + b"\n\n", capture_output=True, timeout=60)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(answers) == len(lines)
    for bad, answer in zip(BAD_LINES, answers[::2]):
        assert isinstance(answer["error"], str), bad
    assert all(answer["id"] == "good" and answer["valid"] for answer in answers[1::2])


def test_too_long_line():
    long = b'{"id": 1, "x": "' + b"a" * (64 << 20) + b'"}'
    done = subprocess.run([BINARY], input=long + b'\n{"id": 2}', capture_output=True, timeout=120)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [None, 2]
    assert "longer" in answers[0]["error"]


@pytest.mark.parametrize("operation", ["cors"])
def test_not_implemented(operation):
    assert ask([{"op": operation}]) == [{"id": 0, "error": "not implemented yet"}]


def test_http1():
    sent = b"POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nx: \xe9\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /b"
    whole, broken = ask([
        {"op": "http1", "role": "request", "bytes": base64.b64encode(sent).decode()},
        {"op": "http1", "role": "response", "bytes": base64.b64encode(b"HTTP/1.1 99 no\r\n\r\n").decode()},
    ])
    message = whole["messages"][0]
    assert (message["method"], message["target"], message["status"], message["keepAlive"]) == ("POST", "/a", None, True)
    assert message["headers"][2] == ["x", "\xe9"] and base64.b64decode(message["body"]) == b"abc"
    assert base64.b64decode(whole["rest"]) == b"GET /b" and whole["error"] is None
    assert broken["messages"] == [] and broken["error"] == "invalid-status"


def test_trace():
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    kept, fresh = ask([
        {"op": "trace", "headers": [["Traceparent", parent], ["tracestate", "a=1"]]},
        {"op": "trace", "headers": [["tracestate", "a=1"]]},
    ])
    assert (kept["traceId"], kept["parentId"], kept["flags"], kept["tracestate"]) == (*parent.split("-")[1:], "a=1")
    assert fresh["restarted"] and fresh["parentId"] is None and fresh["tracestate"] is None


def test_bucket():
    steps = [{"at": at, "take": 1} for at in (0, 0, 0, 499, 500)]
    outcomes = ask([{"op": "bucket", "rate": 2, "burst": 2, "steps": steps}])[0]["outcomes"]
    assert [outcome["allowed"] for outcome in outcomes] == [True, True, False, False, True]
    assert [outcome["retryAfterMs"] for outcome in outcomes] == [0, 0, 500, 1, 0]


def test_load():
    document = "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /a:\n    get: { x-permission: a.b, responses: {} }\n"
    bad, good, configuration = ask([
        {"op": "load", "document": document}, {"op": "load", "document": document.replace("a.b", "a.b.c")},
        {"op": "load", "document": "listen: { prot: 1 }", "as": "configuration"},
    ])
    assert [(finding["code"], finding["line"]) for finding in bad["findings"]] == [("permission-syntax", 5)]
    assert good["findings"] == []
    assert configuration["findings"][0]["code"] == "unknown-key"
