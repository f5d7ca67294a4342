"""The gRPC services of `peers`, none of them ours: as processes on ports they choose, and grpcurl to look at them."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from rig import Program, is_listening

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
# Where Debian keeps the sources of Go libraries.
GO_LIBRARIES = pathlib.Path("/usr/share/gocode")


class Peer(Program):
    """A peer that prints its port on a line of its own."""

    def __init__(self, name, arguments, folder):
        super().__init__(name, arguments, folder, port=0)

    def start(self, is_up=None):
        self.log.unlink(missing_ok=True)
        return super().start(self._has_port)

    def _has_port(self):
        self.port = next((int(line) for line in self.output().splitlines() if line.isdigit()), 0)
        return self.port != 0 and is_listening(self.port)


def python_peer(folder, *arguments):
    return Peer("python-peer", [sys.executable, PEERS / "python_service.py", *arguments], folder)


def go_peer(folder, *arguments):
    """Built once for a run: Debian's grpc-go, as sources beside our own, without a network."""
    program = pathlib.Path(folder) / "go_service"
    if not program.exists():
        if not shutil.which("go") or not (GO_LIBRARIES / "src/google.golang.org/grpc/reflection").exists():
            missing("golang-go and golang-google-grpc-dev")
        subprocess.run(
            ["go", "build", "-o", program, "."], cwd=PEERS / "go_service", check=True, timeout=600,
            env=os.environ | {"GO111MODULE": "off", "GOPATH": str(GO_LIBRARIES)})
    return Peer("go-peer", [program, *arguments], folder)


def grpcurl(*arguments):
    """What grpcurl prints; it must succeed."""
    program = shutil.which("grpcurl", path=os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]))
    if program is None:
        missing("grpcurl")
    outcome = subprocess.run(
        [program, "-plaintext", "-max-time", "20", *[str(part) for part in arguments]], capture_output=True, text=True, timeout=40)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


def missing(what):
    """Where everything is to be there, its absence fails the test."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}: not installed")
    pytest.skip(f"{what}: not installed")
