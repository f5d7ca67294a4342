"""What passes through a real Envoy to the gateway, and what Envoy itself limits: sockets, gRPC, large bodies, tenants, roles."""

import hashlib
import http.client
import signal
import time

import grpc
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from envoy_server import Envoy, with_edge
from framed import PACKAGE, message, parsed, peer_gateway
from h2wire import H2Wire
from peer_programs import python_peer
from problems import assert_problem
from rig import until
from wire import Wire, once

CONTACTS = "/api/v1/data/crm/contacts"
LARGE = 100 << 20
# What Envoy and the gateway each may hold of a body that its reader does not take: their windows and buffers, not the body.
HELD = 40 << 20


@pytest.fixture(scope="module")
def edge(platform):
    """An Envoy before a gateway of the platform."""
    with platform.gateways(["traffic"], with_edge) as (gateway,):
        envoy = Envoy(gateway, "traffic-envoy").start()
        envoy.gateway = gateway
        yield envoy
        envoy.stop()


# WebSockets


def sockets(edge, name="socket"):
    return connect(f"ws://127.0.0.1:{edge.port}/api/v1/lab/{name}", open_timeout=10, compression=None)


def test_a_websocket_passes_both_ways(edge):
    with sockets(edge) as socket:
        for text in ("hello", "\u00e4\u20ac\U0001f600", b"\x00\xff" * 10, "x" * 100_000):
            socket.send(text)
            assert socket.recv(timeout=10) == text
        for number in range(500):
            socket.send(f"message {number}")
        assert [socket.recv(timeout=10) for _ in range(500)] == [f"message {number}" for number in range(500)]


def test_bytes_right_behind_the_handshake_are_not_lost(edge):
    with Wire(edge.port) as wire:
        wire.send(
            b"GET /api/v1/lab/socket HTTP/1.1\r\nHost: gateway.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            b"\x81\x82\x00\x00\x00\x00hi")
        assert wire.response().status == 101
        assert wire.read_exactly(4) == b"\x81\x02hi"


def test_where_no_socket_is_offered_none_is_opened(edge):
    with pytest.raises(InvalidStatus) as refusal:
        sockets(edge, "echo")
    answer = refusal.value.response
    assert answer.status_code == 403 and answer.headers["content-type"] == "application/problem+json"
    assert once(edge.port, "GET", "/api/v1/lab/echo").status == 200


# gRPC


@pytest.fixture(scope="module")
def calls(platform, tmp_path_factory):
    """An Envoy before a gateway whose peers clients call by gRPC themselves."""
    folder = tmp_path_factory.mktemp("traffic-grpc")
    peer = python_peer(folder).start()
    gateway = peer_gateway(folder, peer, platform.configuration()["issuers"])
    with_edge(gateway.configuration)
    gateway.write()
    gateway.start()
    envoy = Envoy(gateway, "calls-envoy").start()
    with grpc.insecure_channel(f"127.0.0.1:{envoy.port}") as channel:
        channel.envoy = envoy
        yield channel
    envoy.stop()
    gateway.stop()
    peer.stop()


def method(channel, kind, name, reply):
    return getattr(channel, kind)(
        f"/{PACKAGE}.{name}", lambda request: request.SerializeToString(), lambda data: parsed(reply, data))


def test_every_kind_of_method_passes(calls):
    echo = method(calls, "unary_unary", "Basics/Echo", "EchoReply")
    assert echo(message("EchoRequest", text="hi"), timeout=10).text == "hi"
    count = method(calls, "unary_stream", "Basics/Count", "Tick")
    ticks = [tick.number for tick in count(message("CountRequest", count=2000, padding_bytes=200), timeout=20)]
    assert ticks == list(range(1, 2001))
    total = method(calls, "stream_unary", "Everything/Sum", "Total")
    assert total((message("Number", value=value) for value in range(2000)), timeout=20).sum == 1_999_000
    chat = method(calls, "stream_stream", "Everything/Chat", "Note")
    sent = [f"note {number}" * 100 for number in range(200)]
    assert [note.text for note in chat((message("Note", text=text) for text in sent), timeout=20)] == sent


def test_statuses_pass_with_their_trailers(calls):
    fail = method(calls, "unary_unary", "Basics/Fail", "EchoReply")
    with pytest.raises(grpc.RpcError) as raised:
        fail(message("FailRequest", code=9, message="n\u00f6", problem={"everything": True}), timeout=10)
    assert raised.value.code() == grpc.StatusCode.FAILED_PRECONDITION and raised.value.details() == "n\u00f6"
    assert "grpc-status-details-bin" in dict(raised.value.trailing_metadata())


def test_what_nobody_serves_is_a_status_too(calls):
    with pytest.raises(grpc.RpcError) as raised:
        calls.unary_unary("/nobody.v1.Nothing/Never")(b"", timeout=10)
    assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert raised.value.details() == "no operation has this path"


# A gateway that hangs


def test_a_gateway_that_says_nothing_is_waited_for_and_given_up(platform):
    def change(configuration):
        with_edge(configuration)
        configuration.setdefault("limits", {})["upstream_idle_timeout"] = "1s"
        next(service for service in configuration["services"] if service["name"] == "lab")["timeout"] = "1s"

    with platform.gateways(["hanging"], change) as (gateway,):
        envoy = Envoy(gateway, "hanging-envoy").start()
        try:
            assert once(envoy.port, "GET", "/api/v1/lab/echo").status == 200
            gateway.signal(signal.SIGSTOP)
            begin = time.monotonic()
            answer = once(envoy.port, "GET", "/api/v1/lab/echo", timeout=30)
            assert_problem(answer, 504, "gateway-timeout", "/api/v1/lab/echo")
            # The gateway's own patience and five seconds.
            assert 5 < time.monotonic() - begin < 12
        finally:
            gateway.signal(signal.SIGCONT)
            envoy.stop()


# Large bodies


@pytest.fixture(scope="module")
def large(edge, admin):
    """A file of 100 MiB, stored through Envoy; its path and hash."""
    body = hashlib.shake_128(b"large").digest(1 << 20) * (LARGE >> 20)
    path = "/api/v1/files/large.bin"
    answer = once(edge.port, "PUT", path, admin, body, timeout=60)
    assert answer.status in (200, 201), answer
    yield path, hashlib.sha256(body).digest()
    once(edge.port, "DELETE", path, admin)


def test_a_large_file_comes_back_whole(edge, admin, large):
    path, digest = large
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=20)
    connection.request("GET", path, headers=admin)
    found = hashlib.sha256()
    with connection.getresponse() as answer:
        while part := answer.read(1 << 20):
            found.update(part)
    connection.close()
    assert found.digest() == digest


def test_a_large_file_comes_back_whole_over_http2(edge, admin, large):
    path, digest = large
    found = hashlib.sha256()
    with H2Wire(edge.port, timeout=20) as wire:
        stream = wire.streams[wire.begin("GET", path, admin)]
        while not stream.is_over and stream.reset is None:
            wire.pump()
            found.update(stream.body)
            stream.body = b""
        assert stream.status == 200 and found.digest() == digest


def test_what_a_client_does_not_read_is_not_held(edge, admin, large):
    before = [program.resident_bytes() for program in (edge, edge.gateway)]
    with H2Wire(edge.port, window=65_535, timeout=10) as wire:
        stream = wire.streams[wire.begin("GET", large[0], admin)]
        until(lambda: wire.pump() or len(stream.body) >= 65_535, 10, "a window's worth")
        time.sleep(1)
        after = [program.resident_bytes() for program in (edge, edge.gateway)]
        assert all(late - early < HELD for early, late in zip(before, after)), (before, after)


# Limits


def limited(platform, name, settings, limits=None):
    def change(configuration):
        with_edge(configuration, **settings)
        configuration["rate_limits"] = limits or {"user": "off", "address": "off", "roles": {}}

    return platform.gateways([name], change)


def statuses(envoy, path, headers, times):
    return [once(envoy.port, "GET", path, headers).status for _ in range(times)]


def bearer(platform, user):
    return {"Authorization": f"Bearer {platform.token(user)}"}


def test_a_tenant_has_so_many_requests_a_second_in_envoy(platform, admin, member):
    with limited(platform, "tenant-limit", {"rate_limits": {"tenant_per_second": 5}}) as (gateway,):
        envoy = Envoy(gateway, "tenant-limit-envoy").start()
        try:
            # Keys come after the listener; until then nobody is known.
            deadline = time.monotonic() + 10
            while 429 not in statuses(envoy, CONTACTS, admin, 20) and time.monotonic() < deadline:
                time.sleep(0.2)
            time.sleep(1.2)
            with Wire(envoy.port) as wire:
                answers = [wire.request("GET", CONTACTS, (admin, member)[number % 2]) for number in range(20)]
                strangers = wire.request("GET", CONTACTS, bearer(platform, "admin@globex"))
                nobody = [wire.request("GET", "/api/v1/lab/echo").status for _ in range(20)]
            refused = [answer for answer in answers if answer.status == 429]
            # Two fills at most in so short a time.
            assert 10 <= len(refused) <= 15 and all(answer.status == 200 for answer in answers[:5]), answers
            assert_problem(refused[0], 429, "rate-limit-exceeded", CONTACTS)
            assert refused[0].header("retry-after") == "1"
            assert strangers.status == 200 and set(nobody) == {200}
            time.sleep(1.2)
            assert once(envoy.port, "GET", CONTACTS, admin).status == 200
        finally:
            envoy.stop()


def test_envoy_asks_for_users_roles_and_addresses_and_each_request_counts_once(platform):
    limits = {"user": {"requests": 5, "per": "1h"}, "address": {"requests": 7, "per": "1h"},
              "roles": {"owner": {"requests": 9, "per": "1h"}, "admin": "off"}}
    with limited(platform, "asking", {"rate_limits": {"enforced_by": "envoy", "on_failure": "closed"}}, limits) as (gateway,):
        envoy = Envoy(gateway, "asking-envoy").start()
        path = "/api/v1/lab/private/hop-headers"
        try:
            owner, admin, member = (bearer(platform, user) for user in ("owner@acme", "admin@acme", "member@acme"))
            deadline = time.monotonic() + 10
            while envoy.stats("cluster.gateway.ratelimit.ok").get("cluster.gateway.ratelimit.ok", 0) == 0 and time.monotonic() < deadline:
                assert once(envoy.port, "GET", path, admin).status == 200
                time.sleep(0.1)
            # The role's own number, which Envoy only knows by asking with the roles of the token.
            assert statuses(envoy, path, owner, 11) == [200] * 9 + [429] * 2
            assert statuses(envoy, path, admin, 15) == [200] * 15
            # Nobody makes himself an owner.
            forged = member | {"X-Septem-Edge-Roles": "WyJvd25lciJd"}
            answers = [once(envoy.port, "GET", path, forged) for _ in range(7)]
            assert [answer.status for answer in answers] == [200] * 5 + [429] * 2
            assert answers[0].header("ratelimit-policy") == '"user";q=5;w=3600'
            assert_problem(answers[5], 429, "rate-limit-exceeded", path)
            assert int(answers[5].header("retry-after")) > 60
            shown = once(envoy.port, "GET", "/api/v1/lab/echo").json()
            # A caller whom Envoy knows counts as a user on public paths too; the gateway's own endpoints count for nobody.
            assert statuses(envoy, "/api/v1/lab/echo", member, 1) == [429]
            assert statuses(envoy, "/live", {}, 20) == [200] * 20
            assert "x-septem-edge-roles" not in {name.lower() for name, _ in shown["headers"]}
            assert statuses(envoy, "/api/v1/lab/echo", {}, 8) == [200] * 6 + [429] * 2
        finally:
            envoy.stop()
