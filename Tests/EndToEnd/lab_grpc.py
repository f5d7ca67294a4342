"""A gRPC upstream with scripted answers: GetRecord of the id NAME runs the script NAME."""

import threading
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from rig import PLATFORM


def message_classes():
    """The messages of the Data Layer from the descriptor set the gateway reads."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString((PLATFORM / "data.pb").read_bytes()).file:
        pool.Add(file)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"septem.data.v1.{name}"))


class LabService(grpc.GenericRpcHandler):
    """Every grpc status by its name in lower case, and a few scripts more."""

    def __init__(self):
        self.message = message_classes()
        self.metadata = {}
        self.deadline = None
        self.calls = 0
        self.release = threading.Event()

    def service(self, details):
        if details.method != "/septem.data.v1.DataService/GetRecord":
            return None
        return grpc.unary_unary_rpc_method_handler(
            self.get, self.message("GetRecordRequest").FromString, lambda reply: reply.SerializeToString())

    def get(self, request, context):
        self.calls += 1
        self.metadata = dict(context.invocation_metadata())
        self.deadline = context.time_remaining()
        name = request.id
        reply = self.message("Record")(module=request.module, model=request.model, id=name)
        if name == "hang":
            self.release.wait(30)
        elif name == "slow":
            time.sleep(1)
        elif name == "large":
            # Many DATA frames and several windows.
            reply.data.update({"text": "x" * 3_000_000})
        elif name == "gzip":
            context.set_compression(grpc.Compression.Gzip)
            reply.data.update({"text": "compress me " * 1000})
        elif (code := name.upper().replace("-", "_")) in grpc.StatusCode.__members__ and code != "OK":
            context.abort(grpc.StatusCode[code], f"as asked: {name}")
        return reply


class LabGRPC:
    def __init__(self, port=0, options=()):
        self.service = LabService()
        self.server = grpc.server(
            futures.ThreadPoolExecutor(32), handlers=(self.service,), options=[("grpc.so_reuseport", 0), *options])
        self.port = self.server.add_insecure_port(f"127.0.0.1:{port}")
        self.server.start()

    def stop(self):
        self.service.release.set()
        self.server.stop(0).wait(10)
