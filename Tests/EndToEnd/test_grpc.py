"""REST in, gRPC out: statuses, deadlines, metadata, large and compressed messages."""

import time

import pytest

STATUSES = {
    "cancelled": 499, "unknown": 500, "invalid-argument": 400, "deadline-exceeded": 504, "not-found": 404, "already-exists": 409,
    "permission-denied": 403, "resource-exhausted": 429, "failed-precondition": 400, "aborted": 409, "out-of-range": 400,
    "unimplemented": 501, "internal": 500, "unavailable": 503, "data-loss": 500, "unauthenticated": 401,
}
PATH = "/api/v1/labgrpc/m/n/"


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_each_grpc_status_has_its_http_status(call, name, status):
    answer = call("GET", PATH + name)
    assert answer.status == status, answer
    assert answer.header("content-type").split(";")[0] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status and len(document["traceId"]) == 32 and document["instance"] == PATH + name


def test_the_message_of_a_status_becomes_the_detail(call):
    assert "as asked" in call("GET", PATH + "failed-precondition").json()["detail"]


def test_a_call_past_its_deadline_is_a_gateway_timeout(call, platform):
    begin = time.monotonic()
    answer = call("GET", PATH + "hang")
    assert answer.status == 504 and answer.json()["type"].endswith("/gateway-timeout"), answer
    assert 4 <= time.monotonic() - begin < 10, "five seconds unless configured otherwise"
    assert platform.lab_grpc.service.deadline <= 5.1, "the deadline goes along as grpc-timeout"


def test_metadata_carries_identity_and_trace(call, platform):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert call("GET", PATH + "ok-then", {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "X-Tenant-ID": "forged"}).status == 200
    metadata = platform.lab_grpc.service.metadata
    assert trace in metadata["traceparent"]
    assert metadata["x-request-id"]
    assert metadata.get("x-tenant-id") != "forged"


def test_path_parameters_reach_the_message_decoded(call):
    answer = call("GET", "/api/v1/labgrpc/a%20b/%C3%A9/x")
    assert answer.status == 200 and (answer.json()["module"], answer.json()["model"]) == ("a b", "\u00e9"), answer


def test_a_message_larger_than_the_windows(call):
    assert len(call("GET", PATH + "large").json()["data"]["text"]) == 3_000_000


def test_a_compressed_message(call):
    assert call("GET", PATH + "gzip").json()["data"]["text"] == "compress me " * 1000


def test_many_calls_at_once(platform):
    import threading

    from wire import once

    begin, statuses = time.monotonic(), []
    threads = [
        threading.Thread(target=lambda: statuses.append(once(platform.port, "GET", PATH + "slow", timeout=15).status))
        for _ in range(32)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 32
    assert time.monotonic() - begin < 8, "streams of one connection run side by side"


def test_a_client_that_leaves_frees_its_call(platform, call):
    from wire import Wire, head

    for _ in range(10):
        with Wire(platform.port) as wire:
            wire.send(head("GET", PATH + "slow"))
    assert call("GET", PATH + "fine").status == 200


def test_a_429_of_a_service_says_when_to_come_back(call):
    assert int(call("GET", PATH + "resource-exhausted").header("retry-after")) >= 1


@pytest.mark.parametrize("name", ["internal", "unknown", "data-loss"])
def test_what_a_service_says_of_its_inside_stays_there(call, name):
    assert b"as asked" not in call("GET", PATH + name).body


def test_connections_that_the_service_ends_in_order_cost_no_call(platform):
    """GOAWAY several times a second: calls go on elsewhere, and what was not processed is repeated."""
    import threading

    from lab_grpc import LabGRPC
    from wire import Wire

    lab = LabGRPC(options=[("grpc.max_connection_age_ms", 200)])

    def change(configuration):
        entry = next(service for service in configuration["services"] if service["name"] == "labgrpc")
        entry["addresses"] = [f"127.0.0.1:{lab.port}"]

    gateway = platform.another_gateway("goaway", change).start()
    statuses = []

    def load():
        with Wire(gateway.port) as wire:
            end = time.monotonic() + 3
            while time.monotonic() < end:
                statuses.append(wire.request("GET", PATH + "fine").status)

    threads = [threading.Thread(target=load) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(statuses) > 50 and set(statuses) == {200}, {status: statuses.count(status) for status in set(statuses)}
    finally:
        gateway.stop()
        lab.stop()
