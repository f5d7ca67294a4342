"""Requests and answers of a gRPC service held to its document: the JSON before its translation, and the JSON it is translated to."""

import json
import subprocess

import pytest
import yaml

from conftest import document, service_entry
from peer_programs import PEERS, python_peer
from problems import assert_problem
from rig import BIN, Gateway, free_port
from wire import once

JSON, LINES = {"Content-Type": "application/json"}, {"Accept": "application/x-ndjson"}
REPLY = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 5}, "number": {"type": "string"}}}
TICK = {"type": "object", "properties": {"number": {"type": "integer", "maximum": 3}}}


def grpc_document():
    def operation(method, schema, mode, kind="application/json", **more):
        return {
            "x-grpc": {"method": f"septem.peers.v1.{method}"} | ({"body": "*"} if "requestBody" in more else {}),
            "x-validation": {"response": mode},
            "responses": {"200": {"description": "what the peer says", "content": {kind: {"schema": schema}}}}} | more

    body = {"requestBody": {"content": {"application/json": {"schema": {
        "type": "object", "properties": {"number": {"type": "integer", "maximum": 9}}}}}}}
    count = [{"name": "count", "in": "path", "required": True, "schema": {"type": "integer", "maximum": 1000}}]
    paths = {}
    for mode in ("enforce", "report"):
        paths |= {
            f"/{mode}/echo": {"post": operation("Basics/Echo", REPLY, mode, **body)},
            f"/{mode}/lines/{{count}}": {
                "parameters": count, "get": operation("Basics/Count", TICK, mode, "application/x-ndjson")},
            f"/{mode}/array/{{count}}": {
                "parameters": count, "get": operation("Basics/Count", {"type": "array", "items": TICK}, mode)},
        }
    return document("peer", paths)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grpc-validation")
    peer = python_peer(folder).start()
    (folder / "peer.yaml").write_text(yaml.safe_dump(grpc_document(), sort_keys=False))
    gateway = Gateway(folder, {
        "listen": {"host": "127.0.0.1", "port": free_port()}, "admin": {"host": "127.0.0.1", "port": free_port()},
        "loops": 1, "rate_limits": {"user": "off", "address": "off"},
        "services": [service_entry("peer", "grpc", peer.port, folder) | {
            "descriptors": str(PEERS / "peers.pb"), "breaker": {"enabled": False}}],
    }).start()
    yield gateway
    gateway.stop()
    peer.stop()


def echo(gateway, mode, **message):
    return once(gateway.port, "POST", f"/api/v1/{mode}/echo", JSON, json.dumps(message).encode())


def drift(gateway):
    answer = subprocess.run(
        [BIN / "gateway", "drift", "--admin", f"http://127.0.0.1:{gateway.admin_port}", "--output", "json"],
        capture_output=True, text=True, timeout=20)
    assert "too long" not in answer.stdout
    return {(row["operation"], row["direction"], row["pointer"], row["code"]) for row in json.loads(answer.stdout)["drift"]}


def test_the_request_is_checked_before_it_is_translated(gateway):
    assert echo(gateway, "enforce", text="short", number=9).json()["number"] == "9"
    problem = assert_problem(echo(gateway, "enforce", text="short", number=10), 400, "validation-failed")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/number", "maximum")]


def test_the_answer_is_checked_as_it_is_made(gateway):
    answer = echo(gateway, "enforce", text="too long")
    assert_problem(answer, 502, "upstream-response-invalid")
    assert b"too long" not in answer.body
    assert echo(gateway, "enforce", text="short").json()["text"] == "short"
    answer = echo(gateway, "report", text="too long")
    assert answer.status == 200 and answer.json()["text"] == "too long"
    assert ("peer.POST /report/echo", "response", "/text", "maxLength") in drift(gateway)


def test_a_failure_of_the_service_is_the_gateways_own_answer(gateway):
    """The document has 200 alone: what the gateway makes of a gRPC status needs no description."""
    assert_problem(once(gateway.port, "GET", "/api/v1/enforce/lines/1?failAfter=0&failure.code=5"), 404, "not-found")


@pytest.mark.parametrize("form", ["lines", "array"])
def test_each_message_of_a_stream_is_checked(gateway, form):
    headers = LINES if form == "lines" else {}

    def get(mode, count):
        answer = once(gateway.port, "GET", f"/api/v1/{mode}/{form}/{count}", headers)
        if form == "lines":
            return answer, [json.loads(line) for line in answer.body.splitlines()]
        return answer, answer.json()

    answer, items = get("enforce", 3)
    assert answer.status == 200 and [item["number"] for item in items] == [1, 2, 3]
    answer, items = get("report", 5)
    assert answer.status == 200 and len(items) == 5
    pointers = {row for row in drift(gateway) if row[0].startswith(f"peer.GET /report/{form}")}
    assert pointers == {(f"peer.GET /report/{form}/{{count}}", "response", "/number", "maximum")}
    answer, items = get("enforce", 5)
    if form == "array":
        # Held back still: the real status, and what had come.
        assert answer.status == 207 and [entry["status"] for entry in items["items"]] == [200, 200, 200, 502]
        assert items["items"][-1]["problem"]["type"].endswith("upstream-response-invalid")
    else:
        assert [item.get("number") for item in items[:-1]] == [1, 2, 3]
        assert items[-1]["type"].endswith("upstream-response-invalid") and items[-1]["status"] == 502


def test_parameters_are_checked_before_the_call(gateway):
    problem = assert_problem(once(gateway.port, "GET", "/api/v1/enforce/lines/1001", LINES), 400, "validation-failed")
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [("path.count", "maximum")]
