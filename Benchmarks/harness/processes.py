"""Processes a run starts, what they cost, and their end."""

import ctypes
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import time

from . import places

SUBJECT_CORE = 0
LOAD_CORE = 1 if (os.cpu_count() or 1) > 1 else 0
START_SECONDS = 60
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def prepare_child(core):
    """Runs in the child: one core, many files, and the end when we end."""
    def prepare():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        os.sched_setaffinity(0, {core})
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return prepare


def listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """One started program, pinned to a core, its output in a log of its name."""

    def __init__(self, name, command, ports, core=SUBJECT_CORE, environment=None):
        self.name, self.command, self.ports, self.core = name, [str(part) for part in command], ports, core
        self.environment = {**os.environ, **(environment or {})}
        self.child = None

    def start(self):
        for port in self.ports:
            if listening(port):
                sys.exit(f"bench: port {port}, wanted by {self.name}, is taken by another program")
        self.log = places.WORK / f"{self.name}.log"
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, cwd=places.WORK,
                start_new_session=True, preexec_fn=prepare_child(self.core))
        deadline = time.monotonic() + START_SECONDS
        while not all(listening(port) for port in self.ports):
            if self.child.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-2000:]
                self.stop()
                sys.exit(f"bench: {self.name} does not start:\n{tail}")
            time.sleep(0.05)
        return self

    def stop(self, seconds=15):
        """Asks for the end, then insists."""
        if self.child is None:
            return
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()
        self.child = None

    def family(self):
        """The process ids of the program and all it forked."""
        found, queue = [], [self.child.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                queue += map(int, (task / "children").read_text().split())
        return found

    def cpu_seconds(self):
        """CPU time so far of all threads, from the scheduler's nanosecond account."""
        total = 0
        for pid in self.family():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                try:
                    total += int((task / "schedstat").read_text().split()[0])
                except (FileNotFoundError, ProcessLookupError):
                    continue
        return total / 1e9

    def ticks(self):
        """CPU time so far in user and in system mode, in clock ticks: coarse, for their proportion alone."""
        user = system = 0
        for pid in self.family():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            user, system = user + int(fields[11]), system + int(fields[12])
        return user, system

    def resident_mebibytes(self):
        pages = sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.family())
        return pages * resource.getpagesize() / 2**20


def stop_all(processes):
    for process in processes:
        process.stop()
