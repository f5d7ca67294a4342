"""Pages of other origins: rules by tenant on every answer, preflights before the token, and what a real browser makes of it."""

import http.client
import http.server
import json
import queue
import subprocess
import threading

import pytest

import browser
from envoy_server import Envoy, with_edge
from framed import PACKAGE, WEB, chunk, frame, message, peer_gateway
from h2wire import H2Wire
from peer_programs import python_peer
from problems import assert_problem
from wire import Wire, once

ANY, ACME, BELOW, GLOBEX, EVIL = (
    "https://any.example", "https://app.acme.example", "https://x.acme.example", "https://app.globex.example",
    "https://evil-acme.example")
HOSTS = {"acme": "api.acme.test", "globex": "API.globex.test:8443", None: "gateway.test"}
EXPOSED = "Retry-After, RateLimit, RateLimit-Policy, traceparent, X-Request-ID"
RULES = {
    "default": {"origins": [ANY]},
    "tenants": {
        "acme": {"origins": [ACME, "https://*.acme.example"], "credentials": True, "max_age": 7},
        "globex": {"origins": [GLOBEX], "methods": ["GET"], "headers": ["*", "Authorization"]},
    },
    "hosts": {"api.acme.test": "acme", "api.globex.test": "globex"},
}
CONTACTS = "/api/v1/data/crm/contacts"
VERSIONS = ("1.1", "2")


@pytest.fixture(scope="module")
def gateway(platform):
    def change(configuration):
        configuration["cors"] = RULES
        configuration["rate_limits"]["roles"]["member"] = {"requests": 2, "per": "1m"}
        configuration["tenants"] = {"acme": {"modules": ["crm"]}, "globex": {"modules": []}}

    gateway = platform.another_gateway("cors", change)
    gateway.start()
    yield gateway
    gateway.stop()


@pytest.fixture(params=VERSIONS)
def ask(request, gateway):
    """ask(method, path, headers, tenant, body): one request on a connection of its own, by the host of the tenant."""

    def over_http1(method, path, headers=(), tenant=None, body=None):
        pairs = [("Host", HOSTS[tenant])] + list(dict(headers).items())
        return once(gateway.port, method, path, pairs, body)

    def over_http2(method, path, headers=(), tenant=None, body=None):
        with H2Wire(gateway.port) as wire:
            answer = wire.request(method, path, headers, body, authority=HOSTS[tenant])
        # Which this version does not send.
        answer.reason = http.client.responses[answer.status]
        return answer

    return {"1.1": over_http1, "2": over_http2}[request.param]


def foreign(answer):
    return {name.lower(): value for name, value in answer.headers if name.lower().startswith("access-control-")}


def allowed(origin, credentials=False):
    return {"access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED} | (
        {"access-control-allow-credentials": "true"} if credentials else {})


def preflight(origin, method="GET", headers=None):
    return {"Origin": origin, "Access-Control-Request-Method": method} | (
        {"Access-Control-Request-Headers": headers} if headers else {})


def script(*lines, body="ok"):
    """Makes the lab answer with these lines in its head."""
    head = "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK",) + lines)
    return {"X-Script": json.dumps([f"{head}Content-Length: {len(body)}\r\n\r\n{body}"])}


# Requests


@pytest.mark.parametrize("tenant, origin, expected", [
    (None, ANY, allowed(ANY)), (None, ACME, {}), (None, EVIL, {}), (None, "null", {}), (None, "https://any.example/", {}),
    (None, "HTTPS://any.example", {}), (None, "https://any.example:443", {}),
    ("acme", ACME, allowed(ACME, True)), ("acme", BELOW, allowed(BELOW, True)), ("acme", EVIL, {}), ("acme", ANY, {}),
    ("acme", "https://a.b.acme.example", {}), ("globex", GLOBEX, allowed(GLOBEX)), ("globex", ACME, {}),
])
def test_an_answer_says_who_may_read_it(ask, tenant, origin, expected):
    answer = ask("GET", "/api/v1/lab/echo", {"Origin": origin}, tenant)
    assert answer.status == 200 and foreign(answer) == expected and answer.header("vary") == "Origin"
    assert ["origin", origin] in [[name.lower(), value] for name, value in answer.json()["headers"]], "the service sees it"


def test_the_tokens_tenant_goes_before_the_hosts(ask, admin):
    for origin, expected in ((ACME, allowed(ACME, True)), (GLOBEX, {}), (ANY, {})):
        answer = ask("GET", CONTACTS, admin | {"Origin": origin}, "globex")
        assert answer.status == 200 and foreign(answer) == expected


def test_without_an_origin_only_vary_is_sent(ask):
    for path, status in (("/api/v1/lab/echo", 200), ("/nowhere", 404), ("/live", 200)):
        answer = ask("GET", path)
        assert answer.status == status and foreign(answer) == {} and answer.header("vary") == "Origin"


def test_two_origins_are_none(gateway):
    with Wire(gateway.port) as wire:
        for second in (ANY, EVIL):
            answer = wire.request("GET", "/api/v1/lab/echo", [("Origin", ANY), ("Origin", second)])
            assert answer.status == 200 and foreign(answer) == {}
    with H2Wire(gateway.port) as wire:
        assert foreign(wire.request("GET", "/api/v1/lab/echo", [("Origin", ANY), ("Origin", ANY)])) == {}


def test_problems_can_be_read_too(ask, platform):
    origin = {"Origin": ACME}
    member = {"Authorization": f"Bearer {platform.token('member@acme')}"}
    cases = [
        # The user's bucket holds two requests, one for each version.
        (ask("DELETE", f"{CONTACTS}/none", member | origin, "globex"), 403, "forbidden"),
        (ask("GET", "/api/v1/lab/private/echo", origin, "acme"), 401, "unauthorized"),
        (ask("GET", "/api/v1/lab/private/echo", origin | {"Authorization": "Bearer x"}, "acme"), 401, "unauthorized"),
        (ask("GET", "/nowhere", origin, "acme"), 404, "not-found"),
        (ask("DELETE", CONTACTS, origin, "acme"), 405, "method-not-allowed"),
        (ask("GET", "/api/v1/%zz", origin, "acme"), 400, "bad-request"),
        (ask("POST", "/api/v1/lab/checked", origin | {"Content-Type": "application/json"}, "acme", b"{}"), 400,
         "validation-failed"),
        (ask("POST", "/api/v1/lab/checked", origin | {"Content-Type": "text/plain"}, "acme", b"x"), 415,
         "unsupported-media-type"),
        (ask("GET", "/api/v1/lab/garbage", origin, "acme"), 502, "bad-gateway"),
        (ask("GET", "/api/v1/dead", origin, "acme"), 503, "service-unavailable"),
    ]
    for answer, status, slug in cases:
        assert_problem(answer, status, slug)
        assert foreign(answer) == allowed(ACME, True) and answer.header("vary") == "Origin", (slug, answer)


def test_a_caller_without_the_module_or_without_tokens_left_can_read_it(ask, platform):
    member = {"Authorization": f"Bearer {platform.token('member@globex')}", "Origin": GLOBEX}
    answers = [ask("GET", CONTACTS, member, "acme") for _ in range(3)]
    assert_problem(answers[-1], 429, "rate-limit-exceeded")
    assert answers[-1].header("retry-after")
    for answer in answers:
        assert answer.status in (404, 429) and foreign(answer) == allowed(GLOBEX), answer


# Services


@pytest.mark.parametrize("lines, vary", [
    ((), "Origin"), (("Vary: Accept",), "Accept, Origin"), (("Vary: Accept", "vary: Cookie"), "Accept, Cookie, Origin"),
    (("Vary: origin, Accept",), "origin, Accept"), (("Vary: *",), "*"),
])
def test_a_services_own_word_ends_here_and_its_vary_is_merged(ask, lines, vary):
    own = (
        "Access-Control-Allow-Origin: *", "ACCESS-CONTROL-ALLOW-CREDENTIALS: true", "Access-Control-Expose-Headers: *",
        "Access-Control-Allow-Private-Network: true", "X-Kept: yes")
    for origin, expected in ((ANY, allowed(ANY)), (EVIL, {})):
        answer = ask("GET", "/api/v1/lab/scripted", script(*own, *lines) | {"Origin": origin})
        assert answer.status == 200 and answer.body == b"ok" and answer.header("x-kept") == "yes"
        assert foreign(answer) == expected and answer.header("vary") == vary


def test_without_rules_services_speak_for_themselves(platform, call):
    answer = call("GET", "/api/v1/lab/scripted", script("Access-Control-Allow-Origin: *", "Vary: Accept") | {"Origin": EVIL})
    assert foreign(answer) == {"access-control-allow-origin": "*"} and answer.header("vary") == "Accept"
    answer = call("OPTIONS", "/api/v1/lab/echo", preflight(EVIL))
    assert answer.status == 200 and answer.json()["method"] == "OPTIONS"


def test_interim_answers_say_nothing(ask):
    answer = ask("GET", "/api/v1/lab/early-hints", {"Origin": ANY})
    assert answer.status == 200 and foreign(answer) == allowed(ANY) and len(answer.interim) == 1
    assert "access-control" not in str(getattr(answer.interim[0], "headers", answer.interim[0])).lower()


def test_a_body_of_unknown_length_has_the_fields_in_front(ask):
    for name in ("chunked", "until-close"):
        answer = ask("GET", f"/api/v1/lab/{name}", {"Origin": ANY})
        assert answer.status == 200 and foreign(answer) == allowed(ANY) and answer.body


def test_a_list_of_requests_says_it_once(ask, admin):
    body = json.dumps({"requests": [{"method": "GET", "path": CONTACTS}, {"method": "GET", "path": "/nowhere"}]}).encode()
    answer = ask("POST", "/api/v1/batch", admin | {"Origin": ACME, "Content-Type": "application/json"}, body=body)
    assert answer.status == 207 and foreign(answer) == allowed(ACME, True)
    for item in answer.json()["responses"]:
        assert not [name for name in item["headers"] if name.startswith("access-control-")]


# Preflights


@pytest.mark.parametrize("tenant, path, origin, method, headers", [
    (None, "/api/v1/lab/preflighted", ANY, "PUT", "authorization,content-type"),
    (None, "/api/v1/lab/preflighted", ANY, "GET", None),
    (None, CONTACTS, ANY, "POST", "Content-Type, X-Request-ID"),
    ("acme", CONTACTS, BELOW, "GET", "authorization"),
    ("globex", CONTACTS, GLOBEX, "GET", "authorization,x-anything"),
    (None, "/live", ANY, "GET", None),
])
def test_a_preflight_needs_no_token_and_no_service(ask, platform, tenant, path, origin, method, headers):
    answer = ask("OPTIONS", path, preflight(origin, method, headers), tenant)
    assert answer.status == 204 and answer.body == b"", answer
    fields = foreign(answer)
    assert fields["access-control-allow-origin"] == origin and method in fields["access-control-allow-methods"].split(", ")
    assert fields["access-control-max-age"] == ("7" if tenant == "acme" else "600")
    assert fields.get("access-control-allow-credentials") == ("true" if tenant == "acme" else None)
    assert "access-control-expose-headers" not in fields
    assert answer.header("vary") == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    assert answer.header("content-length") is None and answer.header("x-request-id")
    assert "preflighted" not in platform.lab.calls


@pytest.mark.parametrize("tenant, path, fields", [
    (None, "/api/v1/lab/echo", preflight(EVIL)), ("acme", "/api/v1/lab/echo", preflight(ANY)),
    (None, "/api/v1/lab/echo", preflight("null")), (None, "/api/v1/lab/echo", preflight("")),
    (None, "/api/v1/lab/echo", preflight(ANY, "TRACE")), (None, "/api/v1/lab/echo", preflight(ANY, "put")),
    (None, "/api/v1/lab/echo", preflight(ANY, "GET", "x-unknown")), ("globex", "/api/v1/lab/echo", preflight(GLOBEX, "PUT")),
    (None, CONTACTS, preflight(ANY, "DELETE")), (None, "/nowhere", preflight(ANY)),
])
def test_a_refused_preflight_tells_nothing(ask, tenant, path, fields):
    answer = ask("OPTIONS", path, fields, tenant)
    assert_problem(answer, 403, "forbidden", path)
    assert foreign(answer) == {} and answer.header("allow") is None
    assert answer.json()["detail"] == "pages of this origin may not send this request"
    assert answer.header("vary") == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


def test_other_options_requests_are_the_documents(ask):
    for fields in ({}, {"Origin": ANY}, {"Access-Control-Request-Method": "GET"}):
        answer = ask("OPTIONS", "/api/v1/lab/echo", fields)
        assert answer.status == 200 and answer.json()["method"] == "OPTIONS"


def test_a_connection_goes_on_after_preflights(gateway):
    with Wire(gateway.port) as wire:
        for origin, status in ((ANY, 204), (EVIL, 403), (ANY, 204)):
            assert wire.request("OPTIONS", "/api/v1/lab/echo", preflight(origin)).status == status
            assert wire.request("GET", "/api/v1/lab/echo", {"Origin": origin}).status == 200


def test_preflights_are_limited_by_address(platform):
    def change(configuration):
        configuration["cors"] = RULES
        configuration["rate_limits"] = {"user": "off", "address": {"requests": 4, "per": "1m"}}

    gateway = platform.another_gateway("cors-limited", change)
    gateway.start()
    try:
        with Wire(gateway.port) as wire:
            answers = [wire.request("OPTIONS", CONTACTS, preflight(origin)) for origin in (ANY, EVIL) * 3]
            assert [answer.status for answer in answers] == [204, 403, 204, 403, 429, 429]
            assert int(answers[4].header("retry-after")) >= 1 and answers[0].header("ratelimit")
    finally:
        gateway.stop()


# Upgrades


@pytest.mark.parametrize("origin, host, status", [
    (ANY, "gateway.test", 101), (None, "gateway.test", 101), ("https://gateway.test", "gateway.test", 101),
    (EVIL, "gateway.test", 403), ("null", "gateway.test", 403), (ANY, "api.acme.test", 403), (BELOW, "api.acme.test", 101),
])
def test_a_page_opens_a_socket_only_where_it_may(gateway, origin, host, status):
    fields = [
        ("Host", host), ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")] + ([("Origin", origin)] if origin else [])
    with Wire(gateway.port) as wire:
        answer = wire.request("GET", "/api/v1/lab/socket", fields)
        assert answer.status == status
        if status == 403:
            assert_problem(answer, 403, "forbidden", "/api/v1/lab/socket")


# Streams and gRPC-Web


@pytest.fixture(scope="module")
def peer(tmp_path_factory, platform):
    folder = tmp_path_factory.mktemp("cors-peer")
    peer = python_peer(folder).start()
    gateway = peer_gateway(folder, peer)
    gateway.configuration["cors"] = RULES
    gateway.write()
    gateway.start()
    yield gateway
    gateway.stop()
    peer.stop()


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson", "text/event-stream"])
def test_streams_have_the_fields_in_front(peer, kind):
    for headers, expected in (({"Origin": ANY}, allowed(ANY)), ({"Origin": EVIL}, {})):
        fields = headers | {"Accept": kind}
        answer = once(peer.port, "GET", "/api/v1/count/3", fields)
        assert answer.status == 200 and answer.header("content-type").startswith(kind)
        assert foreign(answer) == expected and answer.header("vary") == "Origin"
        with H2Wire(peer.port) as wire:
            answer = wire.request("GET", "/api/v1/count/3", fields)
            assert answer.status == 200 and foreign(answer) == expected and answer.header("vary") == "Origin"


def test_grpc_web_exposes_the_status_of_a_call(peer):
    exposed = f"{EXPOSED}, grpc-status, grpc-message, grpc-status-details-bin"
    with Wire(peer.port) as wire:
        answer = wire.request("OPTIONS", f"/{PACKAGE}.Basics/Echo", preflight(ANY, "POST", "content-type"))
        assert answer.status == 204
        for method, content in (("Basics/Echo", message("EchoRequest", text="hi")), ("Basics/None", b"")):
            fields = [("Content-Type", WEB), ("Origin", ANY)]
            answer = wire.request("POST", f"/{PACKAGE}.{method}", fields, frame(content))
            assert answer.status == 200, answer
            assert foreign(answer) == allowed(ANY) | {"access-control-expose-headers": exposed}


# A browser

PAGE = """<!doctype html><script>
const gateway = "http://127.0.0.1:%d";
async function read(name, path, init) {
  try {
    const answer = await fetch(gateway + path, init);
    return [name, answer.status, answer.headers.get("x-request-id") !== null];
  } catch (error) { return [name, error.name, false]; }
}
function socket() {
  return new Promise(resolve => {
    const socket = new WebSocket(gateway.replace("http", "ws") + "/api/v1/lab/socket");
    socket.onopen = () => { socket.close(); resolve(["socket", "open", true]); };
    socket.onerror = () => resolve(["socket", "error", false]);
  });
}
(async () => {
  const token = {Authorization: "Bearer %s"}, json = {"Content-Type": "application/json"};
  const results = [
    await read("simple", "/api/v1/lab/echo"),
    await read("preflighted", "/api/v1/lab/echo", {method: "PUT", headers: json, body: "{}"}),
    await read("token", "%s", {headers: token}),
    await read("unauthorized", "%s"),
    await read("unknown", "/nowhere"),
    await read("unknown preflighted", "/nowhere", {method: "PUT"}),
    await read("dead", "/api/v1/dead"),
    await read("header", "/api/v1/lab/echo", {headers: {"X-Unknown": "1"}}),
    await socket(),
  ];
  await fetch("/report", {method: "POST", body: JSON.stringify(results)});
})();
</script>"""

READABLE = [
    ["simple", 200, True], ["preflighted", 200, True], ["token", 200, True], ["unauthorized", 401, True], ["unknown", 404, True],
    ["unknown preflighted", "TypeError", False], ["dead", 503, True], ["header", "TypeError", False], ["socket", "open", True],
]
BROWSER_SECONDS = 60


@pytest.mark.parametrize("has_envoy", [False, True], ids=["gateway", "envoy"])
@pytest.mark.parametrize("host, is_allowed", [("127.0.0.1", True), ("localhost", False)])
def test_a_browser_agrees(platform, tmp_path, host, is_allowed, has_envoy):
    program = browser.chromium()
    reports = queue.Queue()
    page = b""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(page)

        def do_POST(self):
            reports.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(b"")

        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    origin = f"http://127.0.0.1:{site.server_port}"

    def change(configuration):
        configuration["cors"] = {"default": {"origins": [ANY]}, "tenants": {"acme": {"origins": [origin]}},
                                 "hosts": {"127.0.0.1": "acme"}}
        if has_envoy:
            with_edge(configuration)

    gateway = platform.another_gateway(f"cors-browser-{host}-{has_envoy}", change)
    gateway.start()
    edge = Envoy(gateway, f"cors-browser-{host}").start() if has_envoy else gateway
    page = (PAGE % (edge.port, platform.token("admin@acme"), CONTACTS, CONTACTS)).encode()
    threading.Thread(target=site.serve_forever, daemon=True).start()
    shown = subprocess.Popen(
        [program, *browser.arguments(tmp_path / "profile"), f"http://{host}:{site.server_port}/"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        found = reports.get(timeout=BROWSER_SECONDS)
    finally:
        shown.terminate()
        shown.wait(20)
        site.shutdown()
        if has_envoy:
            edge.stop()
        gateway.stop()
    # Envoy's own answers are for no page where tenants have origins of their own (docs/envoy.md).
    readable = [["unknown", "TypeError", False] if has_envoy and row[0] == "unknown" else row for row in READABLE]
    blocked = [[name, "error" if name == "socket" else "TypeError", False] for name, _, _ in READABLE]
    assert found == (readable if is_allowed else blocked)
