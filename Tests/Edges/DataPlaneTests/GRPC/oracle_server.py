"""A gRPC server by grpcio for the upstream's tests; the first line it prints is its port.

    oracle_server.py [--port N] [--max-streams N] [--max-age-ms N] [--tls-cert FILE --tls-key FILE]
Methods of `test.Echo`, without messages' types: Echo, Fail, Slow, Big, Gzip, Headers.
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


def fail(request, context):
    context.set_trailing_metadata((("grpc-status-details-bin", b"\x08\x05\x12\x04gone"),))
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


METHODS = {"Echo": echo, "Fail": fail, "Slow": slow, "Big": big, "Gzip": zipped, "Headers": headers}


class Handlers(grpc.GenericRpcHandler):
    def service(self, details):
        method = METHODS.get(details.method.removeprefix("/test.Echo/"))
        return method and grpc.unary_unary_rpc_method_handler(method)


settings = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)]
if options.max_streams:
    settings.append(("grpc.max_concurrent_streams", options.max_streams))
if options.max_age_ms:
    settings += [("grpc.max_connection_age_ms", options.max_age_ms), ("grpc.max_connection_age_grace_ms", 5000)]
server = grpc.server(futures.ThreadPoolExecutor(16), handlers=(Handlers(),), options=settings)
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
