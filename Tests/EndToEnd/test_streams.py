"""Large bodies both ways in constant memory, with backpressure."""

import hashlib
import os
import threading
import time

from rig import until
from wire import Wire, head

SIZE = 100 * 1000 * 1000
# Socket buffers, chunks in flight and allocator slack; far below one body.
GROWTH = 20 * 1024 * 1024


class Watch:
    """The highest resident size of a program while the block runs."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.before = self.highest = self.program.resident_bytes()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def _look(self):
        while not self.done.wait(0.05):
            self.highest = max(self.highest, self.program.resident_bytes())

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    @property
    def growth(self):
        return self.highest - self.before


def test_100_mb_up_and_down_in_constant_memory(platform, call, admin):
    block = os.urandom(1_000_000)
    digest = hashlib.sha256()
    # Warm buffers and caches, so that only what a large body adds is measured.
    call("PUT", "/api/v1/files/warm", admin, block)
    call("GET", "/api/v1/files/warm", admin)
    with Watch(platform.gateway) as watch:
        with Wire(platform.port, 60) as wire:
            wire.send(head("PUT", "/api/v1/files/large", list(admin.items()) + [("Content-Length", str(SIZE))]))
            for _ in range(SIZE // len(block)):
                digest.update(block)
                wire.send(block)
            stored = wire.response()
            assert stored.status in (200, 201) and stored.json()["size"] == SIZE, stored
        with Wire(platform.port, 60) as wire:
            wire.send(head("GET", "/api/v1/files/large", admin))
            answer = wire._head()
            assert answer.status == 200 and answer.header("content-length") == str(SIZE)
            received, left = hashlib.sha256(wire.buffer), SIZE - len(wire.buffer)
            while left:
                part = wire.socket.recv(1 << 20)
                assert part, f"{left} bytes missing"
                received.update(part)
                left -= len(part)
    assert received.digest() == digest.digest()
    assert watch.growth < GROWTH, f"{watch.growth / 1e6:.0f} MB more"
    assert call("DELETE", "/api/v1/files/large", admin).status == 204


def test_a_chunked_upload_is_streamed(platform, call, admin):
    chunk = b"10000\r\n" + b"z" * 0x10000 + b"\r\n"
    with Watch(platform.gateway) as watch, Wire(platform.port, 60) as wire:
        wire.send(head("PUT", "/api/v1/files/chunked", admin | {"Transfer-Encoding": "chunked"}))
        for _ in range(500):
            wire.send(chunk)
        answer = wire.send(b"0\r\n\r\n").response()
        assert answer.status in (200, 201) and answer.json()["size"] == 500 * 0x10000, answer
    assert watch.growth < GROWTH
    assert call("DELETE", "/api/v1/files/chunked", admin).status == 204


def test_a_client_that_does_not_read_holds_back_the_upstream(platform, call, admin):
    """Eight downloads nobody reads cost socket buffers, not eight files."""
    assert call("PUT", "/api/v1/files/held", admin, b"h" * 50_000_000, 60).status in (200, 201)
    wires = []
    try:
        with Watch(platform.gateway) as watch:
            for _ in range(8):
                wire = Wire(platform.port, 30)
                wire.send(head("GET", "/api/v1/files/held", admin))
                wires.append(wire)
            time.sleep(1)
        assert watch.growth < 2 * GROWTH, f"{watch.growth / 1e6:.0f} MB more"
        assert len(wires[0].response().body) == 50_000_000, "and the one that reads gets all of it"
    finally:
        for wire in wires:
            wire.close()
    assert call("DELETE", "/api/v1/files/held", admin).status == 204


def test_an_upload_that_stops_half_way_leaves_nothing_behind(platform, call, admin):
    with Wire(platform.port) as wire:
        wire.send(head("PUT", "/api/v1/files/half", list(admin.items()) + [("Content-Length", "1000000")]) + b"x" * 1000)
    folder = platform.services.folder / "files" / "acme"
    until(lambda: not list(folder.glob(".upload-*")), 10, "the end of the half upload")
    assert call("GET", "/api/v1/files/half", admin).status == 404


def test_a_thousand_idle_connections_cost_little(platform, call):
    wires = []
    before = platform.gateway.resident_bytes()
    try:
        for _ in range(1000):
            wire = Wire(platform.port)
            assert wire.request("GET", "/live").status == 200
            wires.append(wire)
        grown = platform.gateway.resident_bytes() - before
        assert grown < 20 * 1024 * 1024, f"{grown / 1e6:.1f} MB for 1000 connections"
        assert wires[0].request("GET", "/live").status == 200
    finally:
        for wire in wires:
            wire.close()
