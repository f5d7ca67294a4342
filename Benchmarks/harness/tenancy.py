"""What it costs that tenants are told apart: modules, permissions and shared limits of a real Valkey, beside the same work without them."""

import json
import shutil
import statistics

from . import places, rounds, setup
from .places import RIG, WORK
from .processes import stop_all
from .setup import say
from .shared import VALKEY_PORT, Valkey
from .subjects import Subject, gateway_process, http_stub

# Many short rounds: what disturbs the machine lasts longer than one, and so strikes both alike.
ROUNDS, SECONDS = 31, 1
TENANTS = 16
# Beside the gateway's own port of the rig.
SHIFT = {"without": 40, "with": 50}


def folder(mode):
    """The rig's policy work: token and schema alone, or with module, permission, a user's and a tenant's limit as well."""
    target = WORK / f"tenancy-{mode}"
    shutil.copytree(RIG, target, dirs_exist_ok=True)
    file, document = target / "policy.yaml", target / "policy.openapi.yaml"
    port, text = places.PORTS["GATEWAY_POLICY"], file.read_text()
    text = text.replace(f"port: {port}", f"port: {port + SHIFT[mode]}")
    text = text.replace(f"port: {port + 90}", f"port: {port + 90 + SHIFT[mode]}")
    paths = document.read_text()
    if mode == "with":
        text += f"\nvalkey: {{ url: 'valkey://127.0.0.1:{VALKEY_PORT}' }}\n"
        paths = paths.replace("      x-permission:", "      x-module: items\n      x-permission:")
    else:
        text = text.replace("user: { requests: 1000000, per: 1s }", "user: off")
        paths = "".join(line for line in paths.splitlines(keepends=True) if "x-permission" not in line)
    file.write_text(text)
    document.write_text(paths)
    return target


def facts():
    """Every user's permissions, every tenant's module and ceiling."""
    commands = []
    for tenant in (f"tenant-{number:03}" for number in range(TENANTS)):
        commands += [("SADD", f"modules:active:{tenant}", "items", "crm", "files"),
                     ("SET", f"rate_limit:config:{tenant}", json.dumps({"rps": 1_000_000, "burst": 1_000_000}))]
    for user in range(setup.TOKENS):
        commands.append(("SADD", f"rbac:tenant-{user % TENANTS:03}:user-{user:06}", "items.items.read", "items.items.write"))
    return commands


def subjects(binary):
    found = []
    for mode, shift in SHIFT.items():
        process = gateway_process(binary, "policy", name=f"tenancy-{mode}", folder=folder(mode))
        process.ports = [places.PORTS["GATEWAY_POLICY"] + shift]
        found.append(Subject(mode, "", {"policy": process.ports[0]}, process))
    return found


def compare(binary):
    """CPU microseconds a request that the stages add, in interleaved rounds, and allocations with them."""
    upstream, valkey, (without, full) = http_stub(), Valkey(), subjects(binary)
    count = rounds.MallocCount(full.process.name)
    started = [upstream, valkey, without.process, full.process]
    try:
        upstream.start()
        valkey.start()
        valkey.calls(*facts())
        without.process.start()
        full.process.start()
        times = {"without": [], "with": []}
        for number in range(ROUNDS):
            say(f"tenancy: round {number + 1} of {ROUNDS}")
            for subject in (without, full) if number % 2 else (full, without):
                closed = rounds.closed_round(subject, "policy", SECONDS)
                if closed["refused"]:
                    raise SystemExit(f"bench: {subject.name}: {closed['refused']} requests were refused")
                times[subject.name].append(closed["microseconds"])
        full.process.stop()
        full.process.environment.update(count.environment)
        full.process.start()
        mallocs = rounds.mallocs_a_request(full.ports["policy"], places.WORKS["policy"], count)
    finally:
        stop_all(reversed(started))
    added = sorted(more - less for more, less in zip(times["with"], times["without"]))
    return {"microseconds": {name: statistics.median(values) for name, values in times.items()},
            "added": statistics.median(added), "range": [added[0], added[-1]], "mallocs": mallocs}
