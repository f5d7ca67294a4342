"""Lists of requests: each through the whole pipeline, answered in order with a status and a document of its own."""

import json
import threading
import time

import pytest

from problems import assert_problem
from rig import until
from wire import Wire, once

BATCH = "/api/v1/batch"
CONTACTS = "/api/v1/data/crm/contacts"


def send(port, headers, requests):
    fields = dict(headers) | {"Content-Type": "application/json"}
    return once(port, "POST", BATCH, fields, json.dumps({"requests": requests}).encode())


@pytest.fixture
def batch(platform, admin):
    return lambda requests, headers=None: send(platform.port, admin if headers is None else headers, requests)


def test_every_request_has_its_answer_in_order(batch):
    answer = batch([
        {"id": "list", "method": "GET", "path": CONTACTS + "?pageSize=2"},
        {"id": "echo", "method": "POST", "path": "/api/v1/lab/echo", "body": {"a": 1}},
        {"method": "GET", "path": "/api/v1/lab/echo?x=1"},
    ])
    assert answer.status == 200 and answer.header("content-type") == "application/json"
    listed, echoed, third = answer.json()["responses"]
    assert [listed["id"], echoed["id"], third["id"]] == ["list", "echo", "2"]
    assert {item["status"] for item in (listed, echoed, third)} == {200}
    assert echoed["body"]["method"] == "POST" and echoed["body"]["length"] == len('{"a": 1}')
    assert third["body"]["target"].endswith("?x=1")


def test_failures_are_items_with_their_own_documents(batch):
    answer = batch([
        {"id": "ok", "method": "GET", "path": "/api/v1/lab/echo"},
        {"id": "nowhere", "method": "GET", "path": "/api/v1/nowhere"},
        {"id": "method", "method": "DELETE", "path": CONTACTS},
        {"id": "checked", "method": "POST", "path": "/api/v1/lab/checked", "body": {"age": -1}},
        {"id": "broken", "method": "POST", "path": "/api/v1/lab/close-at-once", "body": {}},
        {"id": "short", "method": "GET", "path": "/api/v1/lab/short-body"},
    ])
    assert answer.status == 207
    items = {item["id"]: item for item in answer.json()["responses"]}
    expected = {"ok": 200, "nowhere": 404, "method": 405, "checked": 400, "broken": 502, "short": 502}
    assert {name: item["status"] for name, item in items.items()} == expected
    for name in expected.keys() - {"ok"}:
        document = items[name]["body"]
        assert document["status"] == expected[name] and len(document["traceId"]) == 32 and document["detail"]
        assert items[name]["headers"]["content-type"] == "application/problem+json"
    assert items["method"]["headers"]["allow"]
    assert items["checked"]["body"]["errors"]


def test_each_request_has_the_callers_identity_and_no_more(batch, member, platform):
    denied = batch([{"method": "DELETE", "path": CONTACTS + "/nothing"}], member)
    assert denied.json()["responses"][0]["status"] in (403, 404)
    answer = batch([{"method": "GET", "path": "/api/v1/lab/private/echo"}], member)
    headers = {name.lower(): value for name, value in answer.json()["responses"][0]["body"]["headers"]}
    assert headers["x-user-id"] and headers["x-tenant-id"]
    assert_problem(send(platform.port, {}, [{"method": "GET", "path": CONTACTS}]), 401, "unauthorized", BATCH)


@pytest.mark.parametrize(("requests", "pointer"), [
    ([], "/requests"), ([{"method": "GET"}], "/requests/0/path"), ([{"path": "/x"}], "/requests/0/method"),
    ([{"method": "GET", "path": BATCH}], "/requests/0/path"), ([{"method": "GET", "path": "/api/v1/./batch"}], "/requests/0/path"),
    ([{"method": "GET", "path": "x"}], "/requests/0/path"), ([{"method": "TRACE", "path": "/x"}], "/requests/0/method"),
    ([{"method": "GET", "path": "/x", "headers": {"X-User-ID": "1"}}], "/requests/0/headers/X-User-ID"),
    ([{"method": "GET", "path": "/x", "headers": {"Authorization": "Bearer x"}}], "/requests/0/headers/Authorization"),
    ([{"method": "GET", "path": "/x", "extra": 1}], "/requests/0/extra"),
    ([{"method": "GET", "path": "/x", "headers": {"A": "b\r\nc"}}], "/requests/0/headers/A"),
    ([{"id": "a", "method": "GET", "path": "/x"}, {"id": "a", "method": "GET", "path": "/x"}], "/requests/1/id"),
    ([{"method": "GET", "path": "/x"}] * 101, "/requests"),
])
def test_a_bad_list_is_refused_as_a_whole(batch, requests, pointer):
    problem = assert_problem(batch(requests), 400, "validation-failed", BATCH)
    assert problem["errors"][0]["pointer"] == pointer


def test_a_hundred_requests(batch):
    answer = batch([{"method": "GET", "path": f"/api/v1/lab/echo?n={number}"} for number in range(100)])
    assert answer.status == 200
    assert [item["body"]["target"].split("=")[1] for item in answer.json()["responses"]] == [str(n) for n in range(100)]


def test_requests_run_side_by_side(batch):
    begin = time.monotonic()
    answer = batch([{"method": "GET", "path": "/api/v1/lab/slow"}] * 4)
    assert {item["status"] for item in answer.json()["responses"]} == {200}
    assert time.monotonic() - begin < 3, "four times one second, one after the other, would be four"


@pytest.mark.parametrize("name", ["chunked", "until-close", "early-hints"])
def test_whatever_framing_the_service_uses(batch, name):
    item = batch([{"method": "GET", "path": f"/api/v1/lab/{name}"}]).json()["responses"][0]
    assert item["status"] == 200 and item["encoding"] == "base64" and item["body"]


def test_an_answer_that_is_too_large_is_refused_alone(batch):
    large, small = batch([
        {"method": "GET", "path": "/api/v1/lab/large"}, {"method": "GET", "path": "/api/v1/lab/echo"}]).json()["responses"]
    assert large["status"] == 502 and "too large" in large["body"]["detail"]
    assert small["status"] == 200


def test_large_bodies_reach_their_services(batch):
    text = "x" * 200_000
    item = batch([{"method": "PUT", "path": "/api/v1/lab/echo", "body": text}] * 3).json()["responses"][2]
    assert item["status"] == 200 and item["body"]["length"] == len(text) + 2


def test_a_client_that_leaves_ends_them_all(platform, admin):
    with Wire(platform.port) as wire:
        body = json.dumps({"requests": [{"method": "GET", "path": "/api/v1/lab/hang"}] * 20}).encode()
        head = f"POST {BATCH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        head += f"Authorization: {admin['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
        before = platform.lab.calls.get("hang", 0)
        wire.send(head.encode() + body)
        until(lambda: platform.lab.calls.get("hang", 0) == before + 8, what="eight at a time")
        wire.socket.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")
    time.sleep(0.2)
    assert platform.lab.calls["hang"] == before + 8, "nothing more is started"
    platform.lab.release.set()
    platform.lab.release = threading.Event()
    assert once(platform.port, "GET", "/api/v1/lab/echo").status == 200


def test_the_list_can_be_turned_off(platform, admin):
    gateway = platform.another_gateway("no-batch", lambda configuration: configuration.update(batch={"enabled": False})).start()
    try:
        assert_problem(send(gateway.port, admin, [{"method": "GET", "path": "/x"}]), 404, "not-found", BATCH)
    finally:
        gateway.stop()
