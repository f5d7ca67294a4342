"""Starts the whole platform, and ends what it started.

usage: lifecycle.py up|down STATE

STATE is a folder; `started.json` in it says what runs: process numbers with the moments they began, so that a number that was given to somebody else since
is left alone.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

PATIENCE = 120
ENDING = 35


def say(text):
    print(text, flush=True)


def began(process):
    """When a process began, in ticks since the machine did; None once it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        return None if fields[0] == "Z" else int(fields[19])
    except (OSError, IndexError):
        return None


def tree(process):
    """It and its descendants, those further down first."""
    children = {}
    for file in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(file.read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(file.parent.name))
        except (OSError, IndexError, ValueError):
            pass

    def below(one):
        return [lower for child in children.get(one, []) for lower in below(child)] + [one]
    return below(process)


class Record:
    """What was started, written down at once: whoever ends it may be another process."""

    def __init__(self, state):
        self.file = state / "started.json"
        self.rows = json.loads(self.file.read_text()) if self.file.exists() else []

    def add(self, name, process, component):
        self.rows.append({
            "name": name, "process": process, "began": began(process), "folders": component.folders, "farewell": component.farewell})
        self.write()

    def write(self):
        aside = self.file.with_suffix(".new")
        aside.write_text(json.dumps(self.rows, indent=1))
        aside.rename(self.file)

    def running(self):
        return [row for row in self.rows if row["began"] is not None and began(row["process"]) == row["began"]]


def tail(file, lines=20):
    return "".join(f"    {line}\n" for line in file.read_text(errors="replace").splitlines()[-lines:]) if file.exists() else ""


def up(state):
    import components
    import configuration
    import ports

    state.mkdir(parents=True, exist_ok=True)
    record = Record(state)
    if left := record.running():
        sys.exit(f"error: it is up already, or parts of it ({', '.join(row['name'] for row in left)}); `make down` ends it")
    taken = [f"{name} {ports.port(name)}" for name in ports.PORTS if components.speaks(name)()]
    if taken:
        sys.exit(f"error: ports are taken: {', '.join(taken)}; end what listens there, or move all of ours: SHIFT=1000 make up")
    begin = time.monotonic()
    for row in components.ROWS:
        made = []
        for name in row:
            shutil.rmtree(state / name, ignore_errors=True)
            (state / name).mkdir()
        if "gateway-1" in row:
            configuration.write(state)
            configuration.seed()
        for name, make in row.items():
            component = make(state)
            process = start(state, name, component)
            record.add(name, process, component)
            made.append((name, component, process))
        wait(state, made, begin)
    say(f"  everything   up after {time.monotonic() - begin:5.1f} s")


def start(state, name, component):
    """Starts it as nobody's child: it outlives this program, and Envoy ends with the process that started it. Answers its number."""
    told = state / name / "process"
    with (state / f"{name}.log").open("wb") as log:
        subprocess.run(
            ["setsid", "--fork", "sh", "-c", 'echo $$ >"$0.new" && mv "$0.new" "$0" && exec "$@"', told, *component.command],
            env={**os.environ, **component.environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=state, check=True)
    deadline = time.monotonic() + PATIENCE
    while not told.exists():
        if time.monotonic() > deadline:
            give_up(state, name, "was not started")
        time.sleep(0.01)
    return int(told.read_text())


def wait(state, made, begin):
    """Until all are up; says of each when it was."""
    deadline = time.monotonic() + PATIENCE
    while made:
        for one in list(made):
            name, component, process = one
            if began(process) is None:
                give_up(state, name, "ended")
            if component.is_up():
                say(f"  {name:<12} up after {time.monotonic() - begin:5.1f} s")
                made.remove(one)
        if made and time.monotonic() > deadline:
            give_up(state, made[0][0], f"was not up within {PATIENCE} s")
        time.sleep(0.1)


def give_up(state, name, what):
    log = state / f"{name}.log"
    sys.exit(f"error: {name} {what}; its log {log} ends so:\n{tail(log)}`make down` ends the others")


def down(state):
    """Ends it in the opposite order: Envoy, the gateways while what is behind them still answers, and then the rest."""
    record = Record(state)
    rows = record.running()
    if not rows:
        say("nothing of it runs")
    for row in reversed(rows):
        processes = {one: began(one) for one in tree(row["process"])}
        is_ours = lambda one: processes[one] is not None and began(one) == processes[one]
        signal_all([row["process"]], is_ours, signal.SIGTERM)
        deadline = time.monotonic() + ENDING
        while any(map(is_ours, processes)) and time.monotonic() < deadline:
            # Some end without their children.
            if not is_ours(row["process"]):
                signal_all(processes, is_ours, signal.SIGTERM)
            time.sleep(0.1)
        late = [one for one in processes if is_ours(one)]
        signal_all(late, is_ours, signal.SIGKILL)
        say(f"  {row['name']:<12} ended" + (" (killed)" if late else ""))
    for row in record.rows:
        for folder in row["folders"]:
            shutil.rmtree(folder, ignore_errors=True)
        if row["farewell"]:
            subprocess.run(row["farewell"], capture_output=True, check=False)
    record.file.unlink(missing_ok=True)


def signal_all(processes, is_ours, number):
    for one in processes:
        if is_ours(one):
            try:
                os.kill(one, number)
            except ProcessLookupError:
                pass


if __name__ == "__main__":
    verb, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    if verb == "down":
        down(folder)
    else:
        up(folder)
