"""What it costs to hold requests and answers to their documents: each work with all of it, beside itself with none."""

import statistics

from . import rounds
from .processes import stop_all
from .subjects import upstreams, variant

WORKS = ("policy", "grpc")
ROUNDS, SECONDS = 31, 1
# Beside the gateway's own ports of the rig.
SHIFT = 30
ANSWERS = {
    "policy": "type: object, required: [data], additionalProperties: false, properties: { data: { type: object, "
              "required: [id, name, amount, currency], properties: { id: { type: string, minLength: 1, maxLength: 64 }, "
              "name: { type: string, minLength: 1, maxLength: 200 }, amount: { type: integer, minimum: 0 }, "
              "currency: { type: string, minLength: 3, maxLength: 3 }, active: { type: boolean } } } }",
    "grpc": "type: object, additionalProperties: false, required: [id, status], properties: { id: { type: string, minLength: 1, "
            "maxLength: 64 }, name: { type: string, maxLength: 200 }, status: { type: string, minLength: 1, maxLength: 32 }, "
            "version: { type: string, pattern: '^[0-9]+$' } }",
}
MODES = {"none": "off", "report": "report", "enforce": "enforce"}


def subjects(binary, work):
    """The work with each way of checking answers; without any, requests are not checked either."""
    def change(mode):
        requests = "off" if mode == "none" else "enforce"
        checks = f"    validation: {{ request: {requests}, response: {MODES[mode]} }}\n    addresses:"
        described = f"description: The item as stored., content: {{ application/json: {{ schema: {{ {ANSWERS[work]} }} }} }}"
        return lambda text, document: (
            text.replace("    addresses:", checks), document.replace("description: The item as stored.", described))

    return [variant(binary, work, mode, SHIFT + 10 * index, change(mode)) for index, mode in enumerate(MODES)]


def compare(binary):
    """CPU a request with both sides checked over the same without, in interleaved rounds."""
    behind = upstreams()
    everyone = {work: subjects(binary, work) for work in WORKS}
    started = behind + [subject.process for row in everyone.values() for subject in row]
    found = {}
    try:
        for process in started:
            process.start()
        for work, row in everyone.items():
            times = rounds.rotated(row, work, ROUNDS, SECONDS)
            found[work] = {"microseconds": {mode: statistics.median(values) for mode, values in times.items()}}
            for mode in ("report", "enforce"):
                ratios = sorted(checked / plain for checked, plain in zip(times[mode], times["none"]))
                found[work][mode] = {"ratio": statistics.median(ratios), "range": [ratios[0], ratios[-1]]}
    finally:
        stop_all(reversed(started))
    return found
