"""One tenant whose every call fails, at five times the traffic of nine others: what these nine notice."""

import statistics

from . import places
from .load import finish, load, refused
from .setup import say

NOISY, QUIET = "tenant-000", [f"tenant-{number:03}" for number in range(1, 10)]
# Far below what the machine can do, which generator and gateway share: with more, p99 tells of their quarrel about its cores.
QUIET_RATE, NOISY_RATE = 200, 1000
ROUNDS, SECONDS = 5, 6


def split_tokens():
    """The tokens of the noisy tenant and of the nine, each in a file of its own."""
    files = {"noisy": places.WORK / "tokens-noisy.txt", "quiet": places.WORK / "tokens-quiet.txt"}
    lines = places.WORK.joinpath("tokens.txt").read_text().splitlines(keepends=True)
    for name, wanted in (("noisy", [0]), ("quiet", range(1, 10))):
        files[name].write_text("".join(line for user, line in enumerate(lines) if user % 16 in wanted))
    return files


def phase(gateway, files, with_noise):
    """The report of the nine, and of the noisy tenant beside them."""
    port, work = gateway.ports["policy"], places.WORKS["policy"]
    # Each tenant is known to be served before the other one starts to fail.
    load(port, work, requests=500, connections=4, tokens=files["quiet"])
    noise = load(port, work, seconds=SECONDS, rate=NOISY_RATE, tokens=files["noisy"], background=True) if with_noise else None
    quiet = load(port, work, seconds=SECONDS, rate=QUIET_RATE, tokens=files["quiet"])
    return quiet, finish(noise) if noise else None


def isolation(gateway, healthy, failing):
    """p99 of the nine alone, beside the tenant while it is served, and beside it while it fails; `failing` is the upstream that fails it."""
    files, rows = split_tokens(), []
    for round_number in range(ROUNDS):
        say(f"tenants: round {round_number + 1} of {ROUNDS}")
        row = {}
        for name, upstream, with_noise in (("alone", healthy, False), ("served", healthy, True), ("failing", failing, True)):
            # A gateway that starts anew has no breaker open.
            gateway.process.stop()
            upstream.start()
            gateway.process.start()
            try:
                quiet, noise = phase(gateway, files, with_noise)
            finally:
                upstream.stop()
            row[name] = {"p99": quiet["p99"], "refused": refused(quiet), "statuses": quiet["statuses"]}
            if noise:
                row[name]["noisyStatuses"] = noise["statuses"]
        rows.append(row)
    median = {name: statistics.median(row[name]["p99"] for row in rows) for name in rows[0]}
    return {"p99Microseconds": median, "ratioToServed": median["failing"] / median["served"],
            "ratioToAlone": median["failing"] / median["alone"],
            "refused": sum(row[name]["refused"] for row in rows for name in row), "rows": rows}
