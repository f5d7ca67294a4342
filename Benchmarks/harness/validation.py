"""What it costs to hold requests and answers to their documents: each work with all of it, beside itself with none."""

import shutil
import statistics

from . import places, rounds
from .places import RIG, WORK
from .processes import stop_all
from .setup import say
from .subjects import Subject, gateway_process, upstreams

WORKS = ("policy", "grpc")
# Many short rounds: what disturbs the machine lasts longer than one, and so strikes all modes of a round alike.
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


def folder(work, mode, shift):
    """The rig of one work with one way of checking answers; without any, requests are not checked either."""
    target = WORK / f"validation-{work}-{mode}"
    shutil.copytree(RIG, target, dirs_exist_ok=True)
    requests = "off" if mode == "none" else "enforce"
    file = target / f"{work}.yaml"
    text = file.read_text()
    port = places.PORTS[f"GATEWAY_{work.upper()}"]
    text = text.replace(f"port: {port}", f"port: {port + shift}").replace(f"port: {port + 90}", f"port: {port + 90 + shift}")
    text = text.replace("    addresses:", f"    validation: {{ request: {requests}, response: {MODES[mode]} }}\n    addresses:")
    file.write_text(text)
    document = target / f"{work}.openapi.yaml"
    described = f"description: The item as stored., content: {{ application/json: {{ schema: {{ {ANSWERS[work]} }} }} }}"
    document.write_text(document.read_text().replace("description: The item as stored.", described))
    return target


def subjects(binary, work):
    found = []
    for index, mode in enumerate(MODES):
        shift = SHIFT + 10 * index
        port = places.PORTS[f"GATEWAY_{work.upper()}"] + shift
        process = gateway_process(binary, work, name=f"validation-{work}-{mode}", folder=folder(work, mode, shift))
        process.ports = [port]
        found.append(Subject(mode, "", {work: port}, process))
    return found


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
            times = {subject.name: [] for subject in row}
            for number in range(ROUNDS):
                say(f"validation: {work}: round {number + 1} of {ROUNDS}")
                for subject in row[number % len(row):] + row[:number % len(row)]:
                    closed = rounds.closed_round(subject, work, SECONDS)
                    if closed["refused"]:
                        raise SystemExit(f"bench: {subject.name}: {closed['refused']} requests were refused")
                    times[subject.name].append(closed["microseconds"])
            found[work] = {"microseconds": {mode: statistics.median(values) for mode, values in times.items()}}
            for mode in ("report", "enforce"):
                ratios = sorted(checked / plain for checked, plain in zip(times[mode], times["none"]))
                found[work][mode] = {"ratio": statistics.median(ratios), "range": [ratios[0], ratios[-1]]}
    finally:
        stop_all(reversed(started))
    return found
