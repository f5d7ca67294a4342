"""`make up` and `make down`: the whole platform for real, asked through its Envoy, and nothing left of it afterwards."""

import json
import os
import pathlib
import re
import runpy
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import valkey
import yaml

import kafka_broker
from conftest import run_gateway
from rig import BIN, Gateway, free_port, is_listening, until
from slow_proxy import SlowProxy
from wire import Wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Installing what is missing is part of it.
PATIENCE = 900
PORTS = list(runpy.run_path(str(ROOT / "scripts" / "platform" / "ports.py"))["PORTS"].values())
COMPONENTS = ["postgresql", "clickhouse", "kafka", "rabbitmq", "valkey", "s3", "gofeatureflag", "envoy"]


def shift():
    """So far that none of its ports is taken, and below those that the system gives away."""
    for amount in range(1_000, 12_000, 137):
        try:
            for port in PORTS:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + amount))
            return amount
        except OSError:
            pass
    raise AssertionError("no free ports")


def descendants(state):
    """Every process that was started, and theirs, as number and beginning."""
    lifecycle = runpy.run_path(str(ROOT / "scripts" / "platform" / "lifecycle.py"))
    started = json.loads((state / "started.json").read_text())
    return lifecycle["began"], {(one, lifecycle["began"](one)) for row in started for one in lifecycle["tree"](row["process"])}


@pytest.fixture(scope="module")
def platform_for_real(tmp_path_factory):
    state = tmp_path_factory.mktemp("up") / "state"
    environment = {**os.environ, "STATE": str(state), "SHIFT": str(shift()), "PROGRAMS": str(BIN)}

    def script(name):
        return subprocess.run(
            [ROOT / "scripts" / name], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)

    try:
        started = script("up")
        assert started.returncode == 0, started.stdout[-3000:] + started.stderr[-3000:]
        began, all_of_it = descendants(state)
        assert len(all_of_it) >= 14
        yield script, started.stdout, int(environment["SHIFT"]), state
        # Whoever ends it need not know where it was put.
        del environment["SHIFT"]
        ended = script("down")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert not [one for one, moment in all_of_it if moment is not None and began(one) == moment]
        assert not [port for port in PORTS if is_listening(port + int(re.search(r"localhost:(\d+)", started.stdout)[1]) - 8443)]
    finally:
        script("down")


def ask(port, path, token=None):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(f"https://localhost:{port}{path}", headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def served(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        counted = re.findall(r'^gateway_requests_total\{[^}]*\} (\d+)', answer.read().decode(), re.MULTILINE)
    return sum(map(int, counted))


def health(port):
    """What a gateway itself reports, by its admin listener."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def wrong(port):
    """The components that a gateway does not call healthy."""
    return {name: entry for name, entry in health(port)["components"].items() if entry["status"] != "healthy"}


def test_everything_is_up_and_both_gateways_serve(platform_for_real):
    _, told, shifted, _ = platform_for_real
    token = re.search(r"^TOKEN=(.+)$", told, re.MULTILINE)[1]
    edge, admins = 8443 + shifted, (9911 + shifted, 9912 + shifted)
    status, body = ask(edge, "/api/v1/data/crm/contacts", token)
    assert status == 200 and body["records"]
    before = [served(port) for port in admins]
    for _ in range(40):
        assert ask(edge, "/api/v1/data/crm/contacts", token)[0] == 200
    assert all(served(port) > count for port, count in zip(admins, before))
    # Each gateway asks for itself, and Envoy takes turns.
    until(lambda: all(list(health(port)["components"]) == COMPONENTS and not wrong(port) for port in admins), 60, "everybody to be well")
    report = ask(edge, "/health", token)[1]
    assert list(report["components"]) == COMPONENTS and report["status"] == "healthy"
    status, problem = ask(edge, "/api/v1/nowhere")
    assert status == 404 and problem["type"].endswith("/not-found")


def test_every_call_is_in_the_broker(platform_for_real):
    _, told, shifted, _ = platform_for_real
    token = re.search(r"^TOKEN=(.+)$", told, re.MULTILINE)[1]
    for _ in range(20):
        ask(8443 + shifted, "/api/v1/data/crm/contacts", token)

    def trail(port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/audit", timeout=30) as answer:
            return json.load(answer)

    def delivered():
        trails = [trail(port) for port in (9911 + shifted, 9912 + shifted)]
        return all(trail["delivered"] > 0 and trail["delivered"] == trail["records"] for trail in trails) and trails

    assert sum(trail["delivered"] for trail in until(delivered, 30, "the records")) >= 20


def test_up_twice_is_refused_and_harms_nothing(platform_for_real):
    script, _, shifted, _ = platform_for_real
    again = script("up")
    assert again.returncode != 0 and "it is up already" in again.stderr
    assert ask(8443 + shifted, "/live")[0] == 200


PROGRAMS = {"gofeatureflag": "flags"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_health_tells_of_a_server_that_hangs_and_of_no_other(platform_for_real, component):
    """It accepts connections and never answers: within ten seconds it is unhealthy, and again well once it goes on."""
    _, _, shifted, state = platform_for_real
    admin = 9911 + shifted
    until(lambda: not wrong(admin), 60, "everybody to be well")
    lifecycle = runpy.run_path(str(ROOT / "scripts" / "platform" / "lifecycle.py"))
    row = next(row for row in json.loads((state / "started.json").read_text()) if row["name"] == PROGRAMS.get(component, component))
    processes = lifecycle["tree"](row["process"])
    start = time.monotonic()
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        until(lambda: component in wrong(admin), 30, f"{component} to be unhealthy")
        noticed = time.monotonic() - start
        entry = wrong(admin)[component]
        assert entry == {"status": "unhealthy", "latencyMs": None, "error": entry["error"]}
        assert set(wrong(admin)) == {component}, wrong(admin)
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)
    start = time.monotonic()
    until(lambda: not wrong(admin), 60, f"{component} to be well again")
    print(f"{component}: unhealthy after {noticed:.1f} s, well again after {time.monotonic() - start:.1f} s: {entry['error']}")


# How long requests are timed in each state, and how often: LATENCY_SECONDS=3 LATENCY_ROUNDS=4 with GATEWAY_BIN_DIR of release binaries gives
# figures that mean something.
SECONDS, ROUNDS = float(os.environ.get("LATENCY_SECONDS", "0.5")), int(os.environ.get("LATENCY_ROUNDS", "1"))


def taken(port, token):
    """What requests took, in milliseconds; all were served."""
    times, end = [], time.monotonic() + SECONDS
    with Wire(port) as wire:
        while (start := time.monotonic()) < end:
            assert wire.request("GET", "/api/v1/data/crm/contacts", {"Authorization": f"Bearer {token}"}).status == 200
            times.append((time.monotonic() - start) * 1000)
    return times


def percentile(times):
    return sorted(times)[len(times) * 99 // 100]


@pytest.fixture(scope="module")
def watcher(platform_for_real, tmp_path_factory):
    """A gateway more, that sees each server through a proxy of its own; a broker more, because clients of Kafka ask whom it names."""
    _, told, shifted, state = platform_for_real
    folder = tmp_path_factory.mktemp("watcher")
    configuration = yaml.safe_load((state / "gateway-1" / "gateway.yaml").read_text())
    for section in ("envoy", "audit", "versions", "flags"):
        del configuration[section]
    configuration["listen"]["port"], configuration["admin"]["port"] = free_port(), free_port()
    configuration["rate_limits"] = {"user": "off", "address": "off", "roles": {"admin": "off"}}
    proxies = {}
    broker = None
    for component in configuration["health"]["components"]:
        name = component["name"]
        host, port = component["address"].rsplit(":", 1)
        proxies[name] = SlowProxy((host, int(port)))
        if name == "kafka":
            broker = kafka_broker.Broker(folder, advertised=proxies[name].port)
            proxies[name].target = ("127.0.0.1", broker.port)
            broker.start()
        component |= {"address": f"127.0.0.1:{proxies[name].port}", "timeout": "5s", "critical": True}
    configuration["health"]["interval"] = "2s"
    # The tenant's own limit is not what is looked at here.
    store = valkey.Valkey.from_url(configuration["valkey"]["url"].replace("valkey://", "redis://"))
    store.set("rate_limit:config:acme", json.dumps({"rps": 100_000, "burst": 100_000}))
    store.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GATEWAY_LIBRDKAFKA", str(kafka_broker.library()))
        gateway = Gateway(folder, configuration, "watcher").start()
    yield gateway, proxies, re.search(r"^TOKEN=(.+)$", told, re.MULTILINE)[1]
    gateway.stop()
    broker.kill()


@pytest.mark.parametrize("component", COMPONENTS)
def test_health_tells_of_a_server_that_is_slow_or_away_and_of_no_other(watcher, component):
    gateway, proxies, token = watcher
    admin = gateway.admin_port

    def becomes(state):
        start = time.monotonic()
        until(lambda: wrong(admin).get(component, {"status": "healthy"})["status"] == state and set(wrong(admin)) <= {component}, 60, f"{component}: {state}")
        return time.monotonic() - start

    becomes("healthy")
    usual, during = taken(gateway.port, token), []
    proxies[component].delay = 2.2
    slow = becomes("degraded")
    entry = wrong(admin)[component]
    assert entry["error"] == "response time > 2000ms" and entry["latencyMs"] > 2000 and health(admin)["status"] == "degraded"
    during += taken(gateway.port, token)
    proxies[component].delay = 0
    proxies[component].close()
    away = becomes("unhealthy")
    entry = wrong(admin)[component]
    assert entry["latencyMs"] is None and entry["error"] and health(admin)["status"] == "unhealthy"
    during += taken(gateway.port, token)
    proxies[component].open()
    well = becomes("healthy")
    # By turns, because the machine has moods of its own.
    for _ in range(ROUNDS - 1):
        usual += taken(gateway.port, token)
        proxies[component].delay = 2.2
        during += taken(gateway.port, token)
        proxies[component].delay = 0
        usual += taken(gateway.port, token)
        proxies[component].close()
        during += taken(gateway.port, token)
        proxies[component].open()
    print(f"{component}: degraded after {slow:.1f} s, unhealthy after {away:.1f} s ({entry['error']}), well after {well:.1f} s; "
          f"p99 {percentile(usual):.2f} ms of {len(usual)} requests before, {percentile(during):.2f} ms of {len(during)} during: "
          f"{percentile(during) / percentile(usual):.2f} x")


def rows(shifted, statement):
    """What PostgreSQL's own client says."""
    psql = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"))[-1]
    done = subprocess.run(
        [psql, "-h", "127.0.0.1", "-p", str(runpy.run_path(str(ROOT / "scripts" / "platform" / "ports.py"))["PORTS"]["postgresql"] + shifted),
         "-U", "postgres", "-At", "-c", statement], env={**os.environ, "PGPASSWORD": "secret"}, capture_output=True, text=True, timeout=30)
    return done.stdout.split()


def test_records_go_to_postgresql_while_the_sink_is_away(platform_for_real, tmp_path):
    """Also when the database itself hangs for a while: what was answered is in the table, once."""
    _, told, shifted, state = platform_for_real
    token = re.search(r"^TOKEN=(.+)$", told, re.MULTILINE)[1]
    configuration = yaml.safe_load((state / "gateway-1" / "gateway.yaml").read_text())
    for section in ("envoy", "versions", "flags", "health"):
        del configuration[section]
    configuration["listen"]["port"], configuration["admin"]["port"] = free_port(), free_port()
    database = next(one for one in yaml.safe_load((state / "gateway-1" / "gateway.yaml").read_text())["health"]["components"] if one["name"] == "postgresql")
    proxy = SlowProxy(("127.0.0.1", int(database["address"].rsplit(":", 1)[1])))
    configuration["audit"] = {
        "folder": str(tmp_path / "audit"), "http": {"url": f"http://127.0.0.1:{free_port()}/records"},
        "fallback": {"postgresql": {
            "address": f"127.0.0.1:{proxy.port}", "database": "postgres", "user": "postgres", "password_file": database["password_file"]}}}
    gateway = Gateway(tmp_path, configuration, "falling-back").start()
    ids = set()

    def ask_often(count):
        with Wire(gateway.port) as wire:
            for _ in range(count):
                answer = wire.request("GET", "/api/v1/data/crm/contacts", {"Authorization": f"Bearer {token}"})
                assert answer.status in (200, 429)
                ids.add(answer.header("x-request-id"))

    def kept():
        return rows(shifted, "SELECT record->>'requestId' FROM audit_wal")

    try:
        ask_often(50)
        until(lambda: ids <= set(kept()), 20, "the records in the table")
        # Answers come too late: what the database has by then is sent again, and is there once.
        proxy.delay = 12
        ask_often(50)
        until(lambda: len(set(kept())) > 50, 20, "a part that is there without anybody knowing")
        proxy.delay = 0
        until(lambda: ids <= set(kept()), 40, "the records of the meantime")
        # It refuses connections.
        proxy.close()
        ask_often(50)
        time.sleep(1)
        assert not ids <= set(kept())
        proxy.open()
        until(lambda: ids <= set(kept()), 40, "the records that waited")
        found = kept()
        assert len(found) == len(set(found)) and set(found) >= ids
        assert rows(shifted, "SELECT DISTINCT tenant_id FROM audit_wal WHERE tenant_id IS NOT NULL") == ["acme"]
    finally:
        gateway.stop()
        proxy.close()


def test_a_version_is_deprecated_for_both_gateways_and_envoy(platform_for_real):
    """Its snapshot is in the object store, and whoever answers says that it ends."""
    _, told, shifted, state = platform_for_real
    done = run_gateway("deprecate", "v1", "--sunset", "2036-06-30", "--config", state / "gateway-1" / "gateway.yaml")
    assert done.returncode == 0 and "s3://api-specs/v1/openapi.yaml" in done.stdout, done.stderr

    def said(url):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with urllib.request.urlopen(url, timeout=30, context=context) as answer:
                return answer.headers["Sunset"]
        except urllib.error.HTTPError as error:
            return error.headers["Sunset"]

    roots = [f"https://localhost:{8443 + shifted}"] + [f"http://127.0.0.1:{port}" for port in gateway_ports(state)]
    for root in roots:
        until(lambda: said(root + "/api/v1/nowhere") == "Mon, 30 Jun 2036 23:59:59 GMT", 20, f"the mark at {root}")
    kept = {urllib.request.urlopen(root + "/api-docs/v1", timeout=30).read() for root in roots[1:]}
    assert len(kept) == 1 and (state / "gateway-1" / "api-specs" / "v1" / "openapi.yaml").read_bytes() in kept


def gateway_ports(state):
    return [yaml.safe_load((state / name / "gateway.yaml").read_text())["listen"]["port"] for name in ("gateway-1", "gateway-2")]
