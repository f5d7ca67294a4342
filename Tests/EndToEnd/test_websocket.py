"""Upgrades: a WebSocket through the gateway, and none where the route does not allow it."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from wire import Wire


def url(platform, name):
    return f"ws://127.0.0.1:{platform.port}/api/v1/lab/{name}"


def test_messages_pass_both_ways(platform):
    with connect(url(platform, "socket"), open_timeout=10, compression=None) as socket:
        for message in ("hello", "\u00e4\u20ac\U0001f600", b"\x00\xff" * 10, "x" * 100_000):
            socket.send(message)
            assert socket.recv(timeout=10) == message


def test_many_messages_in_flight(platform):
    with connect(url(platform, "socket"), open_timeout=10, compression=None) as socket:
        for number in range(500):
            socket.send(f"message {number}")
        assert [socket.recv(timeout=10) for _ in range(500)] == [f"message {number}" for number in range(500)]


def test_several_sockets_at_once(platform):
    sockets = [connect(url(platform, "socket"), open_timeout=10, compression=None) for _ in range(20)]
    try:
        for number, socket in enumerate(sockets):
            socket.send(str(number))
        assert [socket.recv(timeout=10) for socket in sockets] == [str(number) for number in range(20)]
    finally:
        for socket in sockets:
            socket.close()


def test_a_route_without_upgrade_stays_http(platform):
    with pytest.raises(InvalidStatus) as refusal:
        connect(url(platform, "echo"), open_timeout=10)
    assert refusal.value.response.status_code == 200, "the request is served as plain HTTP"


def test_bytes_sent_right_behind_the_handshake_are_not_lost(platform):
    with Wire(platform.port) as wire:
        frame = b"\x81\x82\x00\x00\x00\x00hi"
        wire.send(
            b"GET /api/v1/lab/socket HTTP/1.1\r\nHost: gateway.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" + frame)
        assert wire.response().status == 101
        assert wire.read_exactly(4) == b"\x81\x02hi"
