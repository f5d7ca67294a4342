"""The demo's IAM and Billing: what it says over gRPC, and that a change is there at once."""

import json
import pathlib
import urllib.error
import urllib.request

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from peer_programs import PEERS, grpcurl
from rig import BIN, ROOT, Program, free_port, is_listening
from valkey_server import Valkey, newest

MEMBER, STRANGER = "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0a02", "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0aff"
RIGHTS = ["crm.contacts.read", "crm.notes.read", "files.file.read", "files.file.write"]
IAM, BILLING = "septem.iam.v1.PermissionService/ListPermissions", "septem.billing.v1.PlanService/GetPlan"


class DemoIAM(Program):
    def __init__(self, folder, *arguments):
        self.grpc_port = free_port()
        port = free_port()
        super().__init__(
            f"iam-{port}",
            [BIN / "demo-iam", "--port", port, "--grpc-port", self.grpc_port, "--keys", pathlib.Path(folder) / "keys", *arguments],
            folder, port)
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString((PEERS / "authorities.pb").read_bytes()).file:
            pool.Add(file)
        self.pool = pool

    def start(self, is_up=None):
        return super().start(lambda: is_listening(self.port) and is_listening(self.grpc_port))

    def ask(self, method, **fields):
        """The answer of gRPC, or the name of its status."""
        service, name = method.split("/")
        descriptor = self.pool.FindServiceByName(service).FindMethodByName(name)
        with grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}") as channel:
            call = channel.unary_unary(
                "/" + method, lambda message: message.SerializeToString(),
                message_factory.GetMessageClass(descriptor.output_type).FromString)
            try:
                return call(message_factory.GetMessageClass(descriptor.input_type)(**fields), timeout=20)
            except grpc.RpcError as error:
                return error.code().name

    def rights(self, user=MEMBER, tenant="acme"):
        answer = self.ask(IAM, tenant_id=tenant, user_id=user)
        return answer if isinstance(answer, str) else list(answer.permissions)

    def post(self, path, body):
        """The status and the body of an answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, None


@pytest.fixture(scope="module")
def iam(tmp_path_factory):
    program = DemoIAM(tmp_path_factory.mktemp("iam")).start()
    yield program
    program.kill()


def test_says_what_a_user_of_a_tenant_holds(iam):
    assert iam.rights() == RIGHTS
    assert iam.rights(MEMBER, "globex") == "NOT_FOUND", "another tenant has no such user"
    assert iam.rights(STRANGER) == "NOT_FOUND"
    assert iam.post("/token", {"user": "owner@acme"})[0] == 200


def test_a_change_of_roles_is_there_at_once(iam):
    before = iam.ask(IAM, tenant_id="acme", user_id=MEMBER).version
    status, answer = iam.post("/users/member@acme/roles", {"roles": ["admin"]})
    assert (status, answer["permissions"]) == (200, ["*"])
    after = iam.ask(IAM, tenant_id="acme", user_id=MEMBER)
    assert list(after.permissions) == ["*"] and after.version > before
    assert iam.post("/users/member@acme/roles", {"roles": []})[0] == 200
    assert iam.rights() == [], "without a role a user is known and holds nothing"
    assert iam.post("/users/member@acme/roles", {"roles": ["member"]})[0] == 200
    assert iam.rights() == RIGHTS


def test_roles_and_users_that_are_none_are_refused(iam):
    assert iam.post("/users/member@acme/roles", {"roles": ["emperor"]})[0] == 400
    assert iam.post("/users/nobody@acme/roles", {"roles": ["member"]})[0] == 404
    assert iam.rights() == RIGHTS


def test_says_which_plan_a_tenant_has(iam):
    plan = iam.ask(BILLING, tenant_id="globex")
    assert (plan.plan, plan.status, list(plan.exceeded)) == ("starter", 1, [])
    body = {"plan": "starter", "status": "suspended", "exceeded": ["crm.contacts"]}
    assert iam.post("/plans/globex", body) == (200, body)
    plan = iam.ask(BILLING, tenant_id="globex")
    assert (plan.plan, plan.status, list(plan.exceeded)) == ("starter", 4, ["crm.contacts"])
    assert iam.ask(BILLING, tenant_id="initech") == "NOT_FOUND"
    assert iam.post("/plans/globex", {"plan": "starter", "status": "paused"})[0] == 400
    assert iam.post("/plans/initech", body)[0] == 404


def test_grpcurl_reads_the_protos_as_they_are_published(iam):
    answer = grpcurl(
        "-import-path", ROOT / "Examples" / "protos", "-proto", "septem/iam/v1/iam.proto",
        "-d", json.dumps({"tenant_id": "acme", "user_id": MEMBER}), f"127.0.0.1:{iam.grpc_port}", IAM)
    assert json.loads(answer)["permissions"] == RIGHTS


def test_deletes_the_key_of_what_has_changed_and_no_other(tmp_path):
    valkey = Valkey(tmp_path, newest()).start()
    iam = DemoIAM(tmp_path, "--valkey", valkey.url).start()
    try:
        keys = [f"rbac:acme:{MEMBER}", f"rbac:globex:{MEMBER}", "plan_info:acme", "plan_info:globex"]
        for key in keys:
            valkey.call("SET", key, "x")
        assert iam.post("/users/member@acme/roles", {"roles": ["admin"]})[0] == 200
        assert [valkey.call("EXISTS", key) for key in keys] == [0, 1, 1, 1]
        assert iam.post("/plans/acme", {"plan": "pro", "status": "past_due"})[0] == 200
        assert [valkey.call("EXISTS", key) for key in keys] == [0, 1, 0, 1]
    finally:
        iam.kill()
        valkey.kill()


def test_without_a_port_there_is_no_grpc_and_it_ends_when_told(tmp_path):
    port = free_port()
    alone = Program("iam", [BIN / "demo-iam", "--port", port, "--keys", tmp_path / "keys"], tmp_path, port).start()
    assert alone.stop() == 0
    both = DemoIAM(tmp_path).start()
    assert both.stop() == 0
