"""Simulated Envoys: each asks for everything over a connection of its own and accepts all it is told."""

import selectors
import socket
import struct
import time

from .protowire import fields, part

SERVICE = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
KINDS = [
    ("type.googleapis.com/envoy.config.cluster.v3.Cluster", []),
    ("type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment", ["gateway"]),
    ("type.googleapis.com/envoy.config.listener.v3.Listener", []),
    ("type.googleapis.com/envoy.config.route.v3.RouteConfiguration", ["gateway"]),
    ("type.googleapis.com/envoy.service.runtime.v3.Runtime", ["gateway"]),
]
DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE = 0, 1, 4, 6, 8
WINDOW = 2**31 - 1
READ = 1 << 20


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A field that no table remembers (RFC 7541, 6.2.2)."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


class Envoy:
    """One client; `answers` counts what it took."""

    def __init__(self, port, number):
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.buffer, self.message = bytearray(), bytearray()
        self.answers = self.bytes = 0
        head = literal(":method", "POST") + literal(":scheme", "http") + literal(":path", SERVICE)
        head += literal(":authority", "gateway") + literal("content-type", "application/grpc") + literal("te", "trailers")
        self.socket.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, WINDOW))
            + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW - 65_535)) + frame(HEADERS, 4, 1, head))
        for position, (url, names) in enumerate(KINDS):
            node = part(1, part(1, f"envoy-{number}")) if position == 0 else b""
            self.say(node + part(2, url) + b"".join(part(3, name) for name in names))
        self.socket.setblocking(False)

    def say(self, message):
        self.socket.sendall(frame(DATA, 0, 1, b"\0" + struct.pack(">I", len(message)) + message))

    def readable(self):
        try:
            while True:
                received = self.socket.recv(READ)
                if not received:
                    raise SystemExit("bench: the gateway closed a simulated Envoy's connection")
                self.bytes += len(received)
                self.buffer += received
                if len(received) < READ:
                    break
        except BlockingIOError:
            pass
        at = 0
        while len(self.buffer) - at >= 9:
            size = int.from_bytes(self.buffer[at:at + 3], "big")
            if len(self.buffer) - at < 9 + size:
                break
            kind, flags = self.buffer[at + 3], self.buffer[at + 4]
            payload = self.buffer[at + 9:at + 9 + size]
            at += 9 + size
            if kind == DATA:
                self.message += payload
            elif kind == SETTINGS and not flags & 1:
                self.socket.sendall(frame(SETTINGS, 1, 0, b""))
            elif kind == PING and not flags & 1:
                self.socket.sendall(frame(PING, 1, 0, bytes(payload)))
        del self.buffer[:at]
        while len(self.message) >= 5:
            size = int.from_bytes(self.message[1:5], "big")
            if len(self.message) < 5 + size:
                return
            self.take(bytes(self.message[5:5 + size]))
            del self.message[:5 + size]

    def take(self, message):
        found = dict(fields(message))
        self.answers += 1
        self.say(part(2, found[4]) + part(6, found[5]))


class Fleet:
    """Many of them, in one thread."""

    def __init__(self, port, count):
        self.selector = selectors.DefaultSelector()
        self.envoys = []
        for number in range(count):
            self.envoys.append(Envoy(port, number))
            self.selector.register(self.envoys[-1].socket, selectors.EVENT_READ, self.envoys[-1])
            self.turn(0)

    def turn(self, seconds):
        """Reads what is there; whether there was anything."""
        ready = self.selector.select(seconds)
        for key, _ in ready:
            key.data.readable()
        return bool(ready)

    def settle(self, quiet=0.5, least=0):
        """Reads until nothing has come for a while and each has taken so many answers."""
        deadline = time.monotonic() + 120
        while self.turn(quiet) or any(envoy.answers < least for envoy in self.envoys):
            if time.monotonic() > deadline:
                raise SystemExit("bench: the simulated Envoys are not told what they should be")

    def wait(self, answers):
        """Reads until each has taken so many answers."""
        deadline = time.monotonic() + 120
        while any(envoy.answers < answers for envoy in self.envoys):
            self.turn(1)
            if time.monotonic() > deadline:
                raise SystemExit("bench: the simulated Envoys are not told what they should be")

    @property
    def answers(self):
        return min(envoy.answers for envoy in self.envoys)

    @property
    def bytes(self):
        return sum(envoy.bytes for envoy in self.envoys)

    def close(self):
        for envoy in self.envoys:
            envoy.socket.close()
