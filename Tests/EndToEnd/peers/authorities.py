"""IAM and Billing by grpcio, from the same protos as the demo's: for who asks them, in this process or as one of its own.

What is asked for chooses the answer: a user (of IAM) or tenant (of Billing) may bear the name of a script below.
"""

import argparse
import pathlib
import signal
import threading
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import python_service

IAM, BILLING = "septem.iam.v1.PermissionService", "septem.billing.v1.PlanService"


class Authorities:
    """Both services. Scripts: a status by its name in lower case, `hang` until somebody asks for `release`, `many` names, `large`
    bytes, `short` for a TTL of a second, `strange` for a status of no plan. Everybody else holds `*` or has an active plan."""

    def __init__(self, port=0, tls=None):
        pool = descriptor_pool.DescriptorPool()
        file = pathlib.Path(__file__).with_name("authorities.pb")
        for proto in descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes()).file:
            pool.Add(proto)
        self.answers = {name: pool.FindServiceByName(name).methods[0] for name in (IAM, BILLING)}
        self.permissions = {}
        self.plans = {}
        self.calls = {IAM: [], BILLING: []}
        self.released = threading.Event()
        self.server = grpc.server(futures.ThreadPoolExecutor(64), options=[("grpc.so_reuseport", 0)])
        self.server.add_generic_rpc_handlers(tuple(
            python_service.handler(pool, pool.FindServiceByName(name), self) for name in (IAM, BILLING)))
        address = f"127.0.0.1:{port}"
        self.port = (
            self.server.add_secure_port(address, python_service.credentials(tls)) if tls
            else self.server.add_insecure_port(address))
        self.server.start()

    def reply(self, name, **fields):
        return message_factory.GetMessageClass(self.answers[name].output_type)(**fields)

    def perform(self, script, context):
        """The part of a script that is the same for both."""
        if script == "hang":
            self.released.wait(60)
        elif script == "release":
            self.released.set()
        elif (code := script.upper().replace("-", "_")) in grpc.StatusCode.__members__ and code != "OK":
            context.abort(grpc.StatusCode[code], f"as asked: {script}")

    def ListPermissions(self, request, context):  # noqa: N802, the name of the method
        calls = self.calls[IAM]
        calls.append((request.tenant_id, request.user_id))
        version = len(calls)
        user = request.user_id
        self.perform(user, context)
        names = self.permissions.get((request.tenant_id, user), ["*"])
        if user == "many":
            names = [f"a.b.c{number}" for number in range(4097)]
        elif user == "large":
            names = ["x" * 300_000]
        elif user == "nothing":
            names = []
        return self.reply(IAM, permissions=names, version=version, ttl_seconds=1 if user == "short" else 0)

    def GetPlan(self, request, context):  # noqa: N802
        calls = self.calls[BILLING]
        calls.append(request.tenant_id)
        version = len(calls)
        tenant = request.tenant_id
        self.perform(tenant, context)
        status, exceeded = self.plans.get(tenant, ("ACTIVE", []))
        if tenant in ("suspended", "terminated", "trialing", "past_due"):
            status = tenant.upper()
        elif tenant == "exceeded":
            exceeded = ["crm.contacts"]
        elif tenant == "many":
            exceeded = [f"q{number}" for number in range(257)]
        number = 99 if tenant == "strange" else 0 if tenant == "unsaid" else self.number(status)
        return self.reply(
            BILLING, plan="pro", status=number, exceeded=exceeded, version=version,
            ttl_seconds=1 if tenant == "short" else 0)

    def number(self, status):
        values = self.answers[BILLING].output_type.fields_by_name["status"].enum_type.values_by_name
        return values[f"SUBSCRIPTION_STATUS_{status}"].number

    def stop(self):
        self.released.set()
        self.server.stop(0).wait(10)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls")
    options = parser.parse_args()
    authorities = Authorities(options.port, options.tls)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    print(authorities.port, flush=True)
    stopped.wait()
    authorities.stop()


if __name__ == "__main__":
    main()
