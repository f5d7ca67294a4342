"""A real Valkey server for a test."""

import os
import signal

import pytest

import resp
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
        return resp.calls(self.port, parts)[0]

    def hang(self):
        """Accepts, never answers."""
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)


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
