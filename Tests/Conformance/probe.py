"""Drives `gateway-probe`: one line of JSON in, one out, in order."""

import itertools
import json
import os
import pathlib
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("GATEWAY_BIN_DIR", ROOT / ".build" / "debug")) / "gateway-probe"
DATA = ROOT.parent / "shared" / "conformance"


def data(name):
    """The folder of one suite; the test is skipped where the suite is not beside the repository."""
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"no suite {name} beside the repository (looked for ../shared/conformance/{name})")
    return folder


def ask(questions):
    """The answers to `questions`, each an operation with its arguments, by one process."""
    assert BINARY.is_file(), f"{BINARY} is missing: build gateway-probe or set GATEWAY_BIN_DIR"
    process = subprocess.Popen([BINARY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    lines = [json.dumps({"id": number} | question) for number, question in enumerate(questions)]

    def write():
        for line in lines:
            process.stdin.write(line.encode() + b"\n")
        process.stdin.close()

    writer = threading.Thread(target=write)
    writer.start()
    answers = [json.loads(line) for line in itertools.islice(process.stdout, len(lines))]
    writer.join()
    assert process.wait(10) == 0
    assert [answer["id"] for answer in answers] == list(range(len(lines)))
    return answers
