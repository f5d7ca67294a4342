"""Memory against its drivers: idle connections, and bodies far larger than any buffer."""

import http.client
import socket
import time

from .setup import say

GIBIBYTE = 2**30
STEP = b"x" * (1 << 20)
STEPS = (0, 100, 1000, 5000, 10_000)
REQUEST = b"GET /v1/items/42 HTTP/1.1\r\nHost: api.example.test\r\n\r\n"


def ask(link):
    """One request over a connection that stays open; answers the status."""
    link.sendall(REQUEST)
    answer = http.client.HTTPResponse(link)
    answer.begin()
    answer.read()
    return answer.status


def open_connection(port):
    """A keep-alive connection that has had one answer."""
    link = socket.create_connection(("127.0.0.1", port))
    status = ask(link)
    if status != 200:
        raise ConnectionError(f"answered {status}")
    return link


def idle(gateway):
    """Resident memory with 0 to 10 000 idle connections, each after one request."""
    port, held, rows = gateway.ports["plain"], [], []
    for count in STEPS:
        say(f"{count} idle connections")
        while len(held) < count:
            held.append(open_connection(port))
        time.sleep(0.5)
        rows.append({"connections": count, "residentMebibytes": gateway.process.resident_mebibytes()})
    alive = sum(1 for link in held[:100] if ask(link) == 200)
    for link in held:
        link.close()
    return {"rows": rows, "growthMebibytes": rows[-1]["residentMebibytes"] - rows[0]["residentMebibytes"],
            "aliveOfHundred": alive}


class Peak:
    """The largest resident memory seen while a transfer runs."""

    def __init__(self, process):
        self.process, self.before, self.most = process, process.resident_mebibytes(), 0.0

    def look(self):
        self.most = max(self.most, self.process.resident_mebibytes())

    def growth(self):
        return max(0.0, self.most - self.before)


def upload(port, peak):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.putrequest("PUT", "/v1/blobs/1")
    link.putheader("Content-Type", "application/octet-stream")
    link.putheader("Content-Length", str(GIBIBYTE))
    link.endheaders()
    for number in range(GIBIBYTE // len(STEP)):
        link.send(STEP)
        if number % 16 == 0:
            peak.look()
    answer = link.getresponse()
    answer.read()
    return answer.status


def download(port, peak):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.request("GET", f"/large/{GIBIBYTE}")
    answer = link.getresponse()
    received, buffer, reads = 0, bytearray(1 << 20), 0
    while (size := answer.readinto(buffer)) > 0:
        received, reads = received + size, reads + 1
        if reads % 16 == 0:
            peak.look()
    if received != GIBIBYTE:
        raise ConnectionError(f"{received} of {GIBIBYTE} bytes came through")
    return answer.status


def large(gateway):
    """One gibibyte up and one down through the gateway, and what its memory grew by."""
    results = {}
    for name, transfer in (("upload", upload), ("download", download)):
        say(f"1 GiB {name}")
        peak, clock = Peak(gateway.process), time.monotonic()
        status = transfer(gateway.ports["plain"], peak)
        peak.look()
        results[name] = {"status": status, "seconds": time.monotonic() - clock, "growthMebibytes": peak.growth()}
    return results
