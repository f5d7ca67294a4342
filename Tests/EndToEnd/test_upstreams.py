"""Services that refuse, hang, reset, answer garbage, die and come back."""

import signal
import threading
import time

import pytest

from problems import assert_problem
from rig import is_listening, until
from wire import Wire, head, once

ECHO = "/api/v1/lab/echo"


@pytest.mark.parametrize(("name", "slugs"), [
    ("garbage", {"bad-gateway", "upstream-response-invalid"}),
    ("two-lengths", {"bad-gateway", "upstream-response-invalid"}),
    ("close-at-once", {"bad-gateway"}),
    ("reset-at-once", {"bad-gateway"}),
    ("large-head", {"bad-gateway", "upstream-response-invalid"}),
])
def test_an_upstream_that_breaks_http_is_a_bad_gateway(call, name, slugs):
    answer = call("GET", f"/api/v1/lab/{name}")
    slug = answer.json()["type"].rsplit("/", 1)[-1]
    assert_problem(answer, 502, slug, f"/api/v1/lab/{name}")
    assert slug in slugs


def test_an_upstream_that_nobody_runs(call):
    answer = call("GET", "/api/v1/dead")
    assert answer.status in (502, 503), answer
    assert_problem(answer, answer.status, "bad-gateway" if answer.status == 502 else "service-unavailable", "/api/v1/dead")


def test_a_silent_upstream_is_a_gateway_timeout(platform):
    gateway = platform.another_gateway("impatient", lambda configuration: set_timeout(configuration, "lab", "1s"))
    gateway.start()
    try:
        begin = time.monotonic()
        answer = once(gateway.port, "GET", "/api/v1/lab/hang")
        assert_problem(answer, 504, "gateway-timeout", "/api/v1/lab/hang")
        assert 0.9 <= time.monotonic() - begin < 5
        assert once(gateway.port, "GET", ECHO).status == 200
    finally:
        gateway.stop()


def set_timeout(configuration, name, text):
    next(service for service in configuration["services"] if service["name"] == name)["timeout"] = text


def test_a_post_is_never_sent_twice(platform, call):
    platform.lab.calls.pop("close-at-once", None)
    assert call("POST", "/api/v1/lab/close-at-once", {}, b"once").status == 502
    assert platform.lab.calls["close-at-once"] == 1


def test_a_pooled_connection_that_died_is_replaced_unnoticed(platform):
    with Wire(platform.port) as wire:
        for _ in range(20):
            assert wire.request("GET", "/api/v1/lab/close-after").status == 200


def test_connections_to_upstreams_are_kept(platform):
    with Wire(platform.port) as wire:
        assert wire.request("GET", ECHO).status == 200
        before = platform.lab.connections
        for _ in range(30):
            assert wire.request("GET", ECHO).status == 200
        assert platform.lab.connections - before <= 4, "one connection a loop is enough"


def test_the_data_layer_is_killed_and_comes_back(platform, call, admin):
    """Only what was in flight fails, and nothing after it is back."""
    contacts = "/api/v1/data/crm/contacts"
    assert call("GET", contacts, admin).status == 200
    platform.services.data.kill()
    answer = call("GET", contacts, admin)
    assert_problem(answer, answer.status, "service-unavailable" if answer.status == 503 else "bad-gateway", contacts)
    assert answer.status in (502, 503)
    assert call("GET", ECHO).status == 200, "other services do not notice"
    assert call("GET", "/ready").status == 200, "a service lost after start does not take the gateway out"

    platform.services.data.start()
    until(lambda: call("GET", contacts, admin).status == 200, 20, "the data layer")
    assert [call("GET", contacts, admin).status for _ in range(20)] == [200] * 20


def test_the_files_service_restarts_under_load(platform, admin):
    """Once the service listens again, no request fails."""
    outcomes, stop = [], threading.Event()

    def load():
        with Wire(platform.port) as wire:
            while not stop.is_set():
                begin = time.monotonic()
                answer = wire.request("GET", "/api/v1/files", admin)
                outcomes.append((begin, answer.status))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.3)
        platform.services.files.signal(signal.SIGKILL)
        platform.services.files.process.wait()
        time.sleep(0.3)
        platform.services.files.start(lambda: is_listening(platform.services.files.port))
        back = time.monotonic()
        time.sleep(1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert {status for _, status in outcomes} <= {200, 502, 503}
    late = [status for begin, status in outcomes if begin > back]
    assert len(late) > 20 and set(late) == {200}, [status for status in late if status != 200]


def test_several_addresses_share_the_load_and_a_dead_one_is_left_out(platform):
    from lab_upstream import LabUpstream

    other = LabUpstream()

    def change(configuration):
        entry = next(service for service in configuration["services"] if service["name"] == "lab")
        entry["addresses"].append(f"127.0.0.1:{other.port}")

    gateway = platform.another_gateway("two-addresses", change)
    gateway.start()
    try:
        def burst(name, count=16):
            statuses = []
            threads = [
                threading.Thread(target=lambda: statuses.append(once(gateway.port, "GET", f"/api/v1/lab/{name}").status))
                for _ in range(count)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return statuses

        assert burst("slow") == [200] * 16
        assert other.calls.get("slow", 0) >= 4, "least loaded means both are used"
        other.stop()
        until(lambda: set(burst("echo", 8)) == {200}, 20, "leaving the dead address out")
    finally:
        gateway.stop()
        other.stop()


def test_a_pool_of_dead_connections_is_replaced_unnoticed(platform):
    """A restart kills all pooled connections at once; no request may meet a second dead one."""
    wires = [Wire(platform.port) for _ in range(8)]
    try:
        for wire in wires:
            wire.send(head("GET", "/api/v1/lab/slow"))
        assert [wire.response().status for wire in wires] == [200] * 8
        platform.lab.drop_connections()
        for wire in wires:
            wire.send(head("GET", ECHO))
        assert [wire.response().status for wire in wires] == [200] * 8
    finally:
        for wire in wires:
            wire.close()
