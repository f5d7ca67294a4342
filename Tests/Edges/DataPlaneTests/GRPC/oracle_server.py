"""A gRPC server by grpcio for the upstream's tests; the first line it prints is its port.

    oracle_server.py [--port N] [--max-streams N] [--max-age-ms N] [--tls-cert FILE --tls-key FILE]
Methods of `test.Echo`, without messages' types: Echo, Fail, Slow, Big, Gzip, Headers; Count, CountGzip, FailAfter, Endless, Quiet
(server streams), Sum, EndSum (client streams), Chat, Stuck (both ways); Produced and Left tell what became of Endless and Quiet.
"""
import argparse
import sys
import threading
import time
from concurrent import futures

import grpc

options = argparse.ArgumentParser()
options.add_argument("--port", type=int, default=0)
options.add_argument("--max-streams", type=int, default=0)
options.add_argument("--max-age-ms", type=int, default=0)
options.add_argument("--tls-cert")
options.add_argument("--tls-key")
options = options.parse_args()


def echo(request, context):
    return request


def fail(request, context, *trailers):
    context.set_trailing_metadata((("grpc-status-details-bin", b"\x08\x05\x12\x04gone"), *trailers))
    context.abort(grpc.StatusCode.NOT_FOUND, "no such thing: caf\u00e9 50%")


def slow(request, context):
    time.sleep(float(request or b"30"))
    return request


def big(request, context):
    return b"x" * int(request)


def zipped(request, context):
    context.set_compression(grpc.Compression.Gzip)
    return b"z" * int(request)


def headers(request, context):
    context.send_initial_metadata((("x-initial", "yes"),))
    seen = sorted(f"{k}={v}" for k, v in context.invocation_metadata() if k.startswith("x-") or k == "authorization")
    return "\n".join(seen + [f"deadline={context.time_remaining() is not None and context.time_remaining() < 60}"]).encode()


def count(request, context):
    number, size = (int(part) for part in request.split(b","))
    for index in range(number):
        yield str(index).encode().ljust(size, b".")


def count_zipped(request, context):
    context.set_compression(grpc.Compression.Gzip)
    yield from count(request, context)


def fail_after(request, context):
    context.send_initial_metadata((("x-initial", "yes"),))
    for index in range(int(request)):
        yield str(index).encode()
    fail(request, context, ("x-trailer", "end"))


def fail_with_pushback(request, context):
    context.set_trailing_metadata((("grpc-retry-pushback-ms", request.decode()),))
    context.abort(grpc.StatusCode.UNAVAILABLE, "later")


produced = 0
left = threading.Semaphore(0)


def endless(request, context):
    global produced
    context.add_callback(left.release)
    while True:
        yield b"e" * int(request)
        produced += 1


def quiet(request, context):
    gone = threading.Event()
    context.add_callback(left.release)
    context.add_callback(gone.set)
    yield str(context.time_remaining() is None or context.time_remaining() > 1e9).encode()
    gone.wait(30)


def has_left(request, context):
    return str(left.acquire(timeout=10)).encode()


def total(requests, context):
    return str(sum(int(request) for request in requests)).encode()


def end_sum(requests, context):
    """Answers after the first message, whatever follows."""
    return next(requests)


def stuck(requests, context):
    """Reads nothing until it is told to by metadata, then echoes sizes."""
    time.sleep(float(dict(context.invocation_metadata()).get("x-sleep", "0")))
    yield from (str(len(request)).encode() for request in requests)


METHODS = {
    "Echo": echo, "Fail": fail, "Slow": slow, "Big": big, "Gzip": zipped, "Headers": headers, "Pushback": fail_with_pushback,
    "Produced": lambda request, context: str(produced).encode(), "Left": has_left,
}
SERVER_STREAMS = {"Count": count, "CountGzip": count_zipped, "FailAfter": fail_after, "Endless": endless, "Quiet": quiet}
CLIENT_STREAMS = {"Sum": total, "EndSum": end_sum}
BOTH_WAYS = {"Chat": lambda requests, context: requests, "Stuck": stuck}


class Handlers(grpc.GenericRpcHandler):
    def service(self, details):
        name = details.method.removeprefix("/test.Echo/")
        for methods, handler in (
            (METHODS, grpc.unary_unary_rpc_method_handler), (SERVER_STREAMS, grpc.unary_stream_rpc_method_handler),
            (CLIENT_STREAMS, grpc.stream_unary_rpc_method_handler), (BOTH_WAYS, grpc.stream_stream_rpc_method_handler),
        ):
            if name in methods:
                return handler(methods[name])
        return None


settings = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)]
if options.max_streams:
    settings.append(("grpc.max_concurrent_streams", options.max_streams))
if options.max_age_ms:
    settings += [("grpc.max_connection_age_ms", options.max_age_ms), ("grpc.max_connection_age_grace_ms", 5000)]
server = grpc.server(futures.ThreadPoolExecutor(32), handlers=(Handlers(),), options=settings)
address = f"127.0.0.1:{options.port}"
if options.tls_cert:
    pair = (open(options.tls_key, "rb").read(), open(options.tls_cert, "rb").read())
    port = server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
else:
    port = server.add_insecure_port(address)
server.start()
print(port, flush=True)
sys.stdin.read()
server.stop(0)
