"""A real Valkey server for a test, and a connection to it that knows only the protocol."""

import os
import signal
import socket

import pytest

from rig import Program, free_port, until


class Valkey(Program):
    """A server that keeps nothing on disk."""

    def __init__(self, folder, program, port=None):
        port = port or free_port()
        name = f"valkey-{port}"
        super().__init__(
            name, [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder],
            folder, port)

    @property
    def url(self):
        return f"valkey://127.0.0.1:{self.port}"

    def call(self, *parts):
        """One command on a connection of its own; the reply as Python has it."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            request = b"*%d\r\n" % len(parts)
            for part in parts:
                part = str(part).encode()
                request += b"$%d\r\n%s\r\n" % (len(part), part)
            connection.sendall(request)
            return reply(connection.makefile("rb"))

    def hang(self):
        """Accepts, never answers."""
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)


def reply(stream):
    line = stream.readline()
    kind, rest = line[:1], line[1:-2]
    if kind in b"+-":
        return rest.decode()
    if kind == b":":
        return int(rest)
    if kind == b"$":
        count = int(rest)
        return None if count < 0 else stream.read(count + 2)[:-2].decode()
    assert kind == b"*", line
    return [reply(stream) for _ in range(int(rest))]


def programs():
    """The servers to test with; `scripts/lib.sh` names them."""
    return [program for program in os.environ.get("VALKEY_SERVERS", "").split(":") if program]


def newest():
    if not programs():
        pytest.skip("no Valkey: VALKEY_SERVERS names none (make test sets it)")
    return programs()[-1]


def connections(valkey):
    """How many clients follow the server's changes."""
    return sum("flags=t" in line or "flags=tB" in line or "flags=B" in line for line in valkey.call("CLIENT", "LIST").splitlines())


def followed(valkey, clients):
    until(lambda: connections(valkey) >= clients, what="the gateway's connections for changes")
