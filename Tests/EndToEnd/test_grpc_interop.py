"""REST in, gRPC out to services written with grpcio and grpc-go: messages, statuses with their details, reflection."""

import json

import pytest
import yaml

from conftest import document, run_gateway, service_entry
from peer_programs import PEERS, go_peer, grpcurl, python_peer
from problems import assert_problem
from rig import Gateway, free_port, until
from wire import once

# google/rpc/code.proto: the HTTP status, the problem, and whether the status tells of the service's inside.
CODES = {
    1: (499, "client-closed-request", False), 2: (500, "internal", True), 3: (400, "bad-request", False),
    4: (504, "gateway-timeout", True), 5: (404, "not-found", False), 6: (409, "conflict", False), 7: (403, "forbidden", False),
    8: (429, "rate-limit-exceeded", False), 9: (400, "bad-request", False), 10: (409, "conflict", False),
    11: (400, "bad-request", False), 12: (501, "not-implemented", False), 13: (500, "internal", True),
    14: (503, "service-unavailable", True), 15: (500, "internal", True), 16: (401, "unauthorized", False),
}
LANGUAGES = ("python", "go")


def peer_document(language):
    """Bindings by name, so that both peers live behind one gateway."""
    def operation(method, body=None):
        grpc = {"method": f"septem.peers.v1.Basics/{method}"} | ({"body": body} if body else {})
        content = {"requestBody": {"content": {"application/json": {}}}} if body else {}
        return {"x-grpc": grpc, "responses": {"default": {"description": "what the peer says"}}} | content

    def parameter(name):
        return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}]

    return document(language, {
        f"/{language}/echo": {"post": operation("Echo", "*")},
        f"/{language}/fail/{{code}}": {
            "parameters": parameter("code"), "get": operation("Fail"), "post": operation("Fail", "*"),
            "put": operation("Fail", "problem")},
        f"/{language}/sleep/{{milliseconds}}": {"parameters": parameter("milliseconds"), "get": operation("Sleep")},
    })


def annotated_document():
    """Only paths and methods: which call they are, the annotations say that reflection brings."""
    operation = {"responses": {"default": {"description": "what the peer says"}}}
    body = {"requestBody": {"content": {"application/json": {}}}}
    parameter = {"name": "text", "in": "path", "required": True, "schema": {"type": "string"}}
    return document("reflected", {
        "/peer/echo": {"post": operation | body},
        "/peer/echo/{text}": {"parameters": [parameter], "get": operation},
        "/everything/mirror": {"post": operation | body},
    })


def configuration(folder, services):
    for name, body in (*((language, peer_document(language)) for language in LANGUAGES), ("reflected", annotated_document())):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(body, sort_keys=False))
    for service in services:
        # Most calls here are to fail; the breakers have tests of their own.
        service["breaker"] = {"enabled": False}
    return {
        "listen": {"host": "127.0.0.1", "port": free_port()}, "admin": {"host": "127.0.0.1", "port": free_port()},
        "rate_limits": {"user": "off", "address": "off"}, "services": services,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("interop")


@pytest.fixture(scope="module")
def peers(folder):
    """By language, each started when first asked for."""
    started = {}

    def peer(language):
        if language not in started:
            started[language] = {"python": python_peer, "go": go_peer}[language](folder).start()
        return started[language]

    yield peer
    for peer in started.values():
        peer.stop()


@pytest.fixture(scope="module", params=LANGUAGES)
def peer(request, folder, peers):
    """request(method, path, headers, body) to one peer through a gateway of its own."""
    language = request.param
    entry = service_entry(language, "grpc", peers(language).port, folder) | {"descriptors": str(PEERS / "peers.pb")}
    gateway = Gateway(folder, configuration(folder, [entry]), f"gateway-{language}").start()

    def call(method, path, body=None, headers=()):
        content = None if body is None else json.dumps(body).encode()
        fields = dict(headers) | ({"Content-Type": "application/json"} if body is not None else {})
        return once(gateway.port, method, f"/api/v1/{language}/{path}", fields, content)

    yield call
    gateway.stop()


def test_a_message_comes_back_as_it_was_sent(peer):
    body = {"text": "Zürich \"7\"", "number": "9007199254740993", "words": ["a", "", "b"]}
    answer = peer("POST", "echo", body, {"X-Request-ID": "interop-1"})
    assert answer.status == 200, answer
    reply = answer.json()
    assert {name: reply[name] for name in body} == body
    assert reply["metadata"]["x-request-id"] and reply["metadata"]["traceparent"]
    assert reply["attempt"] == 1


@pytest.mark.parametrize(("code", "expected"), CODES.items())
def test_each_status_has_its_http_status_and_keeps_what_is_internal(peer, code, expected):
    status, slug, is_internal = expected
    answer = peer("GET", f"fail/{code}?message=words%20of%20the%20peer")
    if status == 499:
        # Not a registered status, so the status line has no phrase to be the title.
        assert answer.reason == ""
        answer.reason = "Client Closed Request"
    problem = assert_problem(answer, status, slug)
    assert ("words of the peer" in problem["detail"]) != is_internal, problem


def test_a_code_that_is_none_is_a_failure_of_the_service(peer):
    # grpcio sends UNKNOWN in its place, grpc-go the number.
    answer = peer("GET", "fail/99?message=words")
    assert_problem(answer, 500, "internal")
    assert b"words" not in answer.body


def test_every_detail_for_the_caller_is_in_the_problem(peer):
    answer = peer("POST", "fail/9", {"message": "no", "problem": {"everything": True, "bad_fields": ["code"]}})
    problem = assert_problem(answer, 400, "bad-request")
    assert problem["detail"] == "Das Regal ist leer." and problem["locale"] == "de-CH"
    assert problem["errors"] == [{"field": "code", "pointer": "", "code": "invalid", "message": "code is not right"}]
    assert (problem["reason"], problem["domain"], problem["metadata"]) == ("STOCK_EMPTY", "shop.example", {"shelf": "7"})
    assert problem["quotaViolations"] == [{"subject": "tenant:acme", "description": "Daily limit reached"}]
    assert problem["preconditionViolations"] == [
        {"type": "TERMS", "subject": "shop.example", "description": "Terms not accepted"}]
    assert problem["resource"] == {
        "type": "shop.Item", "name": "items/7", "owner": "user:ada", "description": "The item is gone"}
    assert problem["links"] == [{"description": "What to do", "url": "https://shop.example/help"}]
    assert answer.header("retry-after") == "3", "two and a half seconds, rounded up"


@pytest.mark.parametrize("code", [9, 13])
def test_nothing_internal_leaks(peer, code):
    answer = peer("POST", f"fail/{code}", {"message": "no", "problem": {"everything": True}})
    assert b"secret" not in answer.body and b"internal-1" not in answer.body
    assert not [name for name, _ in answer.headers if name.lower().startswith("grpc-")]


@pytest.mark.parametrize("code", [2, 13, 14, 15])
def test_an_internal_status_keeps_its_details_but_says_when_to_retry(peer, code):
    answer = peer("POST", f"fail/{code}", {"problem": {"everything": True, "bad_fields": ["code"]}})
    assert answer.status == CODES[code][0] and answer.header("retry-after") == "3"
    assert set(answer.json()) == {"type", "title", "status", "detail", "instance", "traceId"}


@pytest.mark.parametrize(("field", "pointer"), [
    ("message", "/message"), ("retry_pushback", "/retryPushback"), ("problem.billing_address", "/problem/billingAddress"),
    ("problem.billingAddress.address_lines[1]", "/problem/billingAddress/addressLines/1"),
    ('problem.billing_address.labels["a/b"]', "/problem/billingAddress/labels/a~1b"),
    ("code", ""), ("nothing.known", ""), ("", ""),
])
def test_a_violation_points_into_the_body(peer, field, pointer):
    answer = peer("POST", "fail/3", {"problem": {"details": ["bad_request"], "bad_fields": [field]}})
    problem = assert_problem(answer, 400, "validation-failed")
    assert [(error["field"], error["pointer"]) for error in problem["errors"]] == [(field, pointer)]


def test_a_violation_points_into_a_body_that_is_one_field(peer):
    body = {"details": ["bad_request"], "bad_fields": ["problem.billing_address.street_name", "message"]}
    problem = assert_problem(peer("PUT", "fail/3", body), 400, "validation-failed")
    assert [error["pointer"] for error in problem["errors"]] == ["/billingAddress/streetName", ""]


def test_a_429_without_a_delay_says_one_second(peer):
    assert peer("GET", "fail/8").header("retry-after") == "1"


def test_a_slow_answer_is_waited_for(peer):
    assert peer("GET", "sleep/300").json()["text"] == "slept"


@pytest.mark.parametrize("language", LANGUAGES)
def test_grpcurl_sees_what_we_see(peers, language):
    """The peers alone; the gateway's own gRPC listener belongs here as soon as it passes native calls through."""
    address = f"127.0.0.1:{peers(language).port}"
    listed = grpcurl(address, "list").split()
    assert "septem.peers.v1.Basics" in listed
    methods = grpcurl(address, "list", "septem.peers.v1.Basics").split()
    assert methods == [f"septem.peers.v1.Basics.{name}" for name in ("Count", "Echo", "Fail", "Sleep")]
    message = grpcurl(address, "describe", "septem.peers.v1.CountRequest")
    assert "int32 fail_after = 3" in message
    assert json.loads(grpcurl("-d", '{"text": "hi"}', address, "septem.peers.v1.Basics/Echo"))["text"] == "hi"
    ticks = grpcurl("-d", '{"count": 3}', address, "septem.peers.v1.Basics/Count")
    assert ticks.count('"number"') == 3


def reflecting(folder, port, name):
    entry = service_entry("reflected", "grpc", port, folder) | {"descriptors": "reflection"}
    return Gateway(folder, configuration(folder, [entry]), name)


@pytest.mark.parametrize("versions", ["v1alpha", "v1"])
def test_routes_of_a_service_that_describes_itself(folder, versions):
    peer = python_peer(folder, "--reflection", versions).start()
    gateway = reflecting(folder, peer.port, f"reflecting-{versions}")
    try:
        assert run_gateway("check", "--strict", "--config", gateway.file).returncode == 1, "no issuers is a warning"
        outcome = run_gateway("check", "--config", gateway.file, "--output", "json")
        assert [finding["code"] for finding in json.loads(outcome.stdout)["findings"]] == ["no-issuers"], outcome.stdout
        gateway.start()
        assert once(gateway.port, "GET", "/api/v1/peer/echo/hello?number=5").json()["number"] == "5"
        body = json.dumps({"int64Value": "7", "wrappedText": "x", "at": "2026-01-02T03:04:05Z"}).encode()
        mirrored = once(gateway.port, "POST", "/api/v1/everything/mirror", {"Content-Type": "application/json"}, body).json()
        assert (mirrored["int64Value"], mirrored["wrappedText"], mirrored["at"]) == ("7", "x", "2026-01-02T03:04:05Z")
    finally:
        peer.stop()
        if gateway.is_running:
            gateway.stop()


def test_routes_of_a_go_service_that_describes_itself(folder, peers):
    gateway = reflecting(folder, peers("go").port, "reflecting-go")
    entry = gateway.configuration["services"][0]
    (folder / "go.yaml").write_text(yaml.safe_dump(peer_document("go"), sort_keys=False))
    entry["openapi"] = str(folder / "go.yaml")
    gateway.write()
    gateway.start()
    try:
        assert once(gateway.port, "GET", "/api/v1/go/sleep/1").json()["text"] == "slept"
    finally:
        gateway.stop()


def test_a_service_without_reflection_is_an_error_that_says_what_to_do(folder):
    peer = python_peer(folder, "--reflection", "none").start()
    try:
        outcome = run_gateway("check", "--config", reflecting(folder, peer.port, "unreflecting").file)
    finally:
        peer.stop()
    assert outcome.returncode == 1 and "has no gRPC server reflection" in outcome.stdout, outcome.stdout


def test_a_service_that_is_down_is_an_error_at_the_start_and_none_at_a_reload(folder):
    peer = python_peer(folder).start()
    gateway = reflecting(folder, peer.port, "reloading").start()
    try:
        peer.stop()
        outcome = run_gateway("check", "--config", gateway.file)
        assert outcome.returncode == 1 and f"127.0.0.1:{peer.port}" in outcome.stdout, outcome.stdout
        gateway.signal(1)
        until(lambda: "configuration reloaded" in gateway.output(), what="the reload")
        assert "its earlier descriptors stay" in gateway.output()
        assert_problem(once(gateway.port, "GET", "/api/v1/peer/echo/hello"), 503, "service-unavailable")
    finally:
        gateway.stop()
