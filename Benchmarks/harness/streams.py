"""Server streams: messages a CPU second of the gateway and of Envoy's transcoder, from one grpc-go service."""

import json
import os
import socket
import statistics
import subprocess
import time

from . import places, setup
from .places import PORTS, RIVALS, WORK
from .processes import LOAD_CORE, Process, stop_all
from .setup import say

PEERS = places.ROOT / "Tests" / "EndToEnd" / "peers"
MESSAGES, PADDING = 10_000, 64
STREAMS, ROUNDS = 10, 7
MARK = b'"number"'
TARGET = f"/api/v1/peer/count/{MESSAGES}?paddingBytes={PADDING}"

DOCUMENT = {
    "openapi": "3.1.0", "info": {"title": "Streams", "version": "1"}, "security": [],
    "paths": {"/api/v1/peer/count/{count}": {
        "parameters": [{"name": "count", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": {"responses": {"default": {"description": "numbers"}}}}},
}


def peer():
    """The service, built from the end-to-end tests' sources; it prints its port."""
    program = WORK / "stream-peer"
    if not program.exists():
        setup.run("go", "build", "-o", program, ".", cwd=PEERS / "go_service",
                  env=os.environ | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode"})
    process = Process("stream-peer", [program], [], core=LOAD_CORE)
    process.start()
    deadline = time.monotonic() + 10
    while not (lines := [line for line in process.log.read_text().splitlines() if line.isdigit()]):
        if time.monotonic() > deadline:
            raise SystemExit("bench: the stream peer does not start")
        time.sleep(0.05)
    return process, int(lines[0])


def subjects(binary, port):
    (WORK / "streams.openapi.json").write_text(json.dumps(DOCUMENT))
    (WORK / "streams.yaml").write_text(json.dumps({
        "listen": {"host": "127.0.0.1", "port": PORTS["GATEWAY_GRPC"]}, "admin": {"host": "127.0.0.1", "port": PORTS["GATEWAY_STREAMS_ADMIN"]},
        "loops": 1, "log_level": "warning", "rate_limits": {"address": "off"},
        "services": [{"name": "peer", "protocol": "grpc", "addresses": [f"127.0.0.1:{port}"],
                      "openapi": "streams.openapi.json", "descriptors": str(PEERS / "peers.pb")}]}))
    text = (RIVALS / "envoy-streams.yaml").read_text()
    for name, value in {"ENVOY_STREAMS": PORTS["ENVOY_GRPC"], "PEERS": PEERS, "PEER": port}.items():
        text = text.replace(f"@{name}@", str(value))
    (WORK / "envoy-streams.yaml").write_text(text)
    return {
        "gateway": Process("gateway-streams", [binary, "serve", "--config", WORK / "streams.yaml"], [PORTS["GATEWAY_GRPC"]]),
        "envoy": Process(
            "envoy-streams", [setup.install_envoy(), "-c", WORK / "envoy-streams.yaml", "--concurrency", 1, "--base-id", 918, "-l", "error"],
            [PORTS["ENVOY_GRPC"]]),
    }


def read_stream(link):
    """One stream as lines; answers how many messages it had."""
    link.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n".encode())
    seen, tail = 0, b""
    while not tail.endswith(b"0\r\n\r\n"):
        part = link.recv(1 << 20)
        if not part:
            raise SystemExit("bench: a stream broke off")
        # What is kept is shorter than what is counted, so that nothing counts twice.
        part = tail + part
        seen += part.count(MARK)
        tail = part[1 - len(MARK):]
    return seen


def one_round(process, port):
    with socket.create_connection(("127.0.0.1", port)) as link:
        read_stream(link)
        before = process.cpu_seconds()
        messages = sum(read_stream(link) for _ in range(STREAMS))
        return messages / (process.cpu_seconds() - before), messages


def compare(binary):
    """Messages a CPU second of both, in interleaved rounds, and their ratio."""
    behind, port = peer()
    everyone = subjects(binary, port)
    ports = {"gateway": PORTS["GATEWAY_GRPC"], "envoy": PORTS["ENVOY_GRPC"]}
    rows = []
    try:
        for process in everyone.values():
            process.start()
        for number in range(ROUNDS):
            say(f"streams: round {number + 1} of {ROUNDS}")
            row = {}
            for name, process in everyone.items():
                row[name], messages = one_round(process, ports[name])
                if messages != STREAMS * MESSAGES:
                    raise SystemExit(f"bench: {name} delivered {messages} of {STREAMS * MESSAGES} messages")
            rows.append(row)
    finally:
        stop_all([*everyone.values(), behind])
    ratios = sorted(row["gateway"] / row["envoy"] for row in rows)
    return {"messagesACPUSecond": {name: round(statistics.median(row[name] for row in rows)) for name in everyone},
            "ratio": statistics.median(ratios), "range": [ratios[0], ratios[-1]], "rows": rows}
