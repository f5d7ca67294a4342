"""Feature flags on the request path: from a file, and from a relay with GO Feature Flag's own engine, which is away or wrong at times."""

import http.server
import json
import sys
import threading
import time

import pytest
import yaml

from conftest import document, run_gateway
from problems import assert_problem
from rig import ROOT, Program, free_port, is_listening, until
from wire import once

NEW, OLD, OPEN, PLAIN = "/api/v1/flagged/new", "/api/v1/flagged/old", "/api/v1/flagged/open", "/api/v1/flagged/plain"


def gate(query=None, share=0, **more):
    flag = {"variations": {"on": True, "off": False}, "defaultRule": {"percentage": {"on": share, "off": 100 - share}}}
    if query:
        flag["targeting"] = [{"name": "some", "query": query, "variation": "on"}]
    return flag | more


FLAGS = {
    "new-things": gate('tenantId eq "acme" and roles.admin pr'), "old-things": gate("anonymous eq false"), "open-things": gate(share=100),
}


class Place:
    """A gateway with operations behind flags."""

    def __init__(self, platform, name, flags, change=None):
        folder = platform.folder
        operation = {"responses": {"default": {"description": "whatever the lab says"}}}
        closed = operation | {"security": [{"bearer": []}]}
        body = document(name, {
            "/flagged/new": {"get": closed | {"x-feature-flag": "new-things"}},
            "/flagged/old": {"get": closed | {"x-feature-flag": "!old-things"}},
            "/flagged/open": {"get": operation | {"x-feature-flag": "open-things"}},
            "/flagged/plain": {"get": operation}})
        body.setdefault("components", {})["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        (folder / f"{name}.openapi.yaml").write_text(yaml.safe_dump(body))

        def configure(configuration):
            configuration["services"].append({
                "name": name, "protocol": "http", "addresses": [f"127.0.0.1:{platform.lab.port}"],
                "openapi": str(folder / f"{name}.openapi.yaml")})
            configuration["flags"] = flags
            if change:
                change(configuration)

        self.gateway = platform.another_gateway(name, configure)
        self.is_up = lambda: is_listening(self.gateway.port)

    def __enter__(self):
        self.gateway.start(self.is_up)
        return self.gateway

    def __exit__(self, *_):
        if self.gateway.is_running:
            self.gateway.stop()


def bearer(platform, user):
    return {"Authorization": f"Bearer {platform.token(user)}"}


def statuses(platform, gateway, user):
    headers = bearer(platform, user) if user else {}
    return tuple(once(gateway.port, "GET", path, headers).status for path in (NEW, OLD, OPEN))


def is_ready(gateway):
    until(lambda: once(gateway.port, "GET", "/ready").status == 200, 10, "ready")


def listing(gateway):
    return once(gateway.admin_port, "GET", "/flags").json()


# MARK: A file


def test_who_finds_what(platform, tmp_path):
    file = tmp_path / "flags.yaml"
    file.write_text(yaml.safe_dump(FLAGS))
    with Place(platform, "flags-file", {"file": str(file)}) as gateway:
        there = once(gateway.port, "GET", PLAIN).status
        assert there not in (401, 403, 404)
        assert statuses(platform, gateway, "admin@acme") == (there, 404, there)
        assert statuses(platform, gateway, "member@acme") == (404, 404, there)
        assert statuses(platform, gateway, "admin@globex") == (404, 404, there)
        # Whoever has no token is told so first.
        assert statuses(platform, gateway, None) == (401, 401, there)
        # As if there were no such operation.
        nowhere = once(gateway.port, "GET", "/api/v1/nowhere", bearer(platform, "admin@globex")).json()
        refused = once(gateway.port, "GET", NEW, bearer(platform, "admin@globex"))
        assert_problem(refused, 404, "not-found", NEW)
        assert {name: value for name, value in refused.json().items() if name not in ("instance", "traceId")} == {
            name: value for name, value in nowhere.items() if name not in ("instance", "traceId")}
        is_ready(gateway)
        assert [flag["name"] for flag in listing(gateway)["flags"]] == sorted(FLAGS) and listing(gateway)["source"] == "file"
        # The file changes; one flag in it is wrong, and off.
        file.write_text(yaml.safe_dump(FLAGS | {"new-things": gate("tenantId like 5"), "old-things": gate()}))
        until(lambda: statuses(platform, gateway, "admin@acme") == (404, there, there), 10, "the change")
        (finding,) = listing(gateway)["findings"]
        assert finding["code"] == "bad-flag" and '"new-things"' in finding["message"] and finding["line"] > 0
        # A file that is none changes nothing.
        file.write_text("- no\n- mapping\n")
        until(lambda: listing(gateway).get("fault"), 10, "the fault")
        assert statuses(platform, gateway, "admin@acme") == (404, there, there)
        metrics = once(gateway.admin_port, "GET", "/metrics").body.decode()
        assert 'gateway_flags_source{source="file"} 1' in metrics and "gateway_flags_faulty 1" in metrics


def test_shares_are_dealt_as_the_engine_deals_them(platform, tmp_path):
    from gofeatureflag_python_provider.wasm import EvaluateWasm, WasmFlagContext, WasmInput

    engine = EvaluateWasm(pool_size=1)
    engine.initialize()
    file = tmp_path / "flags.yaml"
    flag = gate(share=40)
    file.write_text(yaml.safe_dump({"new-things": flag}))
    with Place(platform, "flags-share", {"file": str(file)}) as gateway:
        found = set()
        for user in ("admin@acme", "member@acme", "admin@globex", "member@globex"):
            token = platform.token(user)
            claims = json.loads(__import__("base64").urlsafe_b64decode(token.split(".")[1] + "=="))
            expected = engine.evaluate(WasmInput(
                flagKey="new-things", flag=flag, evalContext={"targetingKey": claims["sub"]},
                flagContext=WasmFlagContext(defaultSdkValue=False))).value
            assert (once(gateway.port, "GET", NEW, {"Authorization": f"Bearer {token}"}).status != 404) == expected
            done = run_gateway("flags", "eval", "new-things", "--file", file, "--user", claims["sub"], "--tenant", "acme")
            assert done.returncode == 0 and done.stdout.split()[1] == json.dumps(expected)
            found.add(expected)


def test_flags_of_a_file_by_hand(tmp_path):
    file = tmp_path / "flags.yaml"
    file.write_text(yaml.safe_dump(FLAGS | {"wrong": {}}))
    ask = lambda *arguments: run_gateway("flags", "eval", *arguments, "--file", file)
    on = ask("new-things", "--tenant", "acme", "--user", "ada", "--role", "member", "--role", "admin")
    assert on.returncode == 0 and on.stdout == "on true\n" and "bad-flag" in on.stderr
    assert ask("new-things", "--tenant", "acme", "--user", "ada").stdout == "off false\n"
    assert ask("old-things").stdout == "off false\n"
    for unknown in ("wrong", "nothing"):
        done = ask(unknown)
        assert done.returncode == 1 and "it is off" in done.stderr


# MARK: A relay


class Relay(Program):
    def __init__(self, folder, name="relay", port=None):
        self.file = folder / "relay.yaml"
        self.set(FLAGS)
        port = port or free_port()
        super().__init__(name, [sys.executable, ROOT / "scripts" / "platform" / "flag_relay.py", port, self.file], folder, port)

    def set(self, flags):
        self.file.write_text(yaml.safe_dump(flags))


@pytest.fixture()
def relay(tmp_path):
    relay = Relay(tmp_path)
    yield relay
    if relay.is_running:
        relay.kill()


def from_relay(relay, folder, **more):
    return {"relay": {"url": f"http://127.0.0.1:{relay.port}", "copy": str(folder / "copy" / "flags.json")}, "interval": "1s"} | more


def test_a_relay_is_followed_and_its_absence_harms_nothing(platform, relay, tmp_path):
    relay.start()
    with Place(platform, "flags-relay", from_relay(relay, tmp_path)) as gateway:
        there = once(gateway.port, "GET", PLAIN).status
        is_ready(gateway)
        assert statuses(platform, gateway, "admin@acme") == (there, 404, there)
        assert listing(gateway)["source"] == "relay"
        relay.set(FLAGS | {"new-things": gate('tenantId eq "globex"')})
        until(lambda: statuses(platform, gateway, "admin@globex")[0] == there, 5, "the change")
        # It is away: nothing changes, and the process starts again with what it kept on its disk.
        relay.stop()
        until(lambda: listing(gateway).get("fault"), 5, "the fault")
        assert statuses(platform, gateway, "admin@globex")[0] == there and once(gateway.port, "GET", "/ready").status == 200
        gateway.stop()
        gateway.start(lambda: is_listening(gateway.port))
        is_ready(gateway)
        assert listing(gateway)["source"] == "disk"
        assert statuses(platform, gateway, "admin@globex")[0] == there
        relay.start()
        until(lambda: listing(gateway)["source"] == "relay", 10, "the relay's word")


def test_cold_without_relay_and_without_copy(platform, relay, tmp_path):
    """Every flag is off and the process is not ready, with the reason of the platform's page; then the relay comes."""
    with Place(platform, "flags-cold", from_relay(relay, tmp_path, interval="15s")) as gateway:
        waiting = {"status": "not_ready", "reason": "flag cache not warmed"}
        until(lambda: once(gateway.port, "GET", "/ready").json() == waiting, 10, "nothing but flags to be missing")
        assert once(gateway.port, "GET", "/ready").status == 503
        assert once(gateway.port, "GET", "/live").status == 200
        there = once(gateway.port, "GET", PLAIN).status
        assert statuses(platform, gateway, "admin@acme") == (404, there, 404)
        relay.start()
        began = time.monotonic()
        until(lambda: once(gateway.port, "GET", "/ready").status == 200, 16, "ready")
        print(f"ready {time.monotonic() - began:.1f} s after the relay was back")
        assert statuses(platform, gateway, "admin@acme") == (there, 404, there)


def test_a_copy_in_valkey_warms_a_gateway_that_never_saw_the_relay(platform, relay, tmp_path, valkey):
    def change(configuration):
        configuration["valkey"] = {"url": f"valkey://127.0.0.1:{valkey.port}"}
        configuration.pop("tenants", None)

    relay.start()
    flags = from_relay(relay, tmp_path)
    del flags["relay"]["copy"]
    with Place(platform, "flags-first", flags, change) as first:
        until(lambda: listing(first)["source"] == "relay", 10, "the relay's word")
        until(lambda: valkey.call("GET", "flags:configuration"), 5, "the copy")
    relay.stop()
    with Place(platform, "flags-second", flags, change) as second:
        is_ready(second)
        assert listing(second)["source"] == "valkey"
        there = once(second.port, "GET", PLAIN).status
        assert once(second.port, "GET", OPEN).status == there


def test_the_relay_is_asked_with_its_tag_and_key_and_may_say_nonsense(platform, tmp_path):
    asked, answers = [], [b'{"flags": {"open-things": ' + json.dumps(gate(share=100)).encode() + b"}}"]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append((self.path, self.headers.get("If-None-Match"), self.headers.get("X-API-Key")))
            isSame = self.headers.get("If-None-Match") == f'"{len(answers)}"'
            body = b"" if isSame else answers[-1]
            self.send_response(304 if isSame else 200)
            self.send_header("ETag", f'"{len(answers)}"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    key = tmp_path / "key"
    key.write_text("secret-1\n")
    flags = {"relay": {"url": f"http://127.0.0.1:{server.server_port}", "key_file": str(key)}, "interval": "1s"}
    try:
        with Place(platform, "flags-tag", flags) as gateway:
            there = once(gateway.port, "GET", PLAIN).status
            assert asked[0] == ("/v1/flag/configuration", None, "secret-1")
            key.write_text("secret-2\n")
            until(lambda: ("/v1/flag/configuration", '"1"', "secret-2") in asked, 5, "a question with the tag and the new key")
            for nonsense in (b"[1]", b"not json", b'{"flags": 5}', b"{" * 10_000, b"\xff" * 100, b"x" * (9 << 20)):
                failures = listing(gateway)["failures"]
                answers.append(nonsense)
                until(lambda: listing(gateway)["failures"] > failures, 5, "the failure")
                assert once(gateway.port, "GET", OPEN).status == there
            answers.append(b'{"flags": {}}')
            until(lambda: once(gateway.port, "GET", OPEN).status == 404, 5, "no flags")
            assert listing(gateway)["flags"] == [] and "fault" not in listing(gateway)
    finally:
        server.shutdown()
