"""What the gateway finds out about the systems behind it: well, slow, hung, stopped and well again, each without the others."""

import json
import shutil
import signal
import sys

import pytest

from certificates import write_certificate
from rig import Program, free_port, until
from wire import once

PATHS = {"clickhouse": "/ping", "gofeatureflag": "/health", "envoy": "/ready"}
PEER = """
import http.server, os, sys, time
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if os.path.exists(sys.argv[3]):
            time.sleep(2.2)
        self.send_response(200 if self.path == sys.argv[2] else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


@pytest.fixture(scope="module")
def peers(tmp_path_factory):
    """One server a kind that knows its system's path only, and answers late while a file is there."""
    folder = tmp_path_factory.mktemp("health")
    started = {}
    try:
        for name, path in PATHS.items():
            port = free_port()
            slow = folder / f"{name}.slow"
            started[name] = Program(f"health-{name}", [sys.executable, "-c", PEER, port, path, slow], folder, port)
            started[name].slow = slow
            started[name].start()
        yield started
    finally:
        for peer in started.values():
            if peer.is_running:
                peer.signal(signal.SIGCONT)
                peer.kill()


@pytest.fixture(scope="module")
def gateway(platform, peers):
    def change(configuration):
        configuration["health"] = {
            "interval": "1s", "components": [
                {"name": name, "kind": name, "address": f"127.0.0.1:{peer.port}", "critical": name != "envoy", "timeout": "5s"}
                for name, peer in peers.items()]}
        configuration["loops"] = 1

    gateway = platform.another_gateway("health", change)
    gateway.start()
    yield gateway
    gateway.stop()


def report(gateway):
    answer = once(gateway.admin_port, "GET", "/health")
    return answer.status, answer.json()


def becomes(gateway, name, state, error=None, overall=None):
    """Waits until this component, and this one alone, is in that state."""
    expected = {other: "healthy" for other in PATHS} | {name: state}

    def is_so():
        _, body = report(gateway)
        found = {key: part["status"] for key, part in body["components"].items() if key in PATHS}
        return found == expected and body["components"][name].get("error") == error

    until(is_so, 60, f"{name} {state} alone")
    status, body = report(gateway)
    part = body["components"][name]
    assert (part["latencyMs"] is None) == (state == "unhealthy"), part
    if overall:
        assert status == overall, body


@pytest.mark.parametrize("name", PATHS)
def test_each_system_is_told_apart_from_the_others(gateway, peers, name):
    peer = peers[name]
    worst = 207 if name == "envoy" else 503
    becomes(gateway, name, "healthy", overall=200)
    peer.slow.touch()
    becomes(gateway, name, "degraded", "response time > 2000ms", 207)
    peer.slow.unlink()
    becomes(gateway, name, "healthy", overall=200)
    peer.signal(signal.SIGSTOP)
    becomes(gateway, name, "unhealthy", "no answer within the time-out", worst)
    peer.signal(signal.SIGCONT)
    becomes(gateway, name, "healthy", overall=200)
    peer.kill()
    becomes(gateway, name, "unhealthy", "connection refused", worst)
    peer.start()
    becomes(gateway, name, "healthy", overall=200)
    listing = json.loads(once(gateway.admin_port, "GET", "/components").body)["components"]
    changes = next(part for part in listing if part["name"] == name)["changes"]
    states = [change["to"] for change in changes]
    assert states[-7:] == ["healthy", "degraded", "healthy", "unhealthy", "healthy", "unhealthy", "healthy"], changes
    assert [change["at"] for change in changes] == sorted(change["at"] for change in changes)


GUARDED = """
import http.server, ssl, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = open(sys.argv[2]).read()
        self.send_response(200 if self.headers["Authorization"] == wanted else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def test_systems_that_ask_for_credentials_and_tls_and_what_renews_them(platform, tmp_path):
    write_certificate(tmp_path)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    wanted, password, trusted = tmp_path / "wanted", tmp_path / "password", tmp_path / "trusted.pem"
    wanted.write_text("Basic cHJvYmU6b25l")
    password.write_text("one\n")
    shutil.copy(certificate, trusted)
    token, wanted_token = tmp_path / "token", tmp_path / "wanted-token"
    token.write_text("abc\n")
    wanted_token.write_text("Bearer abc")
    server = Program("guarded", [sys.executable, "-c", GUARDED, free_port(), wanted, certificate, key], tmp_path, None)
    plain = Program("tokened", [sys.executable, "-c", GUARDED, free_port(), wanted_token], tmp_path, None)
    for program in (server, plain):
        program.port = int(program.arguments[3])
        program.start()

    def change(configuration):
        configuration["health"] = {"interval": "1s", "components": [
            {"name": "clickhouse", "kind": "clickhouse", "address": f"localhost:{server.port}", "user": "probe",
             "password_file": str(password), "tls": {"ca_file": str(trusted)}},
            {"name": "flags", "kind": "gofeatureflag", "address": f"127.0.0.1:{plain.port}", "password_file": str(token)}]}

    gateway = platform.another_gateway("guarded-health", change)

    def found(name):
        part = report(gateway)[1]["components"][name]
        return part["status"], part.get("error", "")

    try:
        gateway.start()
        until(lambda: found("clickhouse")[0] == found("flags")[0] == "healthy", 20, "both well")
        # Another password: refused until its file holds it too.
        wanted.write_text("Basic cHJvYmU6dHdv")
        wanted_token.write_text("Bearer abd")
        until(lambda: found("clickhouse")[0] == found("flags")[0] == "unhealthy", 20, "both refused")
        assert "answered 401" in found("clickhouse")[1] and "answered 401" in found("flags")[1]
        password.write_text("two\n")
        token.write_text("abd\n")
        until(lambda: found("clickhouse")[0] == found("flags")[0] == "healthy", 20, "both well with new credentials")
        # Another certificate: not trusted until the file names it.
        server.kill()
        write_certificate(tmp_path)
        server.start()
        until(lambda: "CERTIFICATE_VERIFY_FAILED" in found("clickhouse")[1], 20, "the stranger's certificate")
        shutil.copy(certificate, trusted)
        until(lambda: found("clickhouse")[0] == "healthy", 20, "well with the new roots")
    finally:
        server.kill()
        plain.kill()
        assert gateway.stop() == 0
