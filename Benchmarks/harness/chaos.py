"""Faults under load: an upstream that restarts, and a configuration that is reloaded again and again."""

import signal
import time

from .load import finish, load, refused
from .places import WORKS
from .setup import say

RATE_SECONDS = 8
RELOADS = 100


def restart_upstream(gateway, work, upstream):
    """Kills the upstream for a second under load; failures are allowed only until it is back."""
    say(f"{work}: restarting the upstream under load")
    generator = load(gateway.ports[work], WORKS[work], seconds=RATE_SECONDS, rate=1000, background=True)
    time.sleep(RATE_SECONDS / 4)
    upstream.stop()
    time.sleep(1)
    upstream.start()
    back = time.monotonic()
    report = finish(generator)
    late = max(0.0, report["lastFailure"] - back) if report["lastFailure"] else 0.0
    return {"answered": report["answered"], "failed": refused(report), "statuses": report["statuses"],
            "lost": report["lost"], "secondsOfFailureAfterReturn": late}


def reload_configuration(gateway, work):
    """A hundred SIGHUPs under load; no request may fail."""
    say(f"{work}: {RELOADS} reloads under load")
    generator = load(gateway.ports[work], WORKS[work], seconds=RATE_SECONDS, rate=1000, background=True)
    for _ in range(RELOADS):
        gateway.process.child.send_signal(signal.SIGHUP)
        time.sleep((RATE_SECONDS - 2) / RELOADS)
    report = finish(generator)
    return {"answered": report["answered"], "failed": refused(report), "statuses": report["statuses"], "lost": report["lost"],
            "alive": gateway.process.child.poll() is None}
