"""What it costs that tenants are told apart: modules, permissions and shared limits of a real Valkey, beside the same work without them,
and beside an Envoy that reads tokens and asks a gateway about limits."""

import statistics

from . import places, rounds, setup
from .processes import stop_all
from .shared import VALKEY_PORT, Valkey, ceiling, without_permissions
from .subjects import envoy_with_limits, http_stub, variant

# Long enough for every user's key to be known as one that is much asked for (docs/rate-limits.md): until then each request is a question.
ROUNDS, RIVAL_ROUNDS, SECONDS = 11, 5, 4
WARM_REQUESTS, SHORT, LONG = 200_000, 40_000, 200_000
TENANTS = 16
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
    envoy, asked = envoy_with_limits(binary, lambda text, document: (
        change("with")(text, document)[0]
        + f"\nenvoy: {{ control: {{ host: 127.0.0.1, port: {places.PORTS['LIMITS_CONTROL']} }}, rate_limits: {{ domain: gateway }} }}\n",
        document))
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
