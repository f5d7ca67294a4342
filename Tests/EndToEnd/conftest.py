"""One platform for the whole run; a test that breaks things starts its own gateway."""

import contextlib
import os
import subprocess
import sys

import pytest
import yaml

sys.path.insert(0, os.path.dirname(__file__))

from lab_grpc import LabGRPC
from lab_upstream import LabUpstream
from rig import BIN, Gateway, Services, demo_configuration, free_port
from valkey_server import Valkey, newest
from wire import Wire, once

# Methods the lab's operations accept.
METHODS = ("get", "head", "put", "post", "patch", "delete", "options")


def lab_document():
    """The lab's OpenAPI document: public operations, so that tests of HTTP itself need no token."""
    operation = {"responses": {"default": {"description": "whatever the lab says"}}}
    parameter = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/lab/{name}": {"parameters": [parameter]} | {method: dict(operation) for method in METHODS},
        "/lab/socket": {"get": dict(operation) | {"x-websocket": True}},
        "/lab/private/{name}": {"parameters": [parameter], "get": dict(operation) | {"security": [{"bearer": []}]}},
        "/lab/needed": {
            "put": dict(operation) | {"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
        },
        "/lab/checked": {
            "post": dict(operation) | {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {
                        "type": "object", "required": ["name"], "additionalProperties": False,
                        "properties": {"name": {"type": "string", "maxLength": 10}, "age": {"type": "integer", "minimum": 0}},
                    }}},
                }}},
    }
    return document("Lab", paths)


def dead_document():
    return document("Dead", {"/dead": {"get": {"responses": {"default": {"description": "never"}}}}})


def lab_grpc_document():
    names = ("module", "model", "id")
    return document("Lab gRPC", {
        "/labgrpc/{module}/{model}/{id}": {
            "parameters": [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names],
            "get": {
                "x-grpc": {"method": "septem.data.v1.DataService/GetRecord"},
                "responses": {"default": {"description": "as scripted"}},
            },
        }})


def document(title, paths):
    return {
        "openapi": "3.1.0", "info": {"title": title, "version": "1"}, "servers": [{"url": "/api/v1"}], "security": [],
        "paths": paths,
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}},
    }


def pytest_configure(config):
    config.addinivalue_line("markers", "policy(settings): configuration of the lab services for a test with its own gateway")


class Platform:
    """Demo services, labs and the gateway in front of them."""

    def __init__(self, folder):
        self.folder = folder
        self.services = Services(folder)
        self.lab = LabUpstream()
        self.lab_grpc = LabGRPC()
        self.gateway = None
        self.dead_port = free_port()

    def start(self):
        self.services.start()
        self.gateway = Gateway(self.folder, self.configuration()).start()
        return self

    def configuration(self):
        configuration = demo_configuration(self.services)
        # In the demo globex has no CRM; here two tenants with the same module must not see each other.
        configuration["tenants"]["globex"]["modules"] = ["crm"]
        configuration["tenants"]["acme"].pop("rate")
        # The suite is one user on one address; the limits have tests of their own.
        configuration["rate_limits"] = {"user": "off", "address": "off", "roles": {"admin": "off"}}
        for name, body in (("lab", lab_document()), ("dead", dead_document()), ("labgrpc", lab_grpc_document())):
            (self.folder / f"{name}.yaml").write_text(yaml.safe_dump(body, sort_keys=False))
        data = next(service for service in configuration["services"] if service["name"] == "data")
        configuration["services"] += [
            service_entry("lab", "http", self.lab.port, self.folder),
            service_entry("dead", "http", self.dead_port, self.folder),
            service_entry("labgrpc", "grpc", self.lab_grpc.port, self.folder) | {"descriptors": data["descriptors"]},
        ]
        for service in configuration["services"]:
            # Many tests make services fail; the breakers have tests of their own.
            service["breaker"] = {"enabled": False}
        return configuration

    @property
    def port(self):
        return self.gateway.port

    def token(self, user="admin@acme", expires_in=3600):
        return self.services.token(user, expires_in)

    def another_gateway(self, name, change=None):
        """A second gateway before the same services, for a test that restarts, reloads or overloads it."""
        configuration = self.configuration()
        if change:
            change(configuration)
        return Gateway(self.folder, configuration, name)

    @contextlib.contextmanager
    def gateways(self, names, change):
        """Further gateways that are all configured alike, up while the context lasts."""
        group = []
        try:
            for name in names:
                group.append(self.another_gateway(name, change).start())
            yield group
        finally:
            for gateway in group:
                gateway.stop()

    def stop(self):
        if self.gateway is not None and self.gateway.is_running:
            self.gateway.stop()
        self.services.stop()
        self.lab.stop()
        self.lab_grpc.stop()


def service_entry(name, kind, port, folder):
    return {
        "name": name, "protocol": kind, "addresses": [f"127.0.0.1:{port}"], "openapi": str(folder / f"{name}.yaml"),
    }


@pytest.fixture(scope="session")
def platform(tmp_path_factory):
    missing = [name for name in ("gateway", "demo-data", "demo-files", "demo-iam") if not (BIN / name).exists()]
    assert not missing, f"{', '.join(missing)} not built in {BIN}"
    platform = Platform(tmp_path_factory.mktemp("platform"))
    try:
        yield platform.start()
    finally:
        platform.stop()


@pytest.fixture
def wire(platform):
    with Wire(platform.port) as wire:
        yield wire


@pytest.fixture(scope="session")
def admin(platform):
    return {"Authorization": f"Bearer {platform.token('admin@acme')}"}


@pytest.fixture(scope="session")
def member(platform):
    return {"Authorization": f"Bearer {platform.token('member@acme')}"}


@pytest.fixture
def call(platform):
    """call(method, target, headers, body) on a connection of its own."""
    return lambda method, target, headers=(), body=None, timeout=15: once(
        platform.port, method, target, headers, body, timeout)


@pytest.fixture(autouse=True)
def gateway_lives(request):
    """Whatever a test sends, the gateway is the same process afterwards and still answers."""
    if "platform" not in request.fixturenames:
        yield
        return
    platform = request.getfixturevalue("platform")
    before = platform.gateway.process.pid
    yield
    assert platform.gateway.is_running and platform.gateway.process.pid == before, platform.gateway.output()
    assert once(platform.port, "GET", "/live").status == 200


def run_gateway(*arguments, **options):
    """The gateway's command line, to its end."""
    return subprocess.run(
        [BIN / "gateway", *[str(part) for part in arguments]], capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL, **options)


@pytest.fixture(scope="module")
def valkey(tmp_path_factory):
    """A Valkey for the tests of one file."""
    server = Valkey(tmp_path_factory.mktemp("valkey"), newest()).start()
    yield server
    server.kill()
