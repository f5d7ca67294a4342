"""Gateways before one real Valkey: how exact the limits they share are, and how soon changes are enforced."""

import json
import signal
import socket
import statistics
import sys
import time

from . import places, resp, setup, subjects
from .load import finish, load
from .processes import LOAD_CORE, Process, stop_all
from .setup import say

COUNT, VALKEY_PORT, FIRST_PORT, FIRST_ADMIN = 3, 9003, 8111, 8121
# One user each of the first two tenants asks for more than a user may, four users each of the others for more than a tenant may.
USER_TENANTS, CEILING_TENANTS = ("tenant-000", "tenant-001"), ("tenant-002", "tenant-003")
USER_RATE, CEILING_RATE, OFFERED = 800, 1000, 10_000
MINUTE, OUTAGE_SECONDS = 60, 30
# A lease lives so long, in seconds (docs/rate-limits.md).
LEASE_LIFE = 1


class Valkey(Process):
    """The server, on the generator's core, and commands to it."""

    def __init__(self):
        super().__init__(
            "valkey", [setup.install_valkey(), "--port", VALKEY_PORT, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            [VALKEY_PORT], core=LOAD_CORE)

    def calls(self, *commands):
        return resp.calls(VALKEY_PORT, *commands)

    def script_calls(self):
        """Calls of scripts since the server started."""
        for line in self.calls(("INFO", "commandstats"))[0].splitlines():
            if line.startswith("cmdstat_evalsha:"):
                return int(line.split("calls=")[1].split(",")[0])
        return 0

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        self.child = None


def ceiling(tenant, rate):
    """The command that gives a tenant a ceiling and a full second of it as burst."""
    return "SET", f"rate_limit:config:{tenant}", json.dumps({"rps": rate, "burst": rate})


def without_permissions(document):
    """The rig's document, with operations that need none."""
    return "".join(line for line in document.splitlines(keepends=True) if "x-permission" not in line)


def configuration(number, user_limit, operations="public"):
    """The platform file of gateway `number`."""
    folder = places.WORK / "shared"
    folder.mkdir(exist_ok=True)
    document = (places.RIG / "policy.openapi.yaml").read_text()
    if operations == "public":
        # What needs no permission, so that limits alone decide while Valkey is away.
        document = without_permissions(document)
    (folder / f"{operations}.openapi.yaml").write_text(document)
    (folder / "schemas.yaml").write_text((places.RIG / "schemas.yaml").read_text())
    file = folder / f"gateway-{number}.yaml"
    file.write_text(f"""\
listen: {{ host: 127.0.0.1, port: {FIRST_PORT + number} }}
admin: {{ host: 127.0.0.1, port: {FIRST_ADMIN + number} }}
loops: 1
log_level: warning
limits: {{ idle_timeout: 1h, requests_per_connection: 1000000000 }}
valkey: {{ url: 'valkey://127.0.0.1:{VALKEY_PORT}' }}
issuers:
  - issuer: https://auth.example
    audiences: [gw]
    jwks: {{ file: '{places.WORK}/jwks.json' }}
rate_limits:
  user: {{ {user_limit} }}
services:
  - name: items
    protocol: http
    addresses: ['127.0.0.1:{places.PORTS["HTTP"]}']
    openapi: {operations}.openapi.yaml
    max_connections: 256
    idle_timeout: 1h
""")
    return file


def gateways(binary, count, user_limit, **options):
    return [Process(f"shared-{number}", [binary, "serve", "--config", configuration(number, user_limit, **options)],
                    [FIRST_PORT + number]) for number in range(count)]


def tokens_of(tenant, users):
    """A file with the tokens of the first `users` users of `tenant`."""
    lines = places.WORK.joinpath("tokens.txt").read_text().splitlines(keepends=True)
    file = places.WORK / f"tokens-{tenant}-{users}.txt"
    file.write_text("".join(lines[int(tenant[-3:])::16][:users]))
    return file


def offer(groups, seconds, meanwhile=None):
    """Offers `OFFERED` requests a second, a part to each gateway by each group; answers each group's statuses, added up."""
    work, rate = places.WORKS["policy"], OFFERED // (len(groups) * COUNT)
    running = {name: [load(FIRST_PORT + number, work, seconds=seconds, rate=rate, tokens=file, connections=8, background=True)
                      for number in range(COUNT)] for name, file in groups.items()}
    if meanwhile:
        meanwhile()
    found = {}
    for name, children in running.items():
        reports = [finish(child) for child in children]
        statuses = {}
        for report in reports:
            for status, amount in report["statuses"].items():
                statuses[status] = statuses.get(status, 0) + amount
        found[name] = {"statuses": statuses, "lost": sum(report["lost"] for report in reports),
                       "answered": sum(report["answered"] for report in reports), "p99": max(report["p99"] for report in reports)}
    return found


def accuracy(row, rate, seconds):
    """What was accepted over what the limit lets through in that time: a full bucket, and the refill."""
    accepted, ideal = row["statuses"].get("200", 0), rate + rate * seconds
    return {"accepted": accepted, "ideal": ideal, "error": accepted / ideal - 1, "statuses": row["statuses"], "p99": row["p99"]}


def hot(valkey, binary):
    """A minute of `OFFERED` requests a second on three gateways; then the same over Valkey's death, and over its silence."""
    fleet = gateways(binary, COUNT, f"requests: {USER_RATE}, per: 1s, burst: {USER_RATE}")
    groups = {name: tokens_of(name, 1) for name in USER_TENANTS} | {name: tokens_of(name, 4) for name in CEILING_TENANTS}
    rates = {name: USER_RATE for name in USER_TENANTS} | {name: CEILING_RATE for name in CEILING_TENANTS}
    found = {}

    def start_valkey():
        valkey.start()
        valkey.calls(*[ceiling(name, CEILING_RATE) for name in CEILING_TENANTS])

    def begin():
        start_valkey()
        for gateway in fleet:
            gateway.start()
        # Each loop has the tenants' facts and knows how many gateways there are; then every bucket is full again.
        for file in groups.values():
            for number in range(COUNT):
                load(FIRST_PORT + number, places.WORKS["policy"], requests=20, connections=1, tokens=file)
        time.sleep(8)

    def away(stop, resume):
        def meanwhile():
            time.sleep((MINUTE - OUTAGE_SECONDS) / 2)
            stop()
            time.sleep(OUTAGE_SECONDS)
            resume()
        return meanwhile

    phases = {
        "served": None,
        "killed": away(valkey.kill, start_valkey),
        "hung": away(lambda: valkey.child.send_signal(signal.SIGSTOP), lambda: valkey.child.send_signal(signal.SIGCONT)),
    }
    for name, meanwhile in phases.items():
        say(f"limits: {OFFERED} requests/s for {MINUTE} s, Valkey {name}")
        try:
            begin()
            before = valkey.script_calls()
            rows = offer(groups, MINUTE, meanwhile)
            calls = None if name == "killed" else valkey.script_calls() - before
            answered = sum(row["answered"] for row in rows.values())
            time.sleep(1)
            after = {group: load(FIRST_PORT, places.WORKS["policy"], requests=20, connections=1, tokens=file)["statuses"]
                     for group, file in groups.items()}
        finally:
            stop_all([*fleet, valkey])
        found[name] = {
            "groups": {group: accuracy(row, rates[group], MINUTE) for group, row in rows.items()},
            "otherAnswers": sum(amount for row in rows.values() for status, amount in row["statuses"].items()
                                if status not in ("200", "429")) + sum(row["lost"] for row in rows.values()),
            "answeredPerSecond": answered / MINUTE, "callsPerRequest": calls and calls / answered, "after": after,
        }
    return found


def exact(valkey, binary):
    """Ten requests a second on three gateways: to the token what one bucket lets through."""
    quota, burst = 4, 10
    fleet = gateways(binary, COUNT, f"requests: {quota}, per: 1s, burst: {burst}")
    file = tokens_of("tenant-004", 1)
    say("limits: 10 requests/s for a minute")
    try:
        valkey.start()
        for gateway in fleet:
            gateway.start()
        # Each knows how many there are, and the bucket is full again.
        time.sleep(5)
        clients = [Client(FIRST_PORT + number, file.read_text().strip()) for number in range(COUNT)]
        sent, accepted = [], 0
        begin = time.monotonic()
        for number in range(10 * MINUTE):
            time.sleep(max(0, begin + number / 10 - time.monotonic()))
            before = time.monotonic()
            accepted += clients[number % COUNT].ask() == 200
            sent.append((before, time.monotonic()))
    finally:
        stop_all([*fleet, valkey])
    # A bucket that hears of a request when it is sent, or when it is answered, and one in between cannot differ by more than a token.
    models = [replay([times[end] for times in sent], quota, burst) for end in (0, 1)]
    return {"accepted": accepted, "oneBucket": models}


def replay(times, rate, burst):
    """How many of the requests at `times` one bucket accepts."""
    level, last, accepted = float(burst), times[0], 0
    for at in times:
        level, last = min(burst, level + (at - last) * rate), at
        if level >= 1:
            level -= 1
            accepted += 1
    return accepted


def changes(valkey, binary, count=1000):
    """Seconds until a change of a permission, or of a tenant's modules, is enforced by two gateways."""
    fleet = gateways(binary, 2, "requests: 1000000, per: 1s", operations="guarded")
    bearer = tokens_of("tenant-000", 1).read_text().strip()
    rights = "rbac:tenant-000:user-000000"
    delays, noise = [], []
    try:
        valkey.start()
        valkey.calls(("SADD", rights, "items.items.read"))
        for gateway in fleet:
            gateway.start()
        # Other tenants keep the gateways busy.
        noise = [load(FIRST_PORT + number, places.WORKS["plain"], seconds=3600, rate=500, background=True, connections=8,
                      tokens=tokens_of("tenant-001", 16)) for number in range(2)]
        clients = [Client(FIRST_PORT + number, bearer) for number in range(2)]
        settle(clients, 200)
        for number in range(count):
            if number % 100 == 0:
                say(f"changes: {number} of {count}")
            held = number % 2 == 1
            begin = time.monotonic()
            valkey.calls(("SADD" if held else "SREM", rights, "items.items.read"))
            settle(clients, 200 if held else 403)
            delays.append(time.monotonic() - begin)
    finally:
        for child in noise:
            child.terminate()
            child.communicate()
        stop_all([*fleet, valkey])
    delays.sort()
    return {"changes": count, "p50": statistics.median(delays), "p99": delays[int(count * 0.99) - 1], "max": delays[-1]}


def settle(clients, status, seconds=10):
    deadline = time.monotonic() + seconds
    for client in clients:
        while client.ask() != status:
            if time.monotonic() > deadline:
                sys.exit(f"bench: no {status} within {seconds} s")


class Client:
    """One connection that asks for an item."""

    def __init__(self, port, bearer):
        self.request = (f"GET /v1/items/42 HTTP/1.1\r\nHost: api.example.test\r\nAuthorization: Bearer {bearer}\r\n\r\n").encode()
        self.connection = socket.create_connection(("127.0.0.1", port), 10)
        self.stream = self.connection.makefile("rb")

    def ask(self):
        self.connection.sendall(self.request)
        status, length = int(self.stream.readline().split()[1]), 0
        while (line := self.stream.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        self.stream.read(length)
        return status


def bound(name, rate, seconds):
    """Accepted at most with a full bucket of a second's tokens (docs/rate-limits.md); a Valkey that was killed comes back empty."""
    buckets = {"served": 1, "hung": 2, "killed": 3}[name]
    return buckets * rate + rate * (seconds + LEASE_LIFE) + COUNT


def compare(binary):
    """All of it."""
    stub, valkey = subjects.http_stub(), Valkey()
    stub.start()
    try:
        return {"hot": hot(valkey, binary), "exact": exact(valkey, binary), "changes": changes(valkey, binary)}
    finally:
        stub.stop()


def faults(found):
    """What of `compare` is not as promised."""
    broken = []
    for name, phase in found["hot"].items():
        for group, row in phase["groups"].items():
            if name == "served" and abs(row["error"]) > 0.01:
                broken.append(f"{group}: {row['error']:+.2%} of its limit")
            if row["accepted"] > bound(name, row["ideal"] / (MINUTE + 1), MINUTE):
                broken.append(f"{group}, Valkey {name}: {row['accepted']} accepted")
        if phase["otherAnswers"]:
            broken.append(f"Valkey {name}: {phase['otherAnswers']} answers other than 200 and 429")
    if found["hot"]["served"]["callsPerRequest"] > 0.02:
        broken.append("more than 0.02 calls a request")
    least, most = sorted(found["exact"]["oneBucket"])
    if not least - 1 <= found["exact"]["accepted"] <= most + 1:
        broken.append(f"10 requests/s: {found['exact']['accepted']} accepted, one bucket {least} to {most}")
    if found["changes"]["p99"] >= 1:
        broken.append("changes: p99 of a second or more")
    return broken
