"""The load generator, called from Python."""

import json
import subprocess
import sys

from . import places
from .processes import prepare_child, LOAD_CORE

CONNECTIONS = 64


def load(port, work, seconds=None, requests=None, rate=None, lockstep=False, connections=CONNECTIONS, tokens=None,
         background=False):
    """Sends the requests of `work` to `port` and answers the generator's report, or the running generator."""
    command = [places.WORK / "load", "-p", port, "-c", connections, "-m", work["method"], "-u", work["path"],
               "-t", tokens or places.WORK / "tokens.txt"]
    if seconds:
        command += ["-d", seconds]
    if requests:
        command += ["-n", requests]
    if rate:
        command += ["-r", rate]
    if lockstep:
        command += ["-s"]
    child = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, preexec_fn=prepare_child(LOAD_CORE))
    return child if background else finish(child)


def finish(child):
    """Waits for a generator and answers its report."""
    output = child.communicate()[0]
    if child.returncode != 0:
        sys.exit("bench: the load generator failed")
    return json.loads(output)


def refused(report):
    """How many requests of a report have no 2xx answer."""
    good = sum(count for status, count in report["statuses"].items() if status.startswith("2"))
    return report["answered"] + report["lost"] - good
