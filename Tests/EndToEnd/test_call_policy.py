"""Deadline, retry and circuit breakers before services that fail on command."""

import json
import threading
import time
import urllib.request

import pytest

from lab_upstream import reset
from problems import assert_problem
from rig import until
from wire import Wire, once

LAB = "/api/v1/labgrpc/crm/contacts/"


def entry(configuration, name):
    return next(service for service in configuration["services"] if service["name"] == name)


@pytest.fixture
def gateway(platform, request):
    """A gateway whose lab services have the policy of the test's `policy` mark."""
    policies = request.node.get_closest_marker("policy").args[0]

    def change(configuration):
        for name in ("lab", "labgrpc"):
            service = entry(configuration, name)
            del service["breaker"]
            service.update(policies)
        configuration["loops"] = 1

    gateway = platform.another_gateway(f"policy-{request.node.name[:40]}".replace("[", "-").replace("]", ""), change)
    gateway.start()
    yield gateway
    gateway.stop()


def breakers(gateway):
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.admin_port}/breakers", timeout=5) as answer:
        return {entry["service"]: entry for entry in json.load(answer)["breakers"]}


def metric(gateway, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.admin_port}/metrics", timeout=5) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name + " ") or line.startswith(name + "{"):
                return int(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no metric {name}")


@pytest.mark.policy({"retry": {"attempts": 0}})
def test_the_fifth_failure_opens_and_the_service_is_not_asked(platform, gateway):
    """The numbers of the contract: five, not four and not six."""
    before = platform.lab_grpc.service.calls
    for number in range(5):
        assert breakers(gateway)["labgrpc"]["state"] == "closed", number
        assert once(gateway.port, "GET", LAB + "unavailable").status == 503
    assert platform.lab_grpc.service.calls == before + 5
    assert breakers(gateway)["labgrpc"]["state"] == "open"
    answer = once(gateway.port, "GET", LAB + "ok")
    assert_problem(answer, 503, "service-unavailable", LAB + "ok")
    assert 1 <= int(answer.header("retry-after")) <= 30
    assert platform.lab_grpc.service.calls == before + 5
    assert once(gateway.port, "GET", "/api/v1/lab/echo").status == 200, "another service does not notice"
    assert metric(gateway, "gateway_breaker_refusals_total") == 1
    assert metric(gateway, 'gateway_breaker_state{service="labgrpc"}') == 2


@pytest.mark.policy({"retry": {"attempts": 0}})
def test_a_success_between_failures_keeps_it_closed(gateway):
    for _ in range(3):
        for _ in range(4):
            assert once(gateway.port, "GET", LAB + "internal").status in (500, 502)
        assert once(gateway.port, "GET", LAB + "fine").status == 200
    assert breakers(gateway)["labgrpc"]["state"] == "closed"


@pytest.mark.policy({"retry": {"attempts": 0}})
@pytest.mark.parametrize("name", ["not-found", "invalid-argument", "permission-denied", "resource-exhausted"])
def test_a_clients_error_is_no_failure(gateway, name):
    for _ in range(8):
        assert once(gateway.port, "GET", LAB + name).status in (400, 403, 404, 429)
    assert breakers(gateway)["labgrpc"]["state"] == "closed"


@pytest.mark.policy({"retry": {"attempts": 0}, "breaker": {"open": "500ms"}})
def test_one_probe_closes_it_again(platform, gateway):
    for _ in range(5):
        once(gateway.port, "GET", LAB + "unavailable")
    assert breakers(gateway)["labgrpc"]["state"] == "open"
    until(lambda: breakers(gateway)["labgrpc"]["state"] == "half-open", what="half-open")
    before = platform.lab_grpc.service.calls
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(once(gateway.port, "GET", LAB + "slow").status)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 503, 503, 503, 503, 503]
    assert platform.lab_grpc.service.calls == before + 1
    assert breakers(gateway)["labgrpc"]["state"] == "closed"
    assert once(gateway.port, "GET", LAB + "fine").status == 200


@pytest.mark.policy({"retry": {"attempts": 0}, "breaker": {"open": "300ms"}})
def test_a_failed_probe_opens_it_again(gateway):
    for _ in range(5):
        once(gateway.port, "GET", LAB + "unavailable")
    until(lambda: breakers(gateway)["labgrpc"]["state"] == "half-open", what="half-open")
    assert once(gateway.port, "GET", LAB + "unavailable").status == 503
    state = breakers(gateway)["labgrpc"]
    assert (state["state"], state["openings"]) == ("open", 2)


@pytest.mark.policy({"retry": {"attempts": 0}})
@pytest.mark.parametrize("name", ["close-at-once", "garbage"])
def test_http_services_have_breakers_too(gateway, name):
    for _ in range(5):
        assert once(gateway.port, "GET", f"/api/v1/lab/{name}").status == 502
    assert once(gateway.port, "GET", "/api/v1/lab/echo").status == 503


@pytest.mark.policy({"breaker": {"enabled": False}})
def test_a_read_is_repeated_once_after_100_ms(platform, gateway):
    platform.lab.calls.pop("unavailable-once", None)
    begin = time.monotonic()
    answer = once(gateway.port, "GET", "/api/v1/lab/unavailable-once")
    assert answer.status == 200 and time.monotonic() - begin >= 0.1
    assert platform.lab.calls["unavailable-once"] == 2
    assert metric(gateway, "gateway_upstream_retries_total") == 1
    before = platform.lab_grpc.service.calls
    assert once(gateway.port, "GET", LAB + "unavailable").status == 503
    assert platform.lab_grpc.service.calls == before + 2


@pytest.mark.policy({"breaker": {"enabled": False}})
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_what_may_change_something_is_never_repeated(platform, gateway, method):
    platform.lab.calls.pop("unavailable-once", None)
    assert once(gateway.port, method, "/api/v1/lab/unavailable-once", {}, b"x").status == 503
    assert platform.lab.calls["unavailable-once"] == 1


@pytest.mark.policy({"timeout": "120ms", "breaker": {"enabled": False}})
def test_no_retry_without_time_for_it(platform, gateway):
    platform.lab.calls.pop("unavailable-once", None)
    assert once(gateway.port, "GET", "/api/v1/lab/unavailable-once").status == 503
    assert platform.lab.calls["unavailable-once"] == 1


@pytest.mark.policy({"breaker": {"enabled": False}})
def test_the_clients_own_deadline_counts_when_it_is_shorter(platform, gateway):
    begin = time.monotonic()
    answer = once(gateway.port, "GET", LAB + "slow", {"X-Request-Timeout": "300ms"})
    assert_problem(answer, 504, "gateway-timeout", LAB + "slow")
    assert time.monotonic() - begin < 1
    assert once(gateway.port, "GET", LAB + "fine", {"X-Request-Timeout": "3600s"}).status == 200
    assert 4 < platform.lab_grpc.service.deadline <= 5, "never longer than the gateway's own"
    assert once(gateway.port, "GET", LAB + "fine", {"grpc-timeout": "900m"}).status == 200
    assert 0 < platform.lab_grpc.service.deadline <= 0.9


@pytest.mark.policy({"breaker": {"enabled": False}})
def test_a_client_that_leaves_during_the_wait_harms_nobody(platform, gateway):
    platform.lab.calls.pop("unavailable-once", None)
    with Wire(gateway.port) as wire:
        wire.send(b"GET /api/v1/lab/unavailable-once HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: platform.lab.calls.get("unavailable-once"), what="the first attempt")
        reset(wire.socket)
    time.sleep(0.3)
    assert platform.lab.calls["unavailable-once"] == 1
    assert once(gateway.port, "GET", "/api/v1/lab/echo").status == 200
