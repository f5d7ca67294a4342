"""The measurements beside the rivals: closed rounds, open rounds, memory, mallocs."""

import mmap
import statistics
import time

from . import places
from .load import load, refused
from .setup import say

WARM_SECONDS = 1


def closed_round(subject, work, seconds):
    """All connections busy: CPU microseconds a request and requests a second."""
    process, port = subject.process, subject.ports[work]
    load(port, subject.work(work), seconds=WARM_SECONDS)
    cpu, ticks, clock = process.cpu_seconds(), process.ticks(), time.monotonic()
    report = load(port, subject.work(work), seconds=seconds)
    cpu, clock = process.cpu_seconds() - cpu, time.monotonic() - clock
    user, system = [after - before for before, after in zip(ticks, process.ticks())]
    return {
        "microseconds": cpu / max(report["answered"], 1) * 1e6, "userShare": user / max(user + system, 1),
        "requestsPerSecond": report["rate"], "utilisation": cpu / clock, "refused": refused(report),
        "residentMebibytes": process.resident_mebibytes(),
    }


def rotated(subjects, work, count, seconds):
    """CPU microseconds a request of each in many short rounds, each begun by another; a refused request ends the run.

    What disturbs the machine lasts longer than a short round, and so strikes all subjects of a round alike.
    """
    times = {subject.name: [] for subject in subjects}
    for number in range(count):
        say(f"{work}: round {number + 1} of {count}")
        first = number % len(subjects)
        for subject in subjects[first:] + subjects[:first]:
            closed = closed_round(subject, work, seconds)
            if closed["refused"]:
                raise SystemExit(f"bench: {subject.name}: {closed['refused']} requests were refused")
            times[subject.name].append(closed["microseconds"])
    return times


def open_round(subject, work, seconds):
    """A fixed arrival rate: latency from when each request was due, in microseconds."""
    report = load(subject.ports[work], subject.work(work), seconds=seconds, rate=places.WORKS[work]["rate"])
    return {name: report[name] for name in ("p50", "p99", "p999", "max")} | {"refused": refused(report)}


def interleaved(subjects, work, rounds, seconds):
    """Rounds A B C A B C, so that what the machine does meanwhile meets everyone alike."""
    taking_part = [subject for subject in subjects if work in subject.ports]
    results = {subject.name: {"closed": [], "open": [], "idleMebibytes": subject.process.resident_mebibytes()}
               for subject in taking_part}
    for number in range(rounds):
        say(f"{work}: round {number + 1} of {rounds}")
        for subject in taking_part:
            results[subject.name]["closed"].append(closed_round(subject, work, seconds))
    for subject in taking_part:
        results[subject.name]["open"].append(open_round(subject, work, seconds + 1))
    for subject in taking_part:
        results[subject.name]["summary"] = summary(results[subject.name])
    return results


def summary(result):
    closed = {name: [entry[name] for entry in result["closed"]] for name in result["closed"][0]}
    return {
        "microseconds": statistics.median(closed["microseconds"]), "smallestMicroseconds": min(closed["microseconds"]),
        "userShare": statistics.median(closed["userShare"]),
        "requestsPerSecond": statistics.median(closed["requestsPerSecond"]),
        "refused": sum(closed["refused"]) + sum(entry["refused"] for entry in result["open"]),
        "idleMebibytes": result["idleMebibytes"], "loadedMebibytes": max(closed["residentMebibytes"]),
        "p50": statistics.median(entry["p50"] for entry in result["open"]),
        "p99": statistics.median(entry["p99"] for entry in result["open"]),
        "p999": statistics.median(entry["p999"] for entry in result["open"]),
    }


def ratios(results, name="gateway"):
    """The gateway's CPU a request over each rival's: median, smallest and largest of the rounds' ratios."""
    found = {}
    for rival, result in results.items():
        if rival == name:
            continue
        pairs = [ours["microseconds"] / theirs["microseconds"]
                 for ours, theirs in zip(results[name]["closed"], result["closed"]) if theirs["microseconds"] > 0]
        found[rival] = {"median": statistics.median(pairs), "least": min(pairs), "most": max(pairs)}
    return found


class MallocCount:
    """A process's allocations, read from outside: start the process with `environment`."""

    def __init__(self, name):
        self.file = places.WORK / f"{name}.mallocs"
        self.file.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": str(places.WORK / "mallocs.so"), "MALLOC_COUNT_FILE": str(self.file)}

    def read(self):
        with open(self.file, "rb") as file, mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ) as shared:
            return int.from_bytes(shared[:8], "little")


def mallocs_a_request(port, work, count, warm=4096, short=4096, long=20480):
    """The slope of the process's allocations between a short and a long run, so that opening connections cancels out."""
    load(port, work, requests=warm, connections=1)
    # In step, so that every connection to the upstream that a later burst may need is open before the count starts.
    load(port, work, requests=warm, lockstep=True)
    counts = [count.read()]
    for requests in (short, long):
        load(port, work, requests=requests)
        counts.append(count.read())
    return ((counts[2] - counts[1]) - (counts[1] - counts[0])) / (long - short)
