"""The messages of Envoy's rate limit service and of gRPC health, as far as tests need them, without generated code."""

import dataclasses

import grpc

from protowire import fields, number, part

SHOULD_RATE_LIMIT = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
OK, OVER_LIMIT = 1, 2
SECOND, MINUTE, HOUR, DAY = 1, 2, 3, 4


def descriptor(*entries, limit=None, hits=None):
    """Entries as (key, value); `limit` as (requests, unit)."""
    body = b"".join(part(1, part(1, key) + part(2, value)) for key, value in entries)
    if limit:
        body += part(2, number(1, limit[0]) + number(2, limit[1]))
    if hits is not None:
        body += part(3, number(1, hits))
    return body


def request(domain, *descriptors, hits=0):
    return part(1, domain) + b"".join(part(2, body) for body in descriptors) + (number(3, hits) if hits else b"")


@dataclasses.dataclass
class Answer:
    code: int
    statuses: list
    headers: dict

    @classmethod
    def read(cls, message):
        answer = cls(0, [], {})
        for field, value in fields(message):
            if field == 1:
                answer.code = value
            elif field == 2:
                answer.statuses.append(cls.status(value))
            elif field == 3:
                header = dict(fields(value))
                answer.headers[header[1].decode()] = header[2].decode()
        return answer

    @staticmethod
    def status(message):
        found = dict(fields(message))
        limit = dict(fields(found.get(2, b"")))
        reset = dict(fields(found.get(4, b"")))
        return {
            "code": found.get(1, 0), "requests": limit.get(1, 0), "unit": limit.get(2, 0), "name": limit.get(3, b"").decode(),
            "remaining": found.get(3, 0), "reset": reset.get(1, 0) + reset.get(2, 0) / 1e9,
        }


class Client:
    """A channel to the control plane's port."""

    def __init__(self, port, **options):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", **options)

    def should_limit(self, message, timeout=5, **options):
        return Answer.read(self.channel.unary_unary(SHOULD_RATE_LIMIT)(message, timeout=timeout, **options))

    def health(self, service="", timeout=5):
        return dict(fields(self.channel.unary_unary(CHECK)(part(1, service), timeout=timeout))).get(1, 0)

    def watch(self, service=""):
        return self.channel.unary_stream(WATCH)(part(1, service))

    def close(self):
        self.channel.close()
