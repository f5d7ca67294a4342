"""HTTP/3 through a real Envoy: certificates by name, bodies both ways, problems, and how clients learn of it."""

import hashlib
import json
import ssl

import pytest

import http3
from envoy_server import Envoy, with_edge
from h2wire import H2Wire
from problems import assert_problem
from rig import answers, until
from test_envoy_edge import certificate

CONTACTS = "/api/v1/data/crm/contacts"
HOST = "a.example.com"


@pytest.fixture(scope="module")
def edge(platform, tmp_path_factory):
    folder = tmp_path_factory.mktemp("http3")
    serials = [certificate(folder, name, f"{name}.example.com") for name in "ab"]

    def change(configuration):
        listener = with_edge(configuration)["listeners"][0]
        listener["http3"] = True
        listener["tls"] = {"certificates": [
            {"certificate": str(folder / "a.pem"), "key": str(folder / "a.key"), "server_names": [HOST]},
            {"certificate": str(folder / "b.pem"), "key": str(folder / "b.key")}]}

    with platform.gateways(["http3"], change) as (gateway,):
        envoy = Envoy(gateway, "http3-envoy")
        envoy.start(lambda: answers(f"http://127.0.0.1:{envoy.admin_port}/ready"))
        envoy.folder, envoy.serials = folder, serials

        def is_up():
            try:
                return http3.ask(envoy.port, HOST, ("GET", "/live"))[0][0].status == 200
            except (ConnectionError, TimeoutError):
                return False

        until(is_up, 15, "HTTP/3 to be served")
        yield envoy
        envoy.stop()


def test_requests_and_bodies_pass(edge, admin):
    body = hashlib.shake_128(b"http3").digest(8 << 20)
    path = "/api/v1/files/http3.bin"
    (live, listed, put, got, gone), _ = http3.ask(
        edge.port, HOST, ("GET", "/live"), ("GET", CONTACTS, admin), ("PUT", path, admin, body), ("GET", path, admin),
        ("DELETE", path, admin))
    assert [answer.status for answer in (live, listed, got)] == [200] * 3 and put.status in (200, 201) and gone.status in (200, 204)
    assert json.loads(listed.body)["records"]
    assert got.digest.digest() == hashlib.sha256(body).digest()


def test_problems_are_those_of_other_versions(edge):
    (unknown, nobody), _ = http3.ask(edge.port, HOST, ("GET", "/nowhere"), ("GET", CONTACTS))
    assert_problem(unknown, 404, "not-found", "/nowhere")
    assert_problem(nobody, 401, "unauthorized", CONTACTS)


def test_certificates_are_chosen_by_name(edge):
    for host, serial in ((HOST, edge.serials[0]), ("other.example.com", edge.serials[1])):
        (answer,), shown = http3.ask(edge.port, host, ("GET", "/live"))
        assert answer.status == 200 and shown.serial_number == serial


def test_a_renewed_certificate_is_shown_to_new_connections(edge):
    serial = certificate(edge.folder, "b", "b.example.com")
    until(lambda: http3.ask(edge.port, "b.example.com", ("GET", "/live"))[1].serial_number == serial, 10, "the new certificate")


def test_other_versions_say_that_there_is_http3(edge):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with H2Wire(edge.port, tls=context) as wire:
        assert wire.request("GET", "/live").header("alt-svc") == f'h3=":{edge.port}"; ma=86400'
