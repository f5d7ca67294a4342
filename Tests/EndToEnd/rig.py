"""Starts the real programs for the tests: the demo services, the gateway, and everything on free ports in a scratch folder."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("GATEWAY_BIN_DIR", ROOT / ".build" / "debug")).resolve()
PLATFORM = ROOT / "Examples" / "platform"

# A debug build on a busy two-core machine; a real one takes milliseconds.
START_SECONDS = 30


taken_ports = set()


def free_port():
    """A port nobody listens on, and never the same twice: its first user may not listen yet."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in taken_ports:
            taken_ports.add(port)
            return port


def until(condition, seconds=10, what="the condition"):
    """Polls until `condition()` is true and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        if outcome := condition():
            return outcome
        assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
        time.sleep(0.02)


def is_listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Program:
    """A child process with its output in a file, ended by its own id."""

    def __init__(self, name, arguments, folder, port):
        self.name, self.arguments, self.port = name, [str(part) for part in arguments], port
        self.log = pathlib.Path(folder) / f"{name}.log"
        self.process = None

    def start(self, is_up=None):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        is_up = is_up or (lambda: is_listening(self.port))

        def check():
            assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}:\n{self.output()}"
            return is_up()

        try:
            until(check, START_SECONDS, self.name)
        except AssertionError:
            self.kill()
            raise AssertionError(f"{self.name} did not start:\n{self.output()}") from None
        return self

    def output(self):
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=40):
        """SIGTERM; the exit code."""
        if self.is_running:
            self.signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {seconds} s of SIGTERM:\n{self.output()}") from None

    def kill(self):
        if self.is_running:
            self.process.kill()
            self.process.wait()

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


class Services:
    """The three demo services."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.data_port, self.files_port, self.iam_port = free_port(), free_port(), free_port()
        self.issuer = f"http://127.0.0.1:{self.iam_port}"
        self.data = Program(
            "demo-data",
            [BIN / "demo-data", "--port", self.data_port, "--database", self.folder / "data.sqlite", "--sample-data"],
            folder, self.data_port)
        self.files = Program(
            "demo-files", [BIN / "demo-files", "--port", self.files_port, "--root", self.folder / "files"], folder,
            self.files_port)
        self.iam = Program(
            "demo-iam",
            [BIN / "demo-iam", "--port", self.iam_port, "--keys", self.folder / "keys", "--issuer", self.issuer], folder,
            self.iam_port)

    def start(self):
        for program in (self.data, self.files, self.iam):
            program.start()
        return self

    def stop(self):
        for program in (self.iam, self.files, self.data):
            if program.is_running:
                program.stop()

    def token(self, user="admin@acme", expires_in=3600):
        body = json.dumps({"user": user, "expiresIn": expires_in}).encode()
        request = urllib.request.Request(f"{self.issuer}/token", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)["access_token"]

    def rotate(self):
        request = urllib.request.Request(f"{self.issuer}/rotate", b"", method="POST")
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)["kid"]


class Gateway(Program):
    """A gateway process and its configuration file."""

    def __init__(self, folder, configuration, name="gateway"):
        self.folder = pathlib.Path(folder)
        self.configuration = configuration
        self.file = self.folder / f"{name}.yaml"
        self.write()
        self.admin_port = configuration["admin"]["port"]
        super().__init__(
            name, [BIN / "gateway", "serve", "--config", self.file], folder, configuration["listen"]["port"])

    def write(self):
        self.file.write_text(yaml.safe_dump(self.configuration, sort_keys=False))

    def start(self, is_up=None):
        is_up = is_up or (lambda: is_listening(self.port) and answers(f"http://127.0.0.1:{self.port}/ready"))
        # The admin listener opens after the gateway's own. Asked with a request: a bare connection may still wait there when the test goes on.
        return super().start(lambda: is_up() and answers(f"http://127.0.0.1:{self.admin_port}/metrics"))


def demo_configuration(services):
    """The demo platform's own gateway.yaml, moved to this run's ports and folder."""
    text = (PLATFORM / "gateway.yaml").read_text()
    for old, new in ((50061, services.data_port), (8091, services.files_port), (8092, services.iam_port)):
        text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
    configuration = yaml.safe_load(text)
    configuration["listen"]["port"] = free_port()
    configuration["admin"]["port"] = free_port()
    configuration["modules"]["folder"] = str(services.folder / "modules")
    # The trail has tests of its own.
    del configuration["audit"]
    configuration["versions"] = {"folder": str(services.folder / "api-specs"), "interval": "1s"}
    if not (services.folder / "modules").exists():
        for module in (PLATFORM / "modules").iterdir():
            copy_module(module, services.folder / "modules" / module.name, services)
    return with_absolute_files(configuration, PLATFORM)


def copy_module(source, target, services):
    """A module of the demo, with its services where they listen in this run."""
    shutil.copytree(source, target)
    manifest = target / "module.yaml"
    manifest.write_text(manifest.read_text().replace("127.0.0.1:50061", f"127.0.0.1:{services.data_port}"))


def with_absolute_files(node, folder):
    """Every string that names a file of `folder`, made absolute, because the copy of the configuration lives elsewhere."""
    if isinstance(node, dict):
        return {key: with_absolute_files(value, folder) for key, value in node.items()}
    if isinstance(node, list):
        return [with_absolute_files(value, folder) for value in node]
    if isinstance(node, str) and node and "/" not in node and (folder / node).is_file():
        return str(folder / node)
    return node
