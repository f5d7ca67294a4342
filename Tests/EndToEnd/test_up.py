"""`make up` and `make down`: the whole platform for real, asked through its Envoy, and nothing left of it afterwards."""

import json
import os
import pathlib
import re
import runpy
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from rig import BIN, is_listening, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Installing what is missing is part of it.
PATIENCE = 900
PORTS = list(runpy.run_path(str(ROOT / "scripts" / "platform" / "ports.py"))["PORTS"].values())
COMPONENTS = ["postgresql", "clickhouse", "kafka", "rabbitmq", "valkey", "s3", "gofeatureflag", "envoy"]


def shift():
    """So far that none of its ports is taken, and below those that the system gives away."""
    for amount in range(1_000, 12_000, 137):
        try:
            for port in PORTS:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + amount))
            return amount
        except OSError:
            pass
    raise AssertionError("no free ports")


def descendants(state):
    """Every process that was started, and theirs, as number and beginning."""
    lifecycle = runpy.run_path(str(ROOT / "scripts" / "platform" / "lifecycle.py"))
    started = json.loads((state / "started.json").read_text())
    return lifecycle["began"], {(one, lifecycle["began"](one)) for row in started for one in lifecycle["tree"](row["process"])}


@pytest.fixture(scope="module")
def platform_for_real(tmp_path_factory):
    state = tmp_path_factory.mktemp("up") / "state"
    environment = {**os.environ, "STATE": str(state), "SHIFT": str(shift()), "PROGRAMS": str(BIN)}

    def script(name):
        return subprocess.run(
            [ROOT / "scripts" / name], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)

    try:
        started = script("up")
        assert started.returncode == 0, started.stdout[-3000:] + started.stderr[-3000:]
        began, all_of_it = descendants(state)
        assert len(all_of_it) >= 14
        yield script, started.stdout, int(environment["SHIFT"]), state
        # Whoever ends it need not know where it was put.
        del environment["SHIFT"]
        ended = script("down")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert not [one for one, moment in all_of_it if moment is not None and began(one) == moment]
        assert not [port for port in PORTS if is_listening(port + int(re.search(r"localhost:(\d+)", started.stdout)[1]) - 8443)]
    finally:
        script("down")


def ask(port, path, token=None):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(f"https://localhost:{port}{path}", headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def served(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        counted = re.findall(r'^gateway_requests_total\{[^}]*\} (\d+)', answer.read().decode(), re.MULTILINE)
    return sum(map(int, counted))


def test_everything_is_up_and_both_gateways_serve(platform_for_real):
    _, told, shifted, _ = platform_for_real
    token = re.search(r"^TOKEN=(.+)$", told, re.MULTILINE)[1]
    edge, admins = 8443 + shifted, (9911 + shifted, 9912 + shifted)
    status, body = ask(edge, "/api/v1/data/crm/contacts", token)
    assert status == 200 and body["records"]
    before = [served(port) for port in admins]
    for _ in range(40):
        assert ask(edge, "/api/v1/data/crm/contacts", token)[0] == 200
    assert all(served(port) > count for port, count in zip(admins, before))
    until(lambda: ask(edge, "/health", token)[0] == 200, 60, "everybody to be well")
    health = ask(edge, "/health", token)[1]
    assert list(health["components"]) == COMPONENTS and health["status"] == "healthy"
    status, problem = ask(edge, "/api/v1/nowhere")
    assert status == 404 and problem["type"].endswith("/not-found")


def test_up_twice_is_refused_and_harms_nothing(platform_for_real):
    script, _, shifted, _ = platform_for_real
    again = script("up")
    assert again.returncode != 0 and "it is up already" in again.stderr
    assert ask(8443 + shifted, "/live")[0] == 200


PROGRAMS = {"gofeatureflag": "flags"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_health_tells_of_a_server_that_hangs_and_of_no_other(platform_for_real, component):
    """It accepts connections and never answers: within ten seconds it is unhealthy, and again well once it goes on."""
    _, _, shifted, state = platform_for_real
    admin = 9911 + shifted

    def health():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/health", timeout=30) as answer:
                return json.load(answer)["components"]
        except urllib.error.HTTPError as error:
            return json.load(error)["components"]

    def wrong():
        return {name: entry for name, entry in health().items() if entry["status"] != "healthy"}

    until(lambda: not wrong(), 60, "everybody to be well")
    lifecycle = runpy.run_path(str(ROOT / "scripts" / "platform" / "lifecycle.py"))
    row = next(row for row in json.loads((state / "started.json").read_text()) if row["name"] == PROGRAMS.get(component, component))
    processes = lifecycle["tree"](row["process"])
    start = time.monotonic()
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        until(lambda: component in wrong(), 30, f"{component} to be unhealthy")
        noticed = time.monotonic() - start
        entry = wrong()[component]
        assert entry == {"status": "unhealthy", "latencyMs": None, "error": entry["error"]}
        assert set(wrong()) == {component}, wrong()
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)
    start = time.monotonic()
    until(lambda: not wrong(), 60, f"{component} to be well again")
    print(f"{component}: unhealthy after {noticed:.1f} s, well again after {time.monotonic() - start:.1f} s: {entry['error']}")
