"""A gRPC service on grpcio: Basics and Everything with reflection and status details. The first line it prints is its port.

    python_service.py [--reflection v1alpha,v1 | --reflection none] [--tls CERTIFICATE]

grpcio itself knows v1alpha alone; v1 is the same service under its newer name. With --tls it speaks TLS as peer.example, with a
certificate made on the spot and written to that file.
"""

import argparse
import datetime
import pathlib
import signal
import threading
from concurrent import futures

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, duration_pb2, message_factory
from google.rpc import error_details_pb2 as rpc
from google.rpc import status_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2
from grpc_status import rpc_status

DESCRIPTORS = pathlib.Path(__file__).with_name("peers.pb")
PACKAGE = "septem.peers.v1"
DETAILS = (
    "bad_request", "retry_info", "error_info", "quota_failure", "resource_info", "precondition_failure", "localized_message",
    "help", "debug_info", "request_info")


def pool():
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file:
        pool.Add(file)
    return pool


def detail(name, problem):
    """The same for every peer, so that one test fits all."""
    if name == "bad_request":
        return rpc.BadRequest(field_violations=[
            rpc.BadRequest.FieldViolation(field=field, description=f"{field} is not right") for field in problem.bad_fields])
    if name == "retry_info":
        return rpc.RetryInfo(retry_delay=duration_pb2.Duration(seconds=2, nanos=500_000_000))
    if name == "error_info":
        return rpc.ErrorInfo(reason="STOCK_EMPTY", domain="shop.example", metadata={"shelf": "7"})
    if name == "quota_failure":
        return rpc.QuotaFailure(
            violations=[rpc.QuotaFailure.Violation(subject="tenant:acme", description="Daily limit reached")])
    if name == "resource_info":
        return rpc.ResourceInfo(
            resource_type="shop.Item", resource_name="items/7", owner="user:ada", description="The item is gone")
    if name == "precondition_failure":
        return rpc.PreconditionFailure(violations=[
            rpc.PreconditionFailure.Violation(type="TERMS", subject="shop.example", description="Terms not accepted")])
    if name == "localized_message":
        return rpc.LocalizedMessage(locale="de-CH", message="Das Regal ist leer.")
    if name == "help":
        return rpc.Help(links=[
            rpc.Help.Link(description="What to do", url="https://shop.example/help"),
            rpc.Help.Link(description="Not a link", url="javascript:alert(1)")])
    if name == "debug_info":
        return rpc.DebugInfo(stack_entries=["secret.py:1"], detail="secret detail")
    if name == "request_info":
        return rpc.RequestInfo(request_id="internal-1", serving_data="secret serving data")
    return None


class Service:
    """Every method of both services, by name."""

    def __init__(self, message):
        self.message = message
        self.lock = threading.Lock()
        self.attempts = {}

    def attempt(self, key):
        with self.lock:
            self.attempts[key] = self.attempts.get(key, 0) + 1
            return self.attempts[key]

    def fail(self, request, context, attempt=1):
        """Ends the call with the status asked for, unless this one is to succeed."""
        tenant = dict(context.invocation_metadata()).get("x-tenant-id", "")
        if request.code == 0 or 0 < request.times < attempt or request.tenant not in ("", tenant):
            return
        if request.retry_pushback:
            context.set_trailing_metadata((("grpc-retry-pushback-ms", request.retry_pushback),))
        status = status_pb2.Status(code=request.code, message=request.message)
        for name in DETAILS if request.problem.everything else request.problem.details:
            if (message := detail(name, request.problem)) is not None:
                packed = any_pb2.Any()
                packed.Pack(message)
                status.details.append(packed)
        outcome = rpc_status.to_status(status)
        if not status.details:
            context.abort(outcome.code, outcome.details)
        # `abort_with_status` would put its trailers in the place of ours.
        context.set_trailing_metadata((*(context.trailing_metadata() or ()), *outcome.trailing_metadata))
        context.abort(outcome.code, outcome.details)

    def Echo(self, request, context):
        metadata = {}
        for name, value in context.invocation_metadata():
            if not name.endswith("-bin"):
                metadata[name] = f"{metadata[name]},{value}" if name in metadata else value
        return self.message("EchoReply")(
            text=request.text, number=request.number, words=request.words, metadata=metadata,
            attempt=self.attempt(f"echo {request.text}"))

    def Fail(self, request, context):
        attempt = self.attempt(f"fail {request.message}")
        self.fail(request, context, attempt)
        return self.message("EchoReply")(text=request.message, attempt=attempt)

    def Sleep(self, request, context):
        self.wait(request.milliseconds, context)
        return self.message("EchoReply")(text="slept")

    def Count(self, request, context):
        number = 1
        while True:
            if request.HasField("failure") and number > request.fail_after:
                self.fail(request.failure, context)
            if number > request.count or not self.wait(request.delay_milliseconds, context):
                return
            yield self.message("Tick")(number=number, padding="x" * request.padding_bytes)
            number += 1

    def Mirror(self, request, context):
        return request

    def Sum(self, requests, context):
        values = [request.value for request in requests]
        return self.message("Total")(sum=sum(values), count=len(values))

    def Upload(self, requests, context):
        parts = list(requests)
        if any(part.content_type != "text/plain" for part in parts):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "not text")
        return self.message("Total")(sum=sum(sum(part.data) for part in parts), count=len(parts))

    def Chat(self, requests, context):
        try:
            for request in requests:
                if request.text == "fail":
                    context.abort(grpc.StatusCode.ABORTED, "as asked")
                yield request
        except grpc.RpcError:
            # The next Echo of this text says how often.
            self.attempt("echo cancelled")
            raise

    def Raw(self, request, context):
        return request

    def Download(self, request, context):
        for index in range(request.pieces):
            yield message_of(self.pool, "google.api.HttpBody")(
                content_type=request.content_type, data=bytes([65 + index % 26]) * request.piece_bytes)

    @staticmethod
    def wait(milliseconds, context):
        """False when the caller left before."""
        if milliseconds <= 0:
            return context.is_active()
        left = threading.Event()
        if not context.add_callback(left.set):
            return False
        return not left.wait(milliseconds / 1000)


def message_of(pool, name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


HANDLERS = {
    (False, False): grpc.unary_unary_rpc_method_handler, (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler, (True, True): grpc.stream_stream_rpc_method_handler,
}


def handler(pool, descriptor, service):
    """The methods of one service, as its descriptor says they are."""
    methods = {}
    for method in descriptor.methods:
        read = message_factory.GetMessageClass(method.input_type).FromString
        methods[method.name] = HANDLERS[method.client_streaming, method.server_streaming](
            getattr(service, method.name), read, lambda reply: reply.SerializeToString())
    return grpc.method_handlers_generic_handler(descriptor.full_name, methods)


def reflection_handler(version, names, pool):
    servicer = reflection.ReflectionServicer(names, pool=pool)
    stream = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo, reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString)
    return grpc.method_handlers_generic_handler(
        f"grpc.reflection.{version}.ServerReflection", {"ServerReflectionInfo": stream})


def credentials(file):
    """A key, and a certificate for peer.example that signs itself; the certificate also in `file`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peer.example")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("peer.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(key, hashes.SHA256()))
    chain = certificate.public_bytes(serialization.Encoding.PEM)
    pathlib.Path(file).write_bytes(chain)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return grpc.ssl_server_credentials([(pem, chain)])


class PythonPeer:
    """The server inside this process, on a port of its own unless told one."""

    def __init__(self, reflection_versions=("v1alpha",), tls=None, port=0):
        types = pool()
        self.service = Service(lambda name: message_of(types, f"{PACKAGE}.{name}"))
        self.service.pool = types
        names = [f"{PACKAGE}.{name}" for name in ("Basics", "Everything")]
        handlers = [handler(types, types.FindServiceByName(name), self.service) for name in names]
        listed = [*names, *(f"grpc.reflection.{version}.ServerReflection" for version in reflection_versions)]
        handlers += [reflection_handler(version, listed, types) for version in reflection_versions]
        self.server = grpc.server(
            futures.ThreadPoolExecutor(32), handlers=tuple(handlers), options=[("grpc.so_reuseport", 0)])
        address = f"127.0.0.1:{port}"
        self.port = (
            self.server.add_secure_port(address, credentials(tls)) if tls else self.server.add_insecure_port(address))
        self.server.start()

    def stop(self):
        self.server.stop(0).wait(10)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reflection", default="v1alpha")
    parser.add_argument("--tls")
    options = parser.parse_args()
    peer = PythonPeer(() if options.reflection == "none" else tuple(options.reflection.split(",")), options.tls)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    print(peer.port, flush=True)
    stopped.wait()
    peer.stop()


if __name__ == "__main__":
    main()
