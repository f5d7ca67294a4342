"""A real Envoy in front that follows every change: modules, listeners, certificates, gateways that come and go."""

import datetime
import json
import shutil
import signal
import socket
import ssl
import statistics
import threading
import time

import module_registry
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from envoy_server import Envoy, with_edge
from problems import assert_problem
from rig import answers, free_port, is_listening, until
from test_modules import comes, modules, started, write
from wire import Aborted, Wire, once


# A debug build on a busy machine of two cores.
OTHERS, INSTALLATIONS, SLOWEST = 1000, 40, 1


@pytest.fixture(scope="module")
def edge(platform, tmp_path_factory):
    """A gateway with modules of a folder, and an Envoy before it."""
    folder = tmp_path_factory.mktemp("edge") / "modules"
    admin_port = free_port()

    def change(configuration):
        with_edge(configuration)
        configuration["health"] = {"interval": "1s", "components": [
            {"name": "envoy", "kind": "http", "address": f"127.0.0.1:{admin_port}", "path": "/ready"}]}

    gateway = started(platform, "edge", folder, change)
    try:
        envoy = Envoy(gateway, "edge-envoy", admin_port=admin_port).start()
        envoy.gateway, envoy.modules = gateway, folder
        yield envoy
        envoy.stop()
    finally:
        gateway.stop()


def state(gateway):
    return json.loads(once(gateway.admin_port, "GET", "/envoy").body)


def test_a_stock_envoy_serves_the_platform(edge, admin):
    answer = once(edge.port, "GET", "/api/v1/data/crm/contacts", admin)
    assert answer.status == 200 and json.loads(answer.body)["records"]
    told = state(edge.gateway)
    assert [member["node"] for member in told["envoys"]] == ["edge-envoy"] and told["envoys"][0]["synchronized"]
    assert told["withheld"] == [] and {resource["kind"] for resource in told["resources"]} >= {"CDS", "EDS", "LDS", "RDS", "RTDS"}


def test_health_knows_what_envoy_says_of_itself(edge):
    def component():
        return once(edge.gateway.admin_port, "GET", "/health").json()["components"]["envoy"]

    until(lambda: component()["status"] == "healthy" and component()["latencyMs"] is not None, 10, "a healthy Envoy")
    edge.admin("/healthcheck/fail", "POST")
    until(lambda: component().get("error") == "answered 503", 10, "what Envoy answers")
    assert component()["status"] == "unhealthy"
    edge.admin("/healthcheck/ok", "POST")
    until(lambda: component()["status"] == "healthy", 10, "a healthy Envoy")


# Envoy's own answers


def test_an_unknown_path_is_a_problem_of_envoy_like_the_gateways(edge, admin):
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = once(edge.port, "GET", "/nowhere/at/all?x=1", {"traceparent": parent})
    problem = assert_problem(answer, 404, "not-found", "/nowhere/at/all")
    assert problem["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert answer.header("cache-control") == "no-store"
    first = assert_problem(once(edge.port, "GET", "/nowhere"), 404, "not-found")["traceId"]
    assert first != assert_problem(once(edge.port, "GET", "/nowhere"), 404, "not-found")["traceId"], "each trace is another"


def test_what_envoy_refuses_to_read_is_a_problem(edge):
    large = once(edge.port, "GET", "/live", {"X-Large": "a" * 40_000})
    assert_problem(large, 431, "header-fields-too-large")
    assert once(edge.port, "GET", "/live").status == 200


def test_without_any_gateway_envoy_says_so_and_when_to_come_back(platform, tmp_path):
    gateway = started(platform, "edge-alone", tmp_path / "modules", with_edge)
    envoy = None
    try:
        envoy = Envoy(gateway, "edge-alone-envoy").start()
        gateway.stop()
        until(lambda: once(envoy.port, "GET", "/live").status == 503, 10, "Envoy to miss the gateway")
        answer = once(envoy.port, "GET", "/api/v1/data/crm/contacts")
        assert_problem(answer, 503, "service-unavailable", "/api/v1/data/crm/contacts")
        assert answer.header("retry-after") == "1"
        assert_problem(once(envoy.port, "GET", "/nowhere"), 404, "not-found")
        gateway.start()
        until(lambda: once(envoy.port, "GET", "/live").status == 200, 10, "the gateway to be asked again")
        until(lambda: state(gateway)["envoys"] and state(gateway)["envoys"][0]["synchronized"], 10, "Envoy to come back")
    finally:
        if envoy:
            envoy.stop()
        gateway.kill()


# Changes


def test_modules_come_and_go_without_a_restart(edge, platform):
    assert once(edge.port, "GET", "/api/v1/edge-m/echo").status == 404
    before = edge.stats("listener_manager.listener_")
    write(edge.modules, "edge-m", platform.lab.port)
    comes(edge, "/edge-m/echo")
    write(edge.modules, "edge-m", platform.lab.port, "2", ("/echo", "/more"))
    comes(edge, "/edge-m/more")
    shutil.rmtree(edge.modules / "edge-m")
    comes(edge, "/edge-m/echo", 404)
    assert "edge-m" not in modules(edge.gateway)
    assert edge.stats("listener_manager.listener_") == before, "no listener was touched"


def test_a_module_answers_soon_after_its_installation(platform, valkey, tmp_path):
    """Beside many others; Benchmarks/bench-envoy holds a release build to the real bound."""
    module_registry.install(valkey.port, *[module_registry.package(f"other-{n}", platform.lab.port) for n in range(OTHERS)])

    def change(configuration):
        with_edge(configuration)
        configuration["valkey"] = {"url": valkey.url}
        configuration["modules"]["valkey"] = True
        configuration.pop("tenants", None)

    gateway = started(platform, "edge-registry", tmp_path / "modules", change)
    envoy = None
    try:
        envoy = Envoy(gateway, "edge-registry-envoy").start()
        comes(envoy, f"/other-{OTHERS - 1}/echo")
        delays = []
        for number in range(INSTALLATIONS):
            begin = time.monotonic()
            module_registry.install(valkey.port, module_registry.package(f"new-{number}", platform.lab.port))
            comes(envoy, f"/new-{number}/echo")
            delays.append(time.monotonic() - begin)
        delays.sort()
        print(f"install to first 200 beside {OTHERS} modules: median {statistics.median(delays):.3f} s, slowest {delays[-1]:.3f} s")
        assert delays[-1] < SLOWEST, delays
        module_registry.remove(valkey.port, "new-0")
        comes(envoy, "/new-0/echo", 404)
        assert once(envoy.port, "GET", "/api/v1/new-1/echo").status == 200
    finally:
        if envoy:
            envoy.stop()
        gateway.kill()


def test_only_what_changed_is_told(edge, platform):
    def updates():
        counted = edge.stats("(cluster_manager.cds|listener_manager.lds|http.public.rds.gateway|runtime.rtds).*update_success")
        return {name.split(".")[-2]: value for name, value in counted.items()}

    before = updates()
    write(edge.modules, "edge-only", platform.lab.port)
    comes(edge, "/edge-only/echo")
    shutil.rmtree(edge.modules / "edge-only")
    until(lambda: sum(updates().values()) - sum(before.values()) == 2, 10, "two updates")
    changed = [name for name, value in updates().items() if value != before[name]]
    assert changed == ["gateway"], "the route table, and nothing else"


def test_an_edge_is_drained_and_sheds_load_without_another_resource_changing(platform, tmp_path, admin):
    """Both are values of the runtime: balancers are sent away while requests pass, or some requests are refused."""
    gateway = started(platform, "edge-valves", tmp_path / "modules", with_edge)
    envoy = None

    def turn(**settings):
        gateway.configuration["envoy"].update(settings)
        gateway.write()
        gateway.signal(signal.SIGHUP)

    def asked(path, *token):
        return once(envoy.port, "GET", path, *token)

    def others():
        return {row["name"]: row["version"] for row in state(gateway)["resources"] if row["kind"] != "RTDS"}

    try:
        envoy = Envoy(gateway, "edge-valves-envoy").start()
        before = others()
        until(lambda: asked("/ready").status == 200, 10, "the edge to be ready")
        turn(drain=True)
        until(lambda: asked("/ready").status == 503, 10, "the edge to say that it is drained")
        assert_problem(asked("/readyz"), 503, "service-unavailable")
        assert asked("/api/v1/data/crm/contacts", admin).status == 200 and asked("/live").status == 200
        turn(drain=False, shed_percent=100)
        until(lambda: asked("/api/v1/data/crm/contacts", admin).status == 503, 10, "the edge to shed")
        refused = asked("/api/v1/data/crm/contacts?readyz", admin)
        assert_problem(refused, 503, "service-unavailable")
        assert int(refused.header("retry-after")) >= 1
        assert asked("/ready").status == asked("/live").status == 200
        turn(shed_percent=50)
        statuses = lambda: {asked("/api/v1/data/crm/contacts", admin).status for _ in range(20)}
        until(lambda: statuses() == {200, 503}, 30, "a part of the requests to be refused")
        turn(shed_percent=0)
        until(lambda: statuses() == {200}, 10, "the edge to take everything again")
        assert others() == before
    finally:
        if envoy:
            envoy.stop()
        gateway.stop()


def test_a_listener_that_envoy_cannot_open_is_withheld_alone_and_heals(platform, tmp_path, admin):
    """Envoy refuses to bind an address in use; all else keeps updating, the culprit is named, mending it needs no restart."""
    gateway = started(platform, "edge-nack", tmp_path / "modules", with_edge)
    envoy = None
    try:
        envoy = Envoy(gateway, "edge-nack-envoy").start()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            listeners = gateway.configuration["envoy"]["listeners"]
            listeners.append({"name": "second", "host": "127.0.0.1", "port": taken.getsockname()[1]})
            gateway.write()
            gateway.signal(signal.SIGHUP)
            until(lambda: state(gateway)["withheld"], 10, "the refusal")
            withheld = state(gateway)["withheld"]
            assert [row["part"] for row in withheld] == ["LDS second"] and withheld[0]["node"] == "edge-nack-envoy"
            assert "second" in withheld[0]["words"] and withheld[0]["kind"] == "LDS" and withheld[0]["former"] is False
            health = once(gateway.admin_port, "GET", "/health").json()["components"]["envoy"]
            assert health["status"] == "degraded" and "LDS second" in health["error"]
            metrics = once(gateway.admin_port, "GET", "/metrics").body.decode()
            assert "\ngateway_xds_withheld 1\n" in metrics and "\ngateway_xds_nack_total 1\n" in metrics
            assert "LDS second" in gateway.output()
            until(lambda: state(gateway)["envoys"][0]["synchronized"], 10, "the Envoy to have all else")
            assert once(gateway.port, "GET", "/ready").status == 200
            write(tmp_path / "modules", "during", platform.lab.port)
            comes(envoy, "/during/echo")
        listeners[-1]["port"] = free_port()
        gateway.write()
        gateway.signal(signal.SIGHUP)
        until(lambda: not state(gateway)["withheld"] and is_listening(listeners[-1]["port"]), 10, "the second listener")
        assert once(listeners[-1]["port"], "GET", "/api/v1/data/crm/contacts", admin).status == 200
        assert once(gateway.admin_port, "GET", "/health").json()["components"]["envoy"]["status"] == "healthy"
    finally:
        if envoy:
            envoy.stop()
        gateway.stop()


def test_gateways_that_restart_one_after_the_other_lose_no_request(platform, admin):
    ports = [free_port(), free_port()]
    left = list(ports)

    def change(configuration):
        configuration["listen"]["port"] = left.pop(0)
        with_edge(configuration, replicas=[f"127.0.0.1:{port}" for port in ports])

    outcomes, errors, stop = {}, [], threading.Event()

    def load(envoy, target):
        try:
            with Wire(envoy.port) as wire:
                while not stop.is_set():
                    status = wire.request("GET", target, admin).status
                    outcomes[target, status] = outcomes.get((target, status), 0) + 1
        except (Aborted, OSError, AssertionError) as error:
            errors.append((target, repr(error)))

    with platform.gateways(["edge-one", "edge-two"], change) as group:
        envoy = Envoy(group[0], "edge-rolling").start()
        threads = [threading.Thread(target=load, args=(envoy, target)) for target in
                   ("/api/v1/lab/echo", "/api/v1/data/crm/contacts/ada", "/api/v1/files", "/live")]
        try:
            until(lambda: envoy.stats("cluster.gateway.membership_healthy").get("cluster.gateway.membership_healthy") == 2, 10, "both")
            for thread in threads:
                thread.start()
            for gateway in group:
                time.sleep(0.5)
                gateway.stop()
                gateway.start()
                until(lambda: envoy.stats("cluster.gateway.membership_healthy")["cluster.gateway.membership_healthy"] == 2, 15, "both again")
            time.sleep(0.5)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            envoy.stop()
    assert not errors and {status for _, status in outcomes} == {200}, (errors, outcomes)
    assert min(outcomes.values()) > 50, outcomes


# TLS


def certificate(folder, name, host):
    """A self-signed certificate for a host, written aside and renamed into place; its serial number."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False).sign(key, hashes.SHA256()))
    parts = {
        "key": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        "pem": made.public_bytes(serialization.Encoding.PEM),
    }
    for ending, content in parts.items():
        aside = folder / f".{name}.{ending}"
        aside.write_bytes(content)
        aside.rename(folder / f"{name}.{ending}")
    return made.serial_number


def served(port, host, protocols=("h2",)):
    """Serial number of the certificate a listener shows, and the protocol it chose."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(list(protocols))
    with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain, server_hostname=host) as wrapped:
        shown = x509.load_der_x509_certificate(wrapped.getpeercert(binary_form=True))
        return shown.serial_number, wrapped.selected_alpn_protocol(), wrapped.version()


@pytest.fixture
def secure(platform, tmp_path):
    serials = {"a": certificate(tmp_path, "a", "a.example.com"), "b": certificate(tmp_path, "b", "b.example.com")}

    def change(configuration):
        edge = with_edge(configuration)
        edge["listeners"][0]["tls"] = {"certificates": [
            {"certificate": str(tmp_path / "a.pem"), "key": str(tmp_path / "a.key"), "server_names": ["a.example.com"]},
            {"certificate": str(tmp_path / "b.pem"), "key": str(tmp_path / "b.key")}]}
        edge["listeners"][0]["http3"] = True

    gateway = started(platform, "edge-tls", tmp_path / "modules", change)
    try:
        envoy = Envoy(gateway, "edge-tls-envoy")
        envoy.start(lambda: answers(f"http://127.0.0.1:{envoy.admin_port}/ready") and is_listening(envoy.port))
        envoy.gateway, envoy.certificates, envoy.serials = gateway, tmp_path, serials
        yield envoy
        envoy.stop()
    finally:
        gateway.stop()


def test_certificates_are_chosen_by_name_and_rotate_without_a_listener_noticing(secure):
    assert served(secure.port, "a.example.com")[:2] == (secure.serials["a"], "h2")
    assert served(secure.port, "other.example.com", ["http/1.1"])[:2] == (secure.serials["b"], "http/1.1")
    assert served(secure.port, "a.example.com")[2] == "TLSv1.3"
    before = secure.stats("listener_manager.listener_(added|modified|removed)")
    for _ in range(3):
        serial = certificate(secure.certificates, "a", "a.example.com")
        until(lambda: served(secure.port, "a.example.com")[0] == serial, 10, "the new certificate")
    assert served(secure.port, "b.example.com")[0] == secure.serials["b"]
    assert secure.stats("listener_manager.listener_(added|modified|removed)") == before


def test_a_key_of_another_certificate_is_withheld_and_heals(secure):
    former = secure.serials["a"]
    (secure.certificates / "a.key").write_bytes((secure.certificates / "b.key").read_bytes())
    until(lambda: state(secure.gateway)["withheld"], 10, "the refusal")
    assert state(secure.gateway)["withheld"][0]["part"] == "SDS certificate:a.example.com"
    assert state(secure.gateway)["withheld"][0]["former"] is True
    assert served(secure.port, "a.example.com")[0] == former
    serial = certificate(secure.certificates, "a", "a.example.com")
    until(lambda: served(secure.port, "a.example.com")[0] == serial, 10, "the mended certificate")
    until(lambda: not state(secure.gateway)["withheld"], 10, "nothing to be withheld")


# Both variants


def test_an_envoy_that_asks_for_the_state_of_the_world_follows_as_well(edge, platform):
    edge.stop()
    other = Envoy(edge.gateway, "edge-world", ["--state-of-the-world"])
    try:
        other.start()
        assert [member["variant"] for member in state(edge.gateway)["envoys"]] == ["state-of-the-world"]
        write(edge.modules, "edge-world", platform.lab.port)
        comes(other, "/edge-world/echo")
        shutil.rmtree(edge.modules / "edge-world")
        comes(other, "/edge-world/echo", 404)
    finally:
        other.stop()
        edge.start()
