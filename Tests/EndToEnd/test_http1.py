"""HTTP/1.1 towards clients, byte by byte (RFC 9110, RFC 9112)."""

import json
import socket
import time

import pytest

from problems import assert_problem
from wire import Aborted, Wire, head

ECHO = "/api/v1/lab/echo"


def sent_upstream(answer):
    return [(name.lower(), value) for name, value in answer.json()["headers"]]


def test_a_connection_carries_many_requests(wire):
    for number in range(50):
        answer = wire.request("GET", f"{ECHO}?n={number}")
        assert answer.status == 200 and answer.json()["target"] == f"{ECHO}?n={number}"


def test_pipelined_requests_are_answered_in_order(wire):
    wire.send(b"".join(head("GET", f"{ECHO}?n={number}") for number in range(20)))
    for number in range(20):
        assert wire.response().json()["target"] == f"{ECHO}?n={number}"


def test_pipelined_requests_of_every_kind(wire, admin):
    wire.send(
        head("GET", "/live")
        + head("POST", ECHO, body=b"12345") + b"12345"
        + head("GET", "/api/v1/nowhere")
        + head("GET", "/api/v1/data/crm/contacts/ada", admin)
        + head("HEAD", ECHO)
        + head("GET", "/ready"))
    assert wire.response().json() == {"status": "ok"}
    assert wire.response().json()["length"] == 5
    assert wire.response().status == 404
    assert wire.response().json()["id"] == "ada"
    assert wire.response("HEAD").status == 200
    assert wire.response().json() == {"status": "ready"}


def test_a_request_in_single_bytes(platform):
    with Wire(platform.port) as wire:
        for byte in head("POST", ECHO, body=b"hello") + b"hello":
            wire.send(bytes([byte]))
        assert wire.response().json()["length"] == 5


def test_a_chunked_request_goes_on_chunked_with_its_trailers(wire):
    wire.send(
        head("POST", ECHO, {"Transfer-Encoding": "chunked", "Trailer": "X-Checksum"})
        + b"5\r\nhello\r\n1;ext=1\r\n \r\n5\r\nworld\r\n0\r\nX-Checksum: abc\r\n\r\n")
    report = wire.response().json()
    assert report["length"] == 11 and ["X-Checksum", "abc"] in [[n.title(), v] for n, v in report["trailers"]], report


@pytest.mark.parametrize("name", ["Content-Length: 5", "Host: evil", "Authorization: Bearer x", "Transfer-Encoding: chunked"])
def test_a_trailer_that_would_change_the_request_does_not_get_through(wire, name):
    wire.send(head("POST", ECHO, {"Transfer-Encoding": "chunked"}) + b"2\r\nhi\r\n0\r\n" + name.encode() + b"\r\n\r\n")
    answer = wire.response()
    assert answer.status == 400 or not answer.json()["trailers"], answer


def test_a_chunked_answer_comes_with_its_trailers(wire):
    answer = wire.request("GET", "/api/v1/lab/chunked")
    assert answer.body == b"hello world"
    assert [name.lower() for name, _ in answer.trailers] in ([], ["x-checksum"])


def test_trailers_of_one_answer_are_not_those_of_the_next(wire):
    for _ in range(3):
        assert wire.request("GET", "/api/v1/lab/chunked").trailers
        ended = wire.request("GET", "/api/v1/lab/until-close")
        assert ended.body == b"all of it" and ended.trailers == [], ended.trailers


def test_a_body_without_length_ends_with_the_upstream(wire):
    answer = wire.request("GET", "/api/v1/lab/until-close")
    assert answer.body == b"all of it" and (answer.header("transfer-encoding") == "chunked" or wire.is_closed())


def test_expect_100_continue(wire):
    wire.send(head("POST", ECHO, {"Expect": "100-continue"}, body=b"0123456789"))
    answer = wire._head()
    assert answer.status == 100
    wire.send(b"0123456789")
    assert wire.response().json()["length"] == 10


def test_expect_100_continue_is_answered_at_once_when_the_request_is_refused(wire):
    wire.send(head("POST", "/api/v1/nowhere", {"Expect": "100-continue"}, body=b"0123456789"))
    assert wire.response().status == 404


def test_another_expectation_fails(wire):
    assert wire.request("GET", ECHO, {"Expect": "the-impossible"}).status == 417


def test_early_hints_pass_through(wire):
    answer = wire.request("GET", "/api/v1/lab/early-hints")
    assert answer.status == 200 and answer.body == b"ok"
    assert [interim.status for interim in answer.interim] == [103]


def test_head_has_no_body_and_the_connection_goes_on(wire):
    for path in (ECHO, "/live", "/api/v1/nowhere"):
        wire.request("HEAD", path)
        assert wire.request("GET", "/live").json() == {"status": "ok"}


def test_connection_close_is_honoured(wire):
    answer = wire.request("GET", "/live", {"Connection": "close"})
    assert answer.status == 200 and answer.header("connection") == "close"
    assert wire.is_closed()


def test_http_1_0_closes_and_may_ask_to_stay(platform):
    with Wire(platform.port) as wire:
        assert wire.request("GET", "/live", version="HTTP/1.0").status == 200
        assert wire.is_closed()
    with Wire(platform.port) as wire:
        answer = wire.request("GET", "/live", {"Connection": "keep-alive"}, version="HTTP/1.0")
        assert answer.header("connection").lower() == "keep-alive"
        assert wire.request("GET", "/live").status == 200


def test_http_1_0_gets_no_chunks(platform):
    with Wire(platform.port) as wire:
        answer = wire.request("GET", "/api/v1/lab/chunked", version="HTTP/1.0")
        assert answer.body == b"hello world" and answer.header("transfer-encoding") is None


def test_hop_by_hop_fields_stay_on_their_hop(wire):
    answer = wire.request(
        "GET", ECHO,
        {"Connection": "x-mine, keep-alive", "X-Mine": "1", "Keep-Alive": "timeout=1", "TE": "trailers", "Proxy-Connection": "x",
         "X-Yours": "2"})
    names = [name for name, _ in sent_upstream(answer)]
    assert "x-yours" in names
    assert not {"x-mine", "keep-alive", "proxy-connection"} & set(names), names
    back = wire.request("GET", "/api/v1/lab/hop-headers")
    assert back.header("x-public") == "yes"
    assert back.header("x-private") is None and back.header("keep-alive") is None


def test_forwarding_fields_are_the_gateways_own(wire):
    answer = wire.request(
        "GET", ECHO,
        {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil", "Forwarded": "for=203.0.113.9"})
    fields = dict(sent_upstream(answer))
    assert fields["x-forwarded-for"] == "127.0.0.1"
    assert fields["x-forwarded-proto"] == "http"
    assert fields["x-forwarded-host"] == "gateway.test"
    assert "203.0.113.9" not in fields.get("forwarded", "")


def test_identity_fields_of_a_client_are_removed(wire):
    answer = wire.request(
        "GET", ECHO, [("X-User-ID", "root"), ("x-tenant-id", "acme"), ("X-USER-ROLES", "admin"), ("x-user-id", "again")])
    names = [name for name, _ in sent_upstream(answer)]
    assert not {"x-user-id", "x-tenant-id", "x-user-roles"} & set(names), names


def test_the_identity_of_a_token_goes_upstream(call, admin):
    fields = dict(sent_upstream(call("GET", "/api/v1/lab/private/echo", admin)))
    assert fields["x-tenant-id"] == "acme" and fields["x-user-roles"] == "admin" and fields["x-user-id"]
    assert "authorization" not in fields


def test_a_request_id_is_kept_or_made(wire):
    given = wire.request("GET", ECHO, {"X-Request-ID": "abc-123"})
    fields = dict(sent_upstream(given))
    assert fields["x-request-id"] == given.header("x-request-id")
    assert wire.request("GET", ECHO).header("x-request-id")


def test_absolute_form_and_its_host(wire):
    wire.send(b"GET http://other.test:81/api/v1/lab/echo?a=b HTTP/1.1\r\nHost: ignored.test\r\n\r\n")
    report = wire.response().json()
    fields = {name.lower(): value for name, value in report["headers"]}
    assert report["target"] == "/api/v1/lab/echo?a=b" and fields["x-forwarded-host"] == "other.test:81"


@pytest.mark.parametrize("target", ["/api/v1/./lab/echo", "/api/v1/x/../lab/echo", "/api/v1/lab/%65cho", "/./api/v1/lab/echo"])
def test_targets_are_normalised_once_before_routing(wire, target):
    answer = wire.request("GET", target)
    assert answer.status == 200 and answer.json()["target"] == ECHO, answer


def test_the_query_goes_on_untouched(wire):
    query = "a=1&a=2&b=%20%2F&c&=d&e=%C3%A9;x=/../y"
    assert wire.request("GET", f"{ECHO}?{query}").json()["target"] == f"{ECHO}?{query}"


def test_an_idle_connection_does_not_delay_others(platform, call):
    with Wire(platform.port), Wire(platform.port) as half:
        half.send(b"GET /live HT")
        begin = time.monotonic()
        assert call("GET", "/live").status == 200
        assert time.monotonic() - begin < 5


def test_own_problem_documents_of_services_pass_with_a_trace_id(call):
    answer = call("GET", "/api/v1/lab/own-problem")
    document = answer.json()
    assert answer.status == 409 and document["type"] == "https://example.com/out-of-stock"
    assert len(document["traceId"]) == 32


def test_an_early_answer_reaches_the_client_before_its_body_is_sent(platform):
    with Wire(platform.port) as wire:
        wire.send(head("POST", "/api/v1/lab/early-answer", [("Content-Length", str(50_000_000))]) + b"x" * 65536)
        answer = wire.response()
        assert answer.status == 403 and answer.body == b"nope"


def test_large_json_through_grpc(call, admin):
    text = "y" * 100_000
    body = json.dumps({"text": text}).encode()
    made = call("POST", "/api/v1/data/crm/large?id=one", admin | {"Content-Type": "application/json"}, body)
    assert made.status == 200, made
    assert call("GET", "/api/v1/data/crm/large/one", admin).json()["data"]["text"] == text


def test_a_client_that_leaves_does_not_disturb_others(platform, call):
    for _ in range(20):
        with Wire(platform.port) as wire:
            wire.send(head("GET", "/api/v1/lab/slow"))
    assert call("GET", ECHO).status == 200


@pytest.mark.parametrize("name", ["short-body", "short-chunk", "reset-mid-body"])
def test_a_truncated_answer_is_never_well_formed(platform, name):
    with Wire(platform.port) as wire:
        wire.send(head("GET", f"/api/v1/lab/{name}"))
        with pytest.raises(Aborted):
            wire.response()


def test_the_asterisk_names_no_resource(wire):
    assert wire.request("OPTIONS", "*").status == 404
    assert wire.request("GET", "/live").status == 200, "and the connection goes on"


def test_what_came_before_the_end_of_the_clients_direction_is_answered(platform):
    with Wire(platform.port) as wire:
        wire.send(b"".join(head("GET", f"{ECHO}?n={number}") for number in range(5)))
        wire.socket.shutdown(socket.SHUT_WR)
        assert [wire.response().json()["target"] for _ in range(5)] == [f"{ECHO}?n={number}" for number in range(5)]
        assert wire.is_closed()
    with Wire(platform.port) as wire:
        body = b"b" * 300_000
        wire.send(head("POST", ECHO, body=body) + body)
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.response().json()["length"] == len(body)


@pytest.mark.parametrize("ends", [False, True], ids=["still open", "half closed"])
def test_a_slow_reader_gets_all_of_a_connections_last_answer(platform, ends):
    with Wire(platform.port) as wire:
        wire.send(head("GET", "/api/v1/lab/large", {"Connection": "close"}))
        if ends:
            wire.socket.shutdown(socket.SHUT_WR)
        time.sleep(4)
        assert len(wire.response().body) == 8_000_000


def test_a_problem_document_of_a_service_keeps_its_own_trace_id(call):
    answer = call("GET", "/api/v1/lab/problem-with-trace")
    assert answer.body == b'{"status":409,"traceId":"its own"}'


def test_a_problem_document_in_pieces_gets_its_trace_id(call):
    document = call("GET", "/api/v1/lab/problem-in-pieces").json()
    assert document["status"] == 409 and len(document["traceId"]) == 32


def test_a_required_body_must_be_there_though_nobody_looks_inside(wire):
    answer = wire.request("PUT", "/api/v1/lab/needed", {"Content-Length": "0"})
    assert_problem(answer, 400, "validation-failed", "/api/v1/lab/needed")
    assert wire.request("PUT", "/api/v1/lab/needed", body=b"x").json()["length"] == 1


def test_interim_answers_are_not_for_http_1_0(platform):
    with Wire(platform.port) as wire:
        answer = wire.request("GET", "/api/v1/lab/early-hints", version="HTTP/1.0")
        assert answer.interim == [] and answer.body == b"ok"


def test_expect_goes_to_the_service_when_the_body_streams(wire):
    """A body too large to collect: the service itself says that it wants it."""
    wire.send(head("POST", ECHO, {"Expect": "100-continue"}, body=b"0" * 100_000))
    assert wire._head().status == 100
    wire.send(b"0" * 100_000)
    report = wire.response().json()
    assert report["length"] == 100_000 and "Expect" in [name.title() for name, _ in report["headers"]]
