"""Reload, shutdown and bad configurations of the running process."""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import pytest

from conftest import document
from rig import BIN, answers, until
from wire import Aborted, Wire, head, once

import yaml


@pytest.fixture
def gateway(platform, request):
    gateway = platform.another_gateway("second-" + request.node.name[:40])
    gateway.start()
    yield gateway
    gateway.kill()


def test_a_reload_brings_new_routes(platform, gateway):
    assert once(gateway.port, "GET", "/api/v1/late").status == 404
    add_late_route(platform, gateway)
    gateway.signal(signal.SIGHUP)
    until(lambda: once(gateway.port, "GET", "/api/v1/late").status == 200, 10, "the new route")


def add_late_route(platform, gateway):
    file = platform.folder / "late.yaml"
    file.write_text(yaml.safe_dump(document("Late", {"/late": {"get": {"responses": {"default": {"description": "x"}}}}})))
    gateway.configuration["services"].append({
        "name": "late", "protocol": "http", "addresses": [f"127.0.0.1:{platform.lab.port}"], "openapi": str(file)})
    gateway.write()


@pytest.mark.parametrize("bad", ["listen: [", "listen: {port: many}\n", "", "unknown_key: 1\n"])
def test_a_bad_configuration_is_refused_and_the_old_one_stays(gateway, bad):
    gateway.file.write_text(bad)
    gateway.signal(signal.SIGHUP)
    time.sleep(0.5)
    assert gateway.is_running
    assert once(gateway.port, "GET", "/api/v1/lab/echo").status == 200
    gateway.write()
    gateway.signal(signal.SIGHUP)
    time.sleep(0.3)
    assert once(gateway.port, "GET", "/api/v1/lab/echo").status == 200


def test_a_bad_document_keeps_its_service_as_it_was_and_holds_up_no_other(platform, gateway):
    add_late_route(platform, gateway)
    gateway.signal(signal.SIGHUP)
    until(lambda: once(gateway.port, "GET", "/api/v1/late").status == 200, 10, "the new route")
    (platform.folder / "late.yaml").write_text("openapi: 3.1.0\npaths: [")
    file = platform.folder / "later.yaml"
    file.write_text(yaml.safe_dump(document("Later", {"/later": {"get": {"responses": {"default": {"description": "x"}}}}})))
    gateway.configuration["services"].append({
        "name": "later", "protocol": "http", "addresses": [f"127.0.0.1:{platform.lab.port}"], "openapi": str(file)})
    gateway.write()
    gateway.signal(signal.SIGHUP)
    until(lambda: once(gateway.port, "GET", "/api/v1/later").status == 200, 10, "the other service's route")
    assert once(gateway.port, "GET", "/api/v1/late").status == 200, "its last good document is served"
    metrics = once(gateway.admin_port, "GET", "/metrics").body.decode()
    assert 'gateway_service_quarantined{service="late"} 1' in metrics
    assert "late.yaml" in gateway.output() and "quarantined" in gateway.output()
    add_late_route(platform, gateway)
    gateway.configuration["services"].pop()
    gateway.write()
    gateway.signal(signal.SIGHUP)
    until(lambda: "gateway_service_quarantined{" not in once(gateway.admin_port, "GET", "/metrics").body.decode(), 10, "good again")


def test_a_gateway_starts_without_a_service_whose_document_is_bad_unless_it_needs_it(platform):
    bad = platform.folder / "bad-document.yaml"
    bad.write_text("openapi: 3.1.0\npaths: [")

    def change(is_required):
        def apply(configuration):
            configuration["services"].append({
                "name": "bad", "protocol": "http", "addresses": ["127.0.0.1:9"], "openapi": str(bad), "required": is_required})
        return apply

    gateway = platform.another_gateway("without-one", change(False)).start()
    try:
        assert once(gateway.port, "GET", "/api/v1/lab/echo").status == 200
    finally:
        gateway.stop()
    refused = platform.another_gateway("needs-one", change(True))
    outcome = subprocess.run([BIN / "gateway", "serve", "--config", refused.file], capture_output=True, text=True, timeout=30)
    assert outcome.returncode not in (0, None) and "bad-document.yaml:3" in outcome.stdout + outcome.stderr


def test_a_hundred_reloads_under_load_lose_nothing(gateway, admin):
    outcomes, errors, stop = [], [], threading.Event()

    def load(target, headers):
        try:
            with Wire(gateway.port) as wire:
                while not stop.is_set():
                    outcomes.append(wire.request("GET", target, headers).status)
        except (Aborted, OSError, AssertionError) as error:
            errors.append(repr(error))

    threads = [
        threading.Thread(target=load, args=arguments)
        for arguments in (("/api/v1/lab/echo", {}), ("/api/v1/data/crm/contacts/ada", admin), ("/live", {}))
    ]
    for thread in threads:
        thread.start()
    for _ in range(100):
        gateway.signal(signal.SIGHUP)
        time.sleep(0.03)
    stop.set()
    for thread in threads:
        thread.join()
    assert not errors and set(outcomes) == {200} and len(outcomes) > 100, (errors, set(outcomes))
    assert gateway.is_running


def test_sigterm_finishes_what_is_in_flight(gateway):
    with Wire(gateway.port) as busy:
        busy.send(head("GET", "/api/v1/lab/slow"))
        time.sleep(0.3)
        gateway.signal(signal.SIGTERM)
        answer = busy.response()
        assert answer.status == 200 and answer.body == b"slow"
    assert gateway.stop() == 0


def test_sigterm_says_not_ready_first(gateway):
    with Wire(gateway.port) as busy, Wire(gateway.port) as probe:
        assert probe.request("GET", "/ready").status == 200
        busy.send(head("GET", "/api/v1/lab/slow"))
        time.sleep(0.2)
        gateway.signal(signal.SIGTERM)
        try:
            answer = until(lambda: (a := probe.request("GET", "/ready")).status == 503 and a, 2, "not ready")
            assert answer.json() == {"status": "not_ready", "reason": "draining"}
        except (Aborted, OSError):
            # An idle connection may be closed instead.
            pass
        assert busy.response().status == 200
    assert gateway.stop() == 0


def test_sigterm_ends_idle_connections(gateway):
    with Wire(gateway.port) as idle:
        assert idle.request("GET", "/live").status == 200
        begin = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - begin < 15
        assert idle.is_closed()


def test_sigint_ends_it_as_well(gateway):
    gateway.signal(signal.SIGINT)
    assert gateway.stop() == 0


def test_not_ready_until_a_required_grpc_service_was_reached(platform):
    from rig import free_port

    def change(configuration):
        entry = next(service for service in configuration["services"] if service["name"] == "labgrpc")
        entry["addresses"] = [f"127.0.0.1:{free_port()}"]
        entry["required"] = True

    gateway = platform.another_gateway("unready", change)
    gateway.start(lambda: answers(f"http://127.0.0.1:{gateway.port}/live"))
    try:
        answer = once(gateway.port, "GET", "/ready")
        assert answer.status == 503, answer
        assert answer.json() == {"status": "not_ready", "reason": "gRPC connection pool not established"}
    finally:
        gateway.stop()


def test_a_taken_port_is_a_clear_error(platform):
    from conftest import run_gateway

    outcome = run_gateway("serve", "--config", platform.gateway.file)
    assert outcome.returncode == 69, outcome.stderr
    assert str(platform.port) in outcome.stderr + outcome.stdout


def test_a_taken_admin_port_is_a_clear_error(platform):
    from conftest import run_gateway

    gateway = platform.another_gateway("admin-taken", lambda c: c["admin"].update(port=platform.gateway.admin_port))
    outcome = run_gateway("serve", "--config", gateway.file)
    assert outcome.returncode == 69, (outcome.returncode, outcome.stderr)
    assert str(platform.gateway.admin_port) in outcome.stderr


def test_a_call_in_flight_outlives_the_reload_that_removes_its_service(gateway):
    with Wire(gateway.port) as busy, Wire(gateway.port) as other:
        busy.send(head("GET", "/api/v1/labgrpc/m/n/slow"))
        other.send(head("GET", "/api/v1/lab/slow"))
        time.sleep(0.3)
        gateway.configuration["services"] = [s for s in gateway.configuration["services"] if s["name"] not in ("lab", "labgrpc")]
        gateway.write()
        gateway.signal(signal.SIGHUP)
        until(lambda: once(gateway.port, "GET", "/api/v1/lab/echo").status == 404, 10, "the reload")
        assert busy.response().status == 200
        assert other.response().status == 200


def test_a_call_of_a_removed_service_still_has_its_deadline(gateway):
    with Wire(gateway.port) as busy:
        busy.send(head("GET", "/api/v1/labgrpc/m/n/hang"))
        time.sleep(0.3)
        gateway.configuration["services"] = [s for s in gateway.configuration["services"] if s["name"] != "labgrpc"]
        gateway.write()
        gateway.signal(signal.SIGHUP)
        assert busy.response().status == 504


def test_a_second_sigterm_changes_nothing(gateway):
    with Wire(gateway.port) as busy:
        busy.send(head("GET", "/api/v1/lab/slow"))
        time.sleep(0.3)
        gateway.signal(signal.SIGTERM)
        time.sleep(0.2)
        gateway.signal(signal.SIGTERM)
        assert busy.response().status == 200
    assert gateway.process.wait(15) == 0


def test_what_is_only_reported_is_seen_as_drift(platform):
    def change(configuration):
        lab = next(service for service in configuration["services"] if service["name"] == "lab")
        lab["validation"] = {"request": "report"}

    gateway = platform.another_gateway("drift", change).start()
    try:
        admin_url = f"http://127.0.0.1:{gateway.admin_port}"
        command = [BIN / "gateway", "drift", "--admin", admin_url]
        before = subprocess.run(command, capture_output=True, text=True, timeout=20)
        assert before.returncode == 0 and "no message differed" in before.stdout
        for body in (b'{"name":1}', b'{"name":"ok"}', b'{"name":2,"secret":"value-of-it"}'):
            with Wire(gateway.port) as wire:
                answer = wire.request("POST", "/api/v1/lab/checked", {"content-type": "application/json"}, body)
                assert answer.status == 200
        report = subprocess.run([*command, "--output", "json"], capture_output=True, text=True, timeout=20)
        assert report.returncode == 1
        rows = {(row["pointer"], row["code"]): row["count"] for row in json.loads(report.stdout)["drift"]}
        assert rows[("/name", "type")] == 2 and any(code.startswith("additionalProperties") for _, code in rows), rows
        table = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
        assert "lab.POST /lab/checked" in table and "value-of-it" not in table + report.stdout
    finally:
        gateway.stop()
    gone = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert gone.returncode == 69 and "admin listener" in gone.stderr


def test_drift_is_applied_as_a_patch_after_which_the_same_requests_are_accepted(platform, tmp_path):
    document = tmp_path / "lab.yaml"

    def change(mode):
        def change(configuration):
            lab = next(service for service in configuration["services"] if service["name"] == "lab")
            # The platform writes its own documents anew for each gateway; this one is to keep what was applied.
            if not document.exists():
                document.write_text("# What the lab takes.\n" + pathlib.Path(lab["openapi"]).read_text())
            lab["openapi"] = str(document)
            lab["validation"] = {"request": mode}
        return change

    bodies = [b'{"name":1}', b'{"name":null,"age":1.5}', b'{"age":2,"more":{"deep":[1]}}', b'{"name":"x","a: b\\n# c":"value-of-it"}']
    too_long = b'{"name":"' + b"x" * 11 + b'"}'

    def send(gateway, body):
        with Wire(gateway.port) as wire:
            return wire.request("POST", "/api/v1/lab/checked", {"content-type": "application/json"}, body).status

    gateway = platform.another_gateway("patch-report", change("report")).start()
    try:
        for body in [*bodies, too_long]:
            assert send(gateway, body) == 200
        command = [BIN / "gateway", "drift", "--admin", f"http://127.0.0.1:{gateway.admin_port}", "--config", gateway.file, "--patch"]
        patch = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20)
        listed = subprocess.run([*command, "--output", "json"], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    finally:
        gateway.stop()
    assert patch.returncode == 1 and patch.stderr == "", patch.stderr
    assert "request body /name: maxLength (the rule is about values" in patch.stdout and "value-of-it" not in patch.stdout
    answer = json.loads(listed.stdout)
    assert [entry["code"] for entry in answer["undecided"]] == ["maxLength"]
    assert {operation["op"] for operation in answer["files"][0]["patch"]} == {"add", "replace", "remove"}

    enforcing = platform.another_gateway("patch-enforce", change("enforce")).start()
    try:
        assert [send(enforcing, body) for body in bodies] == [400] * len(bodies)
    finally:
        enforcing.stop()
    subprocess.run(["git", "apply", "--check", "-p1"], cwd=tmp_path, input=patch.stdout, check=True, text=True, capture_output=True)
    subprocess.run(["patch", "-p1", "--fuzz=0"], cwd=tmp_path, input=patch.stdout, check=True, text=True, capture_output=True)
    assert document.read_text().startswith("# What the lab takes.\n")
    check = subprocess.run([BIN / "gateway", "check", "--config", enforcing.file], capture_output=True, text=True, timeout=20)
    assert check.returncode == 0, check.stdout
    enforcing = platform.another_gateway("patch-enforce", change("enforce")).start()
    try:
        assert [send(enforcing, body) for body in bodies] == [200] * len(bodies)
        # What a person must decide stays as it was.
        assert send(enforcing, too_long) == 400
    finally:
        enforcing.stop()


class Frozen:
    """One thread of a process that is held still, while the others go on (ptrace(2): PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH)."""

    SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000

    def __init__(self, thread):
        self.thread = thread

    def call(self, request):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        libc.ptrace.restype = ctypes.c_long
        assert libc.ptrace(request, self.thread, None, None) == 0, os.strerror(ctypes.get_errno())

    def __enter__(self):
        self.call(self.SEIZE)
        self.call(self.INTERRUPT)
        os.waitpid(self.thread, self.WALL)
        return self

    def __exit__(self, *_):
        self.call(self.DETACH)


def loop_of(gateway):
    """The thread that serves a connection of ours: the one that works while we ask."""
    def worked():
        tasks = pathlib.Path(f"/proc/{gateway.process.pid}/task")
        return {int(task.name): int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()}

    with Wire(gateway.port) as wire:
        before = worked()
        for _ in range(500):
            assert wire.request("GET", "/live").status == 200
        after = worked()
    return max(after, key=lambda thread: after[thread] - before.get(thread, 0))


def test_live_tells_of_a_loop_that_is_stuck(platform):
    gateway = platform.another_gateway("stuck", lambda configuration: configuration.update(loops=2)).start()
    try:
        with Frozen(loop_of(gateway)):
            answer = until(
                lambda: (found := once(gateway.admin_port, "GET", "/live")).status == 503 and found, 60, "/live to say so")
            assert answer.json()["status"] == "error"
            assert re.fullmatch(r"event loop [01] stuck for \d+s", answer.json()["reason"])
        until(lambda: once(gateway.admin_port, "GET", "/live").status == 200, 30, "/live to be well again")
        assert gateway.is_running
    finally:
        gateway.stop()


def test_the_end_comes_in_order_while_connections_reach_the_admin_listener(platform):
    for attempt in range(3):
        gateway = platform.another_gateway(f"busy-admin-{attempt}").start()
        with contextlib.ExitStack() as connections:
            for _ in range(10):
                connections.enter_context(Wire(gateway.admin_port))
            gateway.signal(signal.SIGTERM)
            with contextlib.suppress(OSError):
                while True:
                    connections.enter_context(Wire(gateway.admin_port))
            begin = time.monotonic()
            assert gateway.stop() == 0, gateway.output()
            assert time.monotonic() - begin < 10
