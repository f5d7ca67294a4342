"""What the gateway finds out about the systems behind it: well, slow, hung, stopped and well again, each without the others."""

import json
import signal
import sys

import pytest

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
