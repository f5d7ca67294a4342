"""A real Envoy in front of gateways: how soon a change is served, whether any request fails over changes, what two tiers cost."""

import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from . import module_registry, places, setup, subjects
from .fleet import KINDS, Fleet
from .load import load, refused
from .processes import LOAD_CORE, SUBJECT_CORE, Process, stop_all
from .setup import say
from .shared import VALKEY_PORT, Valkey

EDGE, TLS_EDGE, ENVOY_ADMIN = 8141, 8142, 8143
GATEWAYS = [(8151, 8161, 8171), (8152, 8162, 8172)]  # gateway, admin, control
OTHERS, INSTALLS = 1000, 200
CHANGES, ROTATIONS, RATE = 500, 100, 2000
LOAD_SECONDS = 240
ROUNDS, SECONDS, LATENCY_RATE = 7, 4, 1000
ROUTES, FLEETS, STEPS = (10, 100, 1000, 10_000), (1, 10, 100, 1000), 5


def folder():
    made = places.WORK / "edge"
    made.mkdir(exist_ok=True)
    return made


def certificate(name="edge"):
    """A new self-signed certificate and key, renamed into place together as well as two files can be."""
    setup.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
              "-subj", "/CN=localhost", "-keyout", folder() / f".{name}.key", "-out", folder() / f".{name}.pem")
    for ending in ("key", "pem"):
        (folder() / f".{name}.{ending}").rename(folder() / f"{name}.{ending}")


def configuration(number, count, registry=True, tls=True, service="http"):
    """The platform file of gateway `number` of `count`."""
    port, admin, control = GATEWAYS[number]
    for name in ("policy.openapi.yaml", "grpc.openapi.yaml", "schemas.yaml", "items.pb"):
        if (places.RIG / name).exists():
            shutil.copy(places.RIG / name, folder() / name)
    target = {
        "http": f"protocol: http, addresses: ['127.0.0.1:{places.PORTS['HTTP']}'], openapi: policy.openapi.yaml, max_connections: 256",
        "grpc": f"protocol: grpc, addresses: ['127.0.0.1:{places.PORTS['GRPC']}'], openapi: grpc.openapi.yaml, descriptors: items.pb",
    }[service]
    listeners = [f"{{ name: plain, host: 127.0.0.1, port: {EDGE} }}"]
    if tls:
        listeners.append(f"{{ name: public, host: 127.0.0.1, port: {TLS_EDGE}, tls: {{ certificates: "
                         f"[{{ certificate: '{folder()}/edge.pem', key: '{folder()}/edge.key' }}] }} }}")
    replicas = ", ".join(f"'127.0.0.1:{row[0]}'" for row in GATEWAYS[:count])
    file = folder() / f"gateway-{number}.yaml"
    file.write_text(f"""\
listen: {{ host: 127.0.0.1, port: {port} }}
admin: {{ host: 127.0.0.1, port: {admin} }}
loops: 1
log_level: warning
trusted_proxies: ['127.0.0.1']
limits: {{ idle_timeout: 1h, requests_per_connection: 1000000000 }}
{f"valkey: {{ url: 'valkey://127.0.0.1:{VALKEY_PORT}' }}" if registry else ""}
{"modules: { valkey: true }" if registry else ""}
envoy:
  control: {{ host: 127.0.0.1, port: {control} }}
  replicas: [{replicas}]
  listeners: [{', '.join(listeners)}]
  access_log: 'off'
issuers:
  - issuer: https://auth.example
    audiences: [gw]
    jwks: {{ file: '{places.WORK}/jwks.json' }}
permissions: {{ roles: {{ member: [items.items.read], editor: [items.items.write] }} }}
rate_limits: {{ user: 'off', address: 'off' }}
services:
  - {{ name: items, {target}, idle_timeout: 1h }}
""")
    return file


def gateway(binary, number, count, **options):
    port, admin, control = GATEWAYS[number]
    return Process(f"edge-gateway-{number}", [binary, "serve", "--config", configuration(number, count, **options)], [port, admin, control])


def envoy(binary, count=1, core=LOAD_CORE, tls=True):
    """An Envoy that asks the first gateways, whichever of them is there."""
    bootstrap = json.loads(setup.run(
        binary, "envoy", "bootstrap", "--config", folder() / "gateway-0.yaml", "--envoy-admin", f"127.0.0.1:{ENVOY_ADMIN}"))
    control = next(row for row in bootstrap["staticResources"]["clusters"] if row["name"] == "control")
    endpoints = control["loadAssignment"]["endpoints"][0]["lbEndpoints"]
    for row in GATEWAYS[1:count]:
        other = json.loads(json.dumps(endpoints[0]))
        other["endpoint"]["address"]["socketAddress"]["portValue"] = row[2]
        endpoints.append(other)
    file = folder() / "envoy.json"
    file.write_text(json.dumps(bootstrap))
    return Process("edge-envoy", [setup.install_envoy(), "-c", file, "--concurrency", "1", "--use-dynamic-base-id", "--log-level", "warn"],
                   [EDGE, TLS_EDGE, ENVOY_ADMIN] if tls else [EDGE, ENVOY_ADMIN], core=core)


def upstream():
    return Process("http-stub", [places.WORK / "http-stub", places.PORTS["HTTP"]], [places.PORTS["HTTP"]], core=LOAD_CORE)


def grpc_upstream():
    return Process("grpc-stub", [places.WORK / "grpc-stub", places.PORTS["GRPC"]], [places.PORTS["GRPC"]], core=LOAD_CORE)


def status(path, port=EDGE):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def waits(path, wanted, port=EDGE, seconds=30):
    """Asks until the answer has a status; how long that took."""
    began = time.monotonic()
    while status(path, port) != wanted:
        if time.monotonic() - began > seconds:
            sys.exit(f"bench: no {wanted} of {path} on port {port} within {seconds} s")
        time.sleep(0.001)
    return time.monotonic() - began


def module(number, name="m", version="1"):
    return module_registry.package(f"{name}-{number}", places.PORTS["HTTP"], version, paths=("/v1/items/42",))


def percentiles(seconds):
    ordered = sorted(1000 * value for value in seconds)
    return {"p50Milliseconds": statistics.median(ordered), "p99Milliseconds": ordered[int(len(ordered) * 0.99) - 1],
            "worstMilliseconds": ordered[-1], "count": len(ordered)}


def installs(binary):
    """From the registry's entry to the first 200 through Envoy, with a thousand other modules; then the same for removals."""
    certificate()
    valkey, stub, front = Valkey(), upstream(), None
    first = gateway(binary, 0, 1)
    try:
        stub.start()
        valkey.start()
        module_registry.install(VALKEY_PORT, *[module(number) for number in range(OTHERS)])
        first.start()
        front = envoy(binary).start()
        waits(path_of(f"m-{OTHERS - 1}"), 200)
        say(f"{INSTALLS} installs beside {OTHERS} modules")
        came, went = [], []
        for number in range(INSTALLS):
            name = f"n-{number}"
            module_registry.install(VALKEY_PORT, module(number, "n"))
            came.append(waits(path_of(name), 200))
            if number % 2:
                module_registry.remove(VALKEY_PORT, name)
                went.append(waits(path_of(name), 404))
        told = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{GATEWAYS[0][1]}/envoy").read())
        table = next(row for row in told["resources"] if row["kind"] == "RDS")
        return {"modules": OTHERS, "routeTableBytes": table["bytes"], "install": percentiles(came), "remove": percentiles(went)}
    finally:
        stop_all([process for process in (front, first, valkey, stub) if process])


def path_of(name):
    return f"/api/v1/{name}/v1/items/42"


def changes(binary):
    """Installs and removals, rotated certificates, and gateways that are replaced, under load: how many requests fail."""
    certificate()
    valkey, stub, front, generators = Valkey(), upstream(), None, []
    fleet = [gateway(binary, number, 2) for number in range(2)]
    try:
        stub.start()
        valkey.start()
        module_registry.install(VALKEY_PORT, *[module(number) for number in range(100)])
        for one in fleet:
            one.start()
        front = envoy(binary, 2).start()
        waits(path_of("m-99"), 200)
        generators = [load_h2(f"http://127.0.0.1:{EDGE}{path_of('m-0')}", RATE // 2),
                      load_h2(f"https://127.0.0.1:{TLS_EDGE}{path_of('m-1')}", RATE // 2)]
        began = time.monotonic()
        say(f"{CHANGES} installs and removals under {RATE} requests/s")
        for number in range(CHANGES // 2):
            module_registry.install(VALKEY_PORT, module(number, "n"))
            if number % 10 == 0:
                waits(path_of(f"n-{number}"), 200)
        for number in range(CHANGES // 2):
            module_registry.remove(VALKEY_PORT, f"n-{number}")
            if number % 10 == 0:
                waits(path_of(f"n-{number}"), 404)
        changed = time.monotonic() - began
        say(f"{ROTATIONS} certificates")
        for _ in range(ROTATIONS):
            certificate()
            time.sleep(1.05)
        say("both gateways replaced, one after the other")
        for one in fleet:
            one.stop(60)
            time.sleep(2)
            one.start()
            time.sleep(4)
        counted = json.loads(urllib.request.urlopen(
            f"http://127.0.0.1:{ENVOY_ADMIN}/stats?format=json&filter=(update_success|update_rejected|ssl_context_update_by_sds)$").read())
        if time.monotonic() - began > LOAD_SECONDS:
            sys.exit("bench: the changes took longer than the load")
        reports = [finish_h2(child) for child in generators]
        return {"seconds": time.monotonic() - began, "changesSeconds": changed,
                "requests": sum(row["requests"] for row in reports), "failed": sum(row["failed"] for row in reports),
                "reports": reports, "envoy": {row["name"]: row["value"] for row in counted["stats"] if row.get("value")}}
    finally:
        for child in generators:
            if child.poll() is None:
                child.kill()
        stop_all([process for process in (front, *fleet, valkey, stub) if process])


def load_h2(url, rate):
    """h2load at a rate, for as long as the changes take."""
    command = ["h2load", "--rps", rate // 20, "-c", "20", "-m", "8", "-D", LOAD_SECONDS, url]
    return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            start_new_session=True)


def finish_h2(child):
    """Waits for a generator and counts what was not 2xx."""
    output = child.communicate(timeout=LOAD_SECONDS)[0]
    found = re.search(r"requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", output)
    codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", output)
    if not found or not codes:
        sys.exit(f"bench: h2load says nothing of use: {output[-2000:]}")
    done, failed = int(found[3]), int(found[5])
    return {"requests": done, "failed": failed + done - int(codes[1]), "statuses": [int(code) for code in codes.groups()], "text": found[0]}


def cost(binary):
    """REST in, HTTP/2 between the tiers, gRPC out: what the second tier adds to the time of an answer, and what it costs beside Envoy."""
    certificate()
    rival, http, grpc, front = subjects.envoy(), upstream(), grpc_upstream(), None
    behind = gateway(binary, 0, 1, registry=False, tls=False, service="grpc")
    work = places.WORKS["grpc"]
    try:
        for process in (http, grpc, rival.process, behind):
            process.start()
        front = envoy(binary, core=SUBJECT_CORE, tls=False).start()
        waits("/live", 200)
        load(EDGE, work, seconds=2)
        rows = []
        for number in range(ROUNDS):
            say(f"two tiers: round {number + 1} of {ROUNDS}")
            before = [process.cpu_seconds() for process in (front, behind)]
            report = load(EDGE, work, seconds=SECONDS)
            spent = [process.cpu_seconds() - earlier for process, earlier in zip((front, behind), before)]
            if refused(report):
                sys.exit(f"bench: {refused(report)} requests were refused: {report['statuses']}")
            both = load(EDGE, work, seconds=SECONDS, rate=LATENCY_RATE)
            alone = load(rival.ports["plain"], places.WORKS["plain"], seconds=SECONDS, rate=LATENCY_RATE)
            rows.append({
                "envoyMicroseconds": spent[0] / report["answered"] * 1e6, "gatewayMicroseconds": spent[1] / report["answered"] * 1e6,
                "ratio": spent[1] / spent[0], "p50Both": both["p50"], "p99Both": both["p99"], "p50Alone": alone["p50"],
                "p99Alone": alone["p99"]})
        middle = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
        return {**middle, "addedP50": middle["p50Both"] - middle["p50Alone"], "addedP99": middle["p99Both"] - middle["p99Alone"],
                "rows": rows}
    finally:
        stop_all([process for process in (front, behind, rival.process, grpc, http) if process])


def growth(binary):
    """What a change costs the gateway, by the routes there are and the Envoys that are told."""
    return {"rows": [row for routes in ROUTES for row in grown(binary, routes)]}


def wide_document(routes):
    """Operations that Envoy must tell apart, because their answers may take different times."""
    operation = {"security": [], "responses": {"default": {"description": "whatever"}}}
    paths = {f"/wide/r{number}": {"get": operation | {"x-timeout": f"{61 + number % 7}s"}} for number in range(routes)}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "wide", "version": "1"}, "paths": paths})


def grown(binary, routes):
    certificate()
    stub, rows = upstream(), []
    behind = gateway(binary, 0, 1, registry=False, tls=False)
    file = folder() / "gateway-0.yaml"
    (folder() / "wide.yaml").write_text(wide_document(routes))
    modules = folder() / "modules"
    shutil.rmtree(modules, ignore_errors=True)
    modules.mkdir()
    file.write_text(file.read_text() + f"""\
  - {{ name: wide, protocol: http, addresses: ['127.0.0.1:{places.PORTS["HTTP"]}'], openapi: wide.yaml }}
modules: {{ folder: '{modules}', poll: 20ms }}
""")
    try:
        stub.start()
        behind.start()
        for count in FLEETS:
            say(f"{routes} routes, {count} Envoys")
            before = behind.resident_mebibytes()
            fleet = Fleet(GATEWAYS[0][2], count)
            fleet.wait(len(KINDS))
            time.sleep(1)
            connected = behind.resident_mebibytes()
            cpu, received, took = behind.cpu_seconds(), fleet.bytes, []
            for step in range(STEPS):
                answers = fleet.answers
                write_module(modules, step)
                began = time.monotonic()
                fleet.wait(answers + 1)
                took.append(time.monotonic() - began)
            time.sleep(0.5)
            spent, received = behind.cpu_seconds() - cpu, fleet.bytes - received
            for step in range(STEPS):
                shutil.rmtree(modules / f"step-{step}")
            fleet.settle()
            rows.append({
                "routes": routes, "envoys": count, "cpuMillisecondsAChange": spent / STEPS * 1e3,
                "bytesAChangeAndEnvoy": received / STEPS / count, "secondsToAll": statistics.median(took),
                "residentMebibytes": behind.resident_mebibytes(), "mebibytesForEnvoys": connected - before})
            fleet.close()
            time.sleep(1)
        return rows
    finally:
        stop_all([behind, stub])


def write_module(modules, number):
    """A module of one operation, written aside and renamed into place."""
    aside = modules / f".step-{number}"
    aside.mkdir()
    for name, text in module_registry.package(f"step-{number}", places.PORTS["HTTP"]).items():
        (aside / name).write_text(text)
    aside.rename(modules / f"step-{number}")
