"""Folders, ports and the three works."""

import os
import pathlib

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
TOOLS = BENCHMARKS / "tools"
RIVALS = BENCHMARKS / "rivals"
RIG = BENCHMARKS / "rig"
RESULTS = BENCHMARKS / "results"
# Everything a run makes: compiled tools, keys and tokens, rendered configuration, logs.
WORK = pathlib.Path(os.environ.get("BENCH_DIR") or ROOT / ".run" / "bench")

PORTS = {
    "HTTP": 9001, "GRPC": 9002,
    "GATEWAY_PLAIN": 8101, "GATEWAY_POLICY": 8102, "GATEWAY_GRPC": 8103,
    "NGINX": 8201,
    "HAPROXY_PLAIN": 8202, "HAPROXY_POLICY": 8212,
    "ENVOY_PLAIN": 8203, "ENVOY_POLICY": 8213, "ENVOY_GRPC": 8233,
    "GATEWAY_STREAMS_ADMIN": 8194, "LIMITS_CONTROL": 8173, "ENVOY_LIMITS": 8223,
    "GO_PLAIN": 8204, "GO_POLICY": 8214, "GO_GRPC": 8234,
}

WORKS = {
    "plain": {"title": "plain proxy, HTTP/1.1", "method": "get", "path": "/v1/items/42?expand=owner", "rate": 2000},
    "policy": {"title": "JWT + limit + permission + schema -> HTTP", "method": "post", "path": "/v1/items", "rate": 2000},
    "grpc": {"title": "the same, REST -> gRPC", "method": "post", "path": "/v1/items", "rate": 2000},
}


def render(template, target):
    """Writes `template` to `target` with the ports and folders filled in."""
    text = template.read_text()
    for name, value in {**PORTS, "DIR": WORK, "RIG": RIG}.items():
        text = text.replace(f"@{name}@", str(value))
    target.write_text(text)
    return target
