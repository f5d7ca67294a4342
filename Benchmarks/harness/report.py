"""The table a run prints and the file it leaves."""

import datetime
import json
import os
import platform

from . import places


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(), "loadAverage": os.getloadavg()[0]}


def milliseconds(value):
    return f"{value / 1000:.2f}"


def print_work(work, results, ratios):
    print(f"\n{places.WORKS[work]['title']} (open loop at {places.WORKS[work]['rate']} requests/s)\n")
    head = ("", "CPU us/req", "(least)", "user", "req/s", "p50 ms", "p99 ms", "p99.9 ms", "RSS MB", "loaded", "mallocs", "refused")
    rows = [head]
    for name, result in results.items():
        s = result["summary"]
        mallocs = s.get("mallocs")
        rows.append((
            name, f"{s['microseconds']:.1f}", f"{s['smallestMicroseconds']:.1f}", f"{s['userShare']:.0%}",
            f"{s['requestsPerSecond']:.0f}", milliseconds(s["p50"]), milliseconds(s["p99"]), milliseconds(s["p999"]),
            f"{s['idleMebibytes']:.0f}", f"{s['loadedMebibytes']:.0f}", "-" if mallocs is None else f"{mallocs:.2f}",
            str(s["refused"])))
    print_columns(rows)
    for rival, ratio in ratios.items():
        print(f"  gateway = {ratio['median']:.2f} x {rival} ({ratio['least']:.2f} to {ratio['most']:.2f})")


def print_columns(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))))


def write(name, content):
    """Writes `results/NAME.json`, and answers its path."""
    places.RESULTS.mkdir(exist_ok=True)
    path = places.RESULTS / f"{name}.json"
    at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    path.write_text(json.dumps({"at": at, "machine": machine(), **content}, indent=1) + "\n")
    return path
