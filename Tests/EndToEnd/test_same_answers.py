"""A client cannot tell whether it speaks to the gateway itself or to an Envoy in front: one table of requests, asked of both."""

import dataclasses
import json
import re

import pytest
from websockets.sync.client import connect

from envoy_server import Envoy, with_edge
from h2wire import H2Wire
from wire import once

CONTACTS = "/api/v1/data/crm/contacts"
PROBLEM = "application/problem+json"
JSON = {"Content-Type": "application/json"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ORIGIN, EVIL = "https://app.example", "https://evil.example"
VERSIONS = ["1.1", "2"]

# What may differ, and why.
DIFFERENT = {
    "date": "each answers at its own time",
    "transfer-encoding": "framing belongs to a connection",
    "connection": "so does its end",
    "alt-svc": "where else this edge listens",
}
# Made anew for each request; compared in form alone. Envoy does not pass on whether a trace is recorded.
MADE = {"x-request-id": re.compile(r"[0-9a-f-]{36}"), "traceparent": re.compile(f"00-{TRACE}-[0-9a-f]{{16}}-0[01]")}
# Seconds that pass between the two.
PASSING = {"ratelimit": re.compile(r"t=\d+"), "retry-after": re.compile(r"\d+")}
# Of documents that services make: when something was stored. It is part of a file's tag, too.
STAMPS = {"createdAt", "updatedAt", "modifiedAt"}
TAG = re.compile(r'"[0-9a-f]+-[0-9a-f]+"')


@dataclasses.dataclass
class Step:
    method: str
    path: str
    user: str = None
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = None
    # Asked so often; the last answer counts.
    times: int = 1


def get(path, user=None, **headers):
    return Step("GET", path, user, {name.replace("_", "-"): value for name, value in headers.items()})


def post(path, user, body, headers=None, **options):
    return Step("POST", path, user, JSON if headers is None else headers, body, **options)


def batch(*requests):
    return json.dumps({"requests": list(requests)}).encode()


ADMIN, MEMBER, STRANGER, GUEST = "admin@acme", "member@acme", "admin@globex", "member@globex"
BYTES = bytes(range(256)) * 200
FILE = "/api/v1/files/same.bin"
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
CASES = {
    # What goes well
    "a list": [get(CONTACTS, ADMIN)],
    "a record": [get(CONTACTS + "/ada", ADMIN)],
    "a query": [get(CONTACTS + "?filter=name%3DGrace+Hopper&filter=email%3Dgrace@example.com", ADMIN)],
    "a record made, changed and removed": [
        post(CONTACTS + "?id=alan", ADMIN, b'{"name":"Alan Turing"}'),
        Step("PATCH", CONTACTS + "/alan", ADMIN, JSON, b'{"company":"Bletchley Park"}'),
        Step("DELETE", CONTACTS + "/alan", ADMIN), get(CONTACTS + "/alan", ADMIN)],
    "a file up, down, in part, and away": [
        Step("PUT", FILE, ADMIN, {}, BYTES), get(FILE, ADMIN), Step("HEAD", FILE, ADMIN),
        get(FILE, ADMIN, Range="bytes=100-199"), get(FILE, ADMIN, Range="bytes=-5"), get(FILE, ADMIN, Range="bytes=400000-"),
        get(FILE, ADMIN, If_Match='"other"'), get("/api/v1/files", ADMIN), Step("DELETE", FILE, ADMIN), get(FILE, ADMIN)],
    "an empty file": [Step("PUT", FILE, ADMIN, {}, b""), get(FILE, ADMIN), Step("DELETE", FILE, ADMIN)],
    "another tenant": [get(CONTACTS, STRANGER)],
    "a call answered": [get("/api/v1/labgrpc/m/n/fine")],
    "escapes in a path": [get("/api/v1/labgrpc/a%20b/%C3%A9/x"), get("/api/v1/labgrpc/a%2Fb/c/x")],
    "chunks and trailers": [get("/api/v1/lab/chunked")],
    "a body until the end": [get("/api/v1/lab/until-close")],
    "headers of a hop": [get("/api/v1/lab/hop-headers")],
    "hints before the answer": [get("/api/v1/lab/early-hints")],
    "a large answer": [get("/api/v1/lab/large")],
    "a batch": [post("/api/v1/batch", ADMIN, batch(
        {"method": "GET", "path": CONTACTS + "/ada"}, {"method": "GET", "path": CONTACTS + "/nobody"},
        {"method": "PUT", "path": CONTACTS}, {"method": "GET", "path": "/nowhere"}))],
    "live and ready": [get("/live"), get("/livez"), get("/ready"), get("/readyz"), Step("HEAD", "/live")],
    "HEAD where there is GET": [Step("HEAD", CONTACTS, ADMIN), Step("HEAD", CONTACTS)],
    "a problem of the service's own": [get("/api/v1/lab/own-problem"), get("/api/v1/lab/problem-with-trace")],
    # Who may
    "no token": [get(CONTACTS), post(CONTACTS, None, b"{}"), get("/health")],
    "a bad token": [get(CONTACTS, Authorization="Bearer a.b.c"), get(CONTACTS, Authorization="Basic YTpi"),
                    get(CONTACTS, Authorization="Bearer"), get(CONTACTS, Authorization="Bearer " + "x" * 5000)],
    "a token that is over": [get(CONTACTS, "expired")],
    "a forged signature": [get(CONTACTS, "forged")],
    "a member who may not": [post(CONTACTS, MEMBER, b'{"name":"no"}'), get("/health", MEMBER)],
    "who a client says it is": [
        get(CONTACTS, STRANGER, X_Tenant_ID="acme", X_User_Roles="admin", X_User_ID="x"),
        get(CONTACTS, None, X_Tenant_ID="acme", X_Septem_Edge_Roles="WyJhZG1pbiJd")],
    # Where
    "a path nobody serves": [
        get("/api/v1/nowhere"), get("/api/v1/nowhere", ADMIN), get("/"), Step("HEAD", "/api/v1/nowhere"), post("/x", None, b"{}"),
        post("/x.Y/Z", None, b"", {"Content-Type": "application/grpc-web+proto"}), get("/api/v1/nowhere?a=1&b=%20"),
        Step("OPTIONS", "/api/v1/nowhere")],
    "a path below a known one": [get("/api/v1/files/a/b/c/d", ADMIN), get("/api/v1/labgrpc/only"), get("/live/x")],
    "a longer name": [get("/api/v1/labx"), get("/livex")],
    "slashes and dots": [
        get("/api/v1//lab/echo-not"), get("/api/v1/lab/../nowhere"), get("/api/v1/lab/%2e%2e/nowhere"), get("/api/v1/nowhere/")],
    "a method the path does not have": [
        Step("PUT", CONTACTS, ADMIN, JSON, b"{}"), Step("TRACE", "/api/v1/files", ADMIN)],
    "a module another tenant lacks": [get("/api/v1/notes", GUEST)],
    # What
    "a body against its schema": [
        post(CONTACTS, ADMIN, b'{"email":"nobody@example.com"}'), post("/api/v1/lab/checked", None, b'{"name":"far too long a name","age":-1}'),
        post("/api/v1/lab/checked", None, b'{"name":'), post("/api/v1/lab/checked", None, b"[]"),
        post("/api/v1/lab/checked", None, b""), post("/api/v1/lab/checked", None, b"{}", {"Content-Type": "text/plain"})],
    "a parameter against its schema": [get(CONTACTS + "?pageSize=many", ADMIN), get(CONTACTS + "?pageSize=5000", ADMIN)],
    "a fault that the service names": [get("/api/v1/data/crm/things?filter=nonsense", ADMIN)],
    "a conflict": [post(CONTACTS + "?id=ada", ADMIN, b'{"name":"Another Ada"}')],
    "a body that is missing": [Step("PUT", "/api/v1/lab/needed")],
    "a body too large": [post("/api/v1/lab/echo", None, b"x" * 100_000)],
    "a batch that is none": [
        post("/api/v1/batch", ADMIN, b"{}"), post("/api/v1/batch", ADMIN, b"nonsense"), post("/api/v1/batch", None, batch())],
    # How services fail
    **{f"gRPC says {name}": [get(f"/api/v1/labgrpc/m/n/{name}")] for name in (
        "cancelled", "unknown", "invalid-argument", "not-found", "already-exists", "permission-denied", "resource-exhausted",
        "failed-precondition", "aborted", "out-of-range", "unimplemented", "internal", "unavailable", "data-loss",
        "unauthenticated")},
    "a call past its time": [get("/api/v1/labgrpc/m/n/hang")],
    "a service past its time": [get("/api/v1/lab/hang")],
    "a service that is away": [get("/api/v1/dead")],
    "a service that speaks no HTTP": [get("/api/v1/lab/garbage"), get("/api/v1/lab/two-lengths")],
    "a service that goes": [get("/api/v1/lab/close-at-once"), get("/api/v1/lab/reset-at-once")],
    "a head too large from a service": [get("/api/v1/lab/large-head")],
    # Pages of other origins
    "a preflight": [Step("OPTIONS", CONTACTS, None, PREFLIGHT), Step("OPTIONS", CONTACTS, None, PREFLIGHT | {"Origin": EVIL})],
    "an OPTIONS that is no preflight": [Step("OPTIONS", CONTACTS)],
    "an answer to a page": [
        get(CONTACTS, ADMIN, Origin=ORIGIN), get(CONTACTS, ADMIN, Origin=EVIL), get(CONTACTS, Origin=ORIGIN),
        get("/api/v1/nowhere", Origin=ORIGIN), get("/api/v1/nowhere", Origin=EVIL)],
    # How often
    "a user over the limit": [
        get("/api/v1/lab/private/hop-headers", GUEST),
        dataclasses.replace(get("/api/v1/lab/private/hop-headers", GUEST), times=8)],
}
# Over HTTP/1.1 alone: what HTTP/2 cannot say.
ONLY_1_1 = {"who a client says it is"}
# Where Envoy refuses tokens it asks for one before it knows which methods there are.
JUDGED_FIRST = {"an OPTIONS that is no preflight": 401}
# What Envoy does not let through, each with the status without it and with it, by version; None for a stream that is reset.
FIRST = {
    "a method nobody knows": (Step("BREW", CONTACTS, ADMIN), {"1.1": 405, "2": 405}, {"1.1": 400, "2": 405}),
    "too many headers": (
        Step("GET", "/live", None, {f"X-Header-{number}": "x" for number in range(150)}), {"1.1": 431, "2": 431}, {"1.1": 431, "2": None}),
    "headers too large": (
        Step("GET", "/live", None, {f"X-Header-{number}": "x" * 5000 for number in range(8)}), {"1.1": 431, "2": None}, {"1.1": 431, "2": None}),
    "a target too long": (get("/api/v1/lab/echo?" + "q" * 9000), {"1.1": 414, "2": 414}, {"1.1": 414, "2": 414}),
    "an upgrade where there is none": (
        get("/api/v1/lab/hop-headers", Connection="Upgrade", Upgrade="websocket"), {"1.1": 200}, {"1.1": 403}),
    "a preflight for a path nobody serves": (
        Step("OPTIONS", "/api/v1/nowhere", None, PREFLIGHT), {"1.1": 403, "2": 403}, {"1.1": 404, "2": 404}),
}


@dataclasses.dataclass
class Edges:
    # Who refuses tokens and holds users to their limits behind Envoy.
    judge: str
    # Of the gateway itself, and of Envoy.
    ports: tuple
    # What Envoy answers itself.
    own: set

    @property
    def counts_more(self):
        return self.judge == "envoy"


@pytest.fixture(scope="module", params=["gateway", "envoy"])
def edges(platform, request):
    """The gateway itself, and an Envoy before another one that is configured alike."""
    decides = {
        "gateway": {}, "envoy": {"tokens": {"refused_by": "envoy"}, "rate_limits": {"enforced_by": "envoy"}}}[request.param]

    def change(configuration):
        configuration["cors"] = {"default": {"origins": [ORIGIN], "exposed_headers": ["X-Request-ID"]}}
        configuration["rate_limits"] = {"user": {"requests": 5, "per": "1h"}, "address": "off", "roles": {"admin": "off"}}
        for service in configuration["services"]:
            if service["name"].startswith("lab"):
                service["timeout"] = "1s"
            if service["name"] == "lab":
                service["max_body"] = "64Ki"

    def change_behind(configuration):
        change(configuration)
        with_edge(configuration, **decides)

    alone = platform.another_gateway(f"same-alone-{request.param}", change).start()
    behind = platform.another_gateway(f"same-behind-{request.param}", change_behind).start()
    envoy = Envoy(behind, f"same-envoy-{request.param}").start()
    yield Edges(request.param, (alone.port, envoy.port), {"gateway": {404}, "envoy": {401, 404, 429}}[request.param])
    envoy.stop()
    behind.stop()
    alone.stop()


@pytest.fixture(scope="module")
def tokens(platform):
    made = {user: platform.token(user) for user in (ADMIN, MEMBER, STRANGER, GUEST)}
    head, claims, signature = made[ADMIN].split(".")
    return made | {
        "expired": platform.token(ADMIN, -3600), "forged": f"{head}.{claims}.{signature[::-1]}"}


def ask(port, version, step, tokens):
    """What a client sees: status, headers, body, trailers; or how the connection ended."""
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"} | step.headers
    if step.user:
        headers["Authorization"] = f"Bearer {tokens[step.user]}"
    for _ in range(step.times):
        if version == "1.1":
            answer = once(port, step.method, step.path, headers, step.body, 15)
        else:
            with H2Wire(port, timeout=15) as wire:
                answer = wire.request(step.method, step.path, headers, step.body, authority="gateway.test")
    return answer


def seen(answer):
    headers = []
    for name, value in answer.headers:
        name = name.lower()
        if name in DIFFERENT or name == ":status":
            continue
        if name in MADE:
            assert MADE[name].fullmatch(value), (name, value)
            value = "made"
        elif name in PASSING:
            value = PASSING[name].sub("passing", value)
        elif name in ("etag", "last-modified"):
            value = TAG.sub("passing", value) if name == "etag" else "passing"
        headers.append((name, value))
    body = answer.body
    if any(name == "content-type" and "json" in value for name, value in headers) and body:
        # The members of an object have no order, and so their length is not that of the text.
        body = without_stamps(json.loads(body))
        length = answer.header("content-length")
        assert length is None or int(length) == len(answer.body)
        headers = [(name, value) for name, value in headers if name != "content-length"]
    if answer.status == 429 and body:
        body["detail"] = re.sub(r"\d+", "passing", body["detail"])
    trailers = sorted((name.lower(), value) for name, value in answer.trailers)
    return {"status": answer.status, "headers": sorted(headers), "body": body, "trailers": trailers}


def without_stamps(node):
    if isinstance(node, list):
        return [without_stamps(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: "passing" if key in STAMPS else without_stamps(value) for key, value in node.items()}


@pytest.mark.parametrize(
    ("name", "version"), [(name, version) for name in CASES for version in VERSIONS if version == "1.1" or name not in ONLY_1_1])
def test_both_edges_answer_the_same(edges, tokens, name, version):
    if edges.judge == "envoy" and name in JUDGED_FIRST:
        assert [ask(edges.ports[1], version, step, tokens).status for step in CASES[name]] == [JUDGED_FIRST[name]]
        return
    alone, behind = ([seen(ask(port, version, step, tokens)) for step in CASES[name]] for port in edges.ports)
    for step, expected, found in zip(CASES[name], alone, behind):
        if ("traceparent", "made") not in found["headers"]:
            assert found["status"] in edges.own, f"Envoy itself answered {step.method} {step.path[:80]}: {found}"
            expected, found = outline(expected), outline(found)
        elif edges.counts_more:
            expected, found = uncounted(expected), uncounted(found)
        assert found == expected, f"{step.method} {step.path[:80]}"


def outline(answer):
    """Of an answer that Envoy may have made itself: it names the trace in its document alone, and of tokens and limits it knows less
    than the gateway has to say."""
    headers = dict(answer["headers"])
    for name in ("traceparent", "content-length"):
        headers.pop(name, None)
    body = dict(answer["body"]) if answer["body"] else {}
    if answer["status"] in (401, 429):
        body.pop("detail", None)
    if "www-authenticate" in headers:
        headers["www-authenticate"] = headers["www-authenticate"].split(" ")[0]
    return answer | {"headers": headers, "body": body}


def uncounted(answer):
    """Where Envoy asks about limits it does so for paths that the gateway does not count, too."""
    return answer | {"headers": [pair for pair in answer["headers"] if not pair[0].startswith("ratelimit")]}


@pytest.mark.parametrize(("name", "version"), [(name, version) for name in FIRST for version in FIRST[name][1]])
def test_what_envoy_refuses_first_is_a_problem_document_too(edges, tokens, name, version):
    step, without, behind = FIRST[name]
    assert ask(edges.ports[0], version, step, tokens).status == without[version]
    answer = ask(edges.ports[1], version, step, tokens)
    assert answer.status == behind[version]
    if answer.status is None:
        assert answer.reset is not None
        return
    assert answer.header("content-type") == PROBLEM
    document = answer.json()
    assert document["status"] == answer.status and document["title"] and document["detail"]
    assert re.fullmatch("[0-9a-f]{32}", document["traceId"])


def test_a_websocket_is_one_through_envoy_too(edges):
    for port in edges.ports:
        with connect(f"ws://127.0.0.1:{port}/api/v1/lab/socket", open_timeout=10, compression=None) as socket:
            for message in ("hello", b"\x00\xff" * 1000, "x" * 100_000):
                socket.send(message)
                assert socket.recv(timeout=10) == message


def test_the_service_behind_sees_the_same_request_but_for_the_hop_more(edges):
    """What Envoy adds for the gateway is for the gateway alone, except for its place in `X-Forwarded-For`."""
    requests = []
    for port in edges.ports:
        shown = once(port, "POST", "/api/v1/lab/echo?a=%20b&c", {
            "X-Mine": "1", "Content-Type": "text/plain", "X-Request-ID": "mine", "Accept-Encoding": "gzip",
            "X-User-ID": "forged", "X-Septem-Edge-Roles": "WyJhZG1pbiJd", "Forwarded": "for=1.2.3.4", "X-Under_Score": "kept",
        }, b"hello").json()
        assert shown["method"] == "POST" and shown["target"] == "/api/v1/lab/echo?a=%20b&c" and shown["length"] == 5
        requests.append({name.lower(): value for name, value in shown["headers"]})
    alone, behind = requests
    assert alone["x-forwarded-for"] == "127.0.0.1" and behind["x-forwarded-for"].endswith(", 127.0.0.1")
    for headers in requests:
        for name in ("x-forwarded-for", "forwarded", "traceparent", "content-length", "transfer-encoding"):
            headers.pop(name, None)
    assert behind == alone
