"""What it costs that tenants are told apart: modules, permissions and shared limits of a real Valkey, beside the same work without them,
and beside an Envoy that reads tokens and asks a gateway about limits."""

import statistics
import time

from . import places, rounds, setup
from .load import load, refused
from .processes import stop_all
from .shared import VALKEY_PORT, Valkey, ceiling, tokens_of, without_permissions
from .subjects import envoy_with_limits, http_stub, variant

# Long enough for every user's key to be known as one that is much asked for (docs/rate-limits.md): until then each request is a question.
ROUNDS, RIVAL_ROUNDS, SECONDS = 11, 5, 4
WARM_REQUESTS, SHORT, LONG = 200_000, 40_000, 200_000
TENANTS = 16
# Calls a second of the rate limit service; none for as many as can be.
CALL_RATES = (1000, 2000, 4000, 6000, None)
# Beside the gateway's own port of the rig.
SHIFT = {"without": 40, "with": 50}


def change(mode):
    """The rig's policy work: token and schema alone, or with module, permission, a user's and a tenant's limit as well."""
    if mode == "without":
        return lambda text, document: (
            text.replace("user: { requests: 1000000, per: 1s }", "user: off"), without_permissions(document))
    return lambda text, document: (
        text + f"\nvalkey: {{ url: 'valkey://127.0.0.1:{VALKEY_PORT}' }}\n",
        document.replace("      x-permission:", "      x-module: items\n      x-permission:"))


def answering_limits(text, document):
    """A gateway that an Envoy asks about limits."""
    control = f"{{ host: 127.0.0.1, port: {places.PORTS['LIMITS_CONTROL']} }}"
    return change("with")(text, document)[0] + f"\nenvoy: {{ control: {control}, rate_limits: {{ domain: gateway }} }}\n", document


def facts():
    """Every user's permissions, every tenant's module and ceiling."""
    commands = []
    for tenant in (f"tenant-{number:03}" for number in range(TENANTS)):
        commands += [("SADD", f"modules:active:{tenant}", "items", "crm", "files"), ceiling(tenant, 1_000_000)]
    for user in range(setup.TOKENS):
        commands.append(("SADD", f"rbac:tenant-{user % TENANTS:03}:user-{user:06}", "items.items.read", "items.items.write"))
    return commands


def compare(binary):
    """CPU microseconds a request that the stages add, in interleaved rounds, and allocations with them."""
    upstream, valkey = http_stub(), Valkey()
    without, full = [variant(binary, "policy", mode, shift, change(mode)) for mode, shift in SHIFT.items()]
    envoy, asked = envoy_with_limits(binary, answering_limits)
    count = rounds.MallocCount(full.process.name)
    started = [upstream, valkey, without.process, full.process, asked.process, envoy.process]
    try:
        upstream.start()
        valkey.start()
        valkey.calls(*facts())
        without.process.start()
        full.process.start()
        times = rounds.rotated([without, full], "policy", ROUNDS, SECONDS)
        # Only now: a second gateway has its share of every limit, and each then asks Valkey more often.
        asked.process.start()
        envoy.process.start()
        rivals = rounds.rotated([full, envoy], "policy", RIVAL_ROUNDS, SECONDS)
        full.process.stop()
        full.process.environment.update(count.environment)
        full.process.start()
        mallocs = rounds.mallocs_a_request(
            full.ports["policy"], places.WORKS["policy"], count, warm=WARM_REQUESTS, short=SHORT, long=LONG)
    finally:
        stop_all(reversed(started))
    added = sorted(more - less for more, less in zip(times["with"], times["without"]))
    beside = sorted(own / rival for own, rival in zip(rivals["with"], rivals["envoy"]))
    return {
        "microseconds": {name: statistics.median(values) for name, values in [*times.items(), ("envoy", rivals["envoy"])]},
        "added": statistics.median(added), "range": [added[0], added[-1]],
        "ratioToEnvoy": statistics.median(beside), "ratioRange": [beside[0], beside[-1]], "mallocs": mallocs}


def calls(binary):
    """CPU microseconds and scripts of Valkey a call of the rate limit service, for busy users at several rates, less what the idle
    gateway takes."""
    upstream, valkey = http_stub(), Valkey()
    envoy, asked = envoy_with_limits(binary, answering_limits)
    port, work = envoy.ports["policy"], places.WORKS["policy"]
    started = [upstream, valkey, asked.process, envoy.process]
    found = {}
    try:
        upstream.start()
        valkey.start()
        valkey.calls(*facts())
        asked.process.start()
        envoy.process.start()
        users = tokens_of("tenant-000", 8)
        load(port, work, requests=WARM_REQUESTS, tokens=users)
        idle = asked.process.cpu_seconds()
        time.sleep(SECONDS)
        idle = (asked.process.cpu_seconds() - idle) / SECONDS
        for rate in CALL_RATES:
            before, asked_before, clock = asked.process.cpu_seconds(), valkey.script_calls(), time.monotonic()
            report = load(port, work, seconds=2 * SECONDS, rate=rate, tokens=users)
            taken = asked.process.cpu_seconds() - before - idle * (time.monotonic() - clock)
            found[f"{rate} a second" if rate else "as many as can be"] = {
                "microseconds": taken / report["answered"] * 1e6, "valkeyCalls": (valkey.script_calls() - asked_before) / report["answered"],
                "answered": report["answered"], "refused": refused(report)}
    finally:
        stop_all(reversed(started))
    return found
