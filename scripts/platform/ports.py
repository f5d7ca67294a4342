"""Where everything of `make up` listens, on 127.0.0.1 alone; SHIFT in the environment moves all of it."""

import os

SHIFT = int(os.environ.get("SHIFT", "0"))
PORTS = {
    "envoy": 8443, "envoy-admin": 9902, "gateway-1": 18081, "gateway-2": 18082, "gateway-1-admin": 9911, "gateway-2-admin": 9912,
    "gateway-1-control": 18051, "gateway-2-control": 18052, "data": 18061, "files": 18091, "iam": 18092, "iam-grpc": 18062,
    "valkey": 16379, "postgresql": 15432, "kafka": 19092, "rabbitmq": 15674, "rabbitmq-distribution": 15675, "epmd": 14369,
    "clickhouse": 18123, "clickhouse-tcp": 19000, "s3": 18333, "s3-master": 19333, "s3-volume": 18085, "s3-filer": 18888,
    "flags": 11031, "oidc": 18200,
}


def port(name):
    return PORTS[name] + SHIFT


def address(name):
    return f"127.0.0.1:{port(name)}"


def url(name):
    return f"http://{address(name)}"
