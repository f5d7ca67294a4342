"""What the audit trail adds to a request: each work with a trail into a file, beside itself without."""

import shutil
import statistics

from . import places, rounds
from .processes import stop_all
from .subjects import upstreams, variant

WORKS = ("policy", "grpc")
ROUNDS, SECONDS = 31, 1
# Beside the gateway's own ports of the rig.
SHIFT = 70


def subjects(binary, work):
    folder = places.WORK / f"audit-{work}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    trail = f"audit: {{ folder: {folder}/spool, file: {{ path: {folder}/audit.jsonl, max_bytes: 64Mi, keep: 1 }} }}\n\nservices:"
    changes = {"off": lambda text, document: (text, document),
               "on": lambda text, document: (text.replace("services:", trail, 1), document)}
    return [variant(binary, work, name, SHIFT + 10 * index, change) for index, (name, change) in enumerate(changes.items())]


def compare(binary):
    """CPU a request that the trail adds, its writer's included, in interleaved rounds, and what it allocates."""
    behind = upstreams()
    everyone = {work: subjects(binary, work) for work in WORKS}
    started = behind + [subject.process for row in everyone.values() for subject in row]
    found = {}
    try:
        for process in started:
            process.start()
        for work, row in everyone.items():
            times = rounds.rotated(row, work, ROUNDS, SECONDS)
            added = sorted(on - off for on, off in zip(times["on"], times["off"]))
            found[work] = {
                "microseconds": {mode: statistics.median(values) for mode, values in times.items()},
                "added": statistics.median(added), "range": [added[0], added[-1]]}
        for work, row in everyone.items():
            subject = row[1]
            count = rounds.MallocCount(subject.process.name)
            subject.process.stop()
            subject.process.environment.update(count.environment)
            subject.process.start()
            found[work]["mallocs"] = rounds.mallocs_a_request(subject.ports[work], subject.work(work), count)
    finally:
        stop_all(reversed(started))
    return found
