"""gRPC as bytes: framed messages and statuses, and a gateway whose peers clients may call by gRPC themselves."""

import base64
import urllib.parse

import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.rpc import error_details_pb2, status_pb2

from conftest import document, service_entry
from peer_programs import PEERS
from rig import Gateway, free_port

PACKAGE = "septem.peers.v1"
NATIVE, WEB, TEXT = "application/grpc", "application/grpc-web+proto", "application/grpc-web-text"

_pool = descriptor_pool.DescriptorPool()
for _file in descriptor_pb2.FileDescriptorSet.FromString((PEERS / "peers.pb").read_bytes()).file:
    _pool.Add(_file)


def message(name, **fields):
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))(**fields)


def parsed(name, data):
    return type(message(name)).FromString(data)


def frame(data, flag=0):
    content = data if isinstance(data, bytes) else data.SerializeToString()
    return bytes([flag]) + len(content).to_bytes(4, "big") + content


def frames(body):
    """The (flag, content) of each frame, all of them whole."""
    found = []
    while body:
        flag, length = body[0], int.from_bytes(body[1:5], "big")
        assert len(body) >= 5 + length, "the last frame is cut off"
        found.append((flag, body[5:5 + length]))
        body = body[5 + length:]
    return found


def decoded(text):
    """The bytes of base64 in pieces, each padded by itself."""
    return b"".join(base64.b64decode(text[start:start + 4], validate=True) for start in range(0, len(text), 4))


class Outcome:
    """What a gRPC client sees: messages, then a status with its fields."""

    def __init__(self, answer, kind):
        assert answer.status == 200, answer
        assert answer.header("content-type") == kind, answer
        self.answer = answer
        body = decoded(answer.body) if kind.startswith("application/grpc-web-text") else answer.body
        self.messages = [content for flag, content in frames(body) if flag < 0x80]
        ends = [content for flag, content in frames(body) if flag == 0x80]
        if answer.header("grpc-status") is not None:
            assert not body and not answer.trailers, "headers that are all of it"
            fields = answer.headers
        elif kind.startswith("application/grpc-web"):
            assert len(ends) == 1 and not answer.trailers and frames(body)[-1][0] == 0x80
            fields = [tuple(line.split(": ", 1)) for line in ends[0].decode().split("\r\n") if line]
        else:
            assert not ends
            fields = answer.trailers
        self.fields = {name.lower(): value for name, value in fields}
        assert sum(name.lower() == "grpc-status" for name, _ in fields) == 1, fields
        self.code = int(self.fields["grpc-status"])
        self.message = urllib.parse.unquote(self.fields.get("grpc-message", ""))

    @property
    def details(self):
        text = self.fields["grpc-status-details-bin"]
        return status_pb2.Status.FromString(base64.b64decode(text + "=" * (-len(text) % 4)))

    def detail(self, name):
        kind = getattr(error_details_pb2, name)
        found = [detail for detail in self.details.details if detail.type_url == f"type.googleapis.com/google.rpc.{name}"]
        assert len(found) == 1, self.details
        return kind.FromString(found[0].value)


def call(wire, method, body, kind=NATIVE, headers=()):
    """One call with a whole request, and its outcome."""
    begin(wire, method, kind, headers)
    if kind.startswith("application/grpc-web-text"):
        body = base64.b64encode(body)
    wire.send((chunk(body) if body else b"") + b"0\r\n\r\n")
    return Outcome(wire.response("POST"), kind)


def begin(wire, method, kind=NATIVE, headers=(), te="TE: trailers\r\n"):
    fields = "".join(f"{name}: {value}\r\n" for name, value in dict(headers).items())
    trailers = "" if kind.startswith("application/grpc-web") else te
    wire.send((
        f"POST /{PACKAGE}.{method} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n"
        f"{trailers}{fields}\r\n").encode())


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def peer_document():
    def operation(method, body="*", **more):
        content = {"requestBody": {"content": {"application/json": {}}}} if body else {}
        grpc = {"method": f"{PACKAGE}.{method}"} | ({"body": body} if body else {})
        return {"x-grpc": grpc, "responses": {"default": {"description": "what the peer says"}}} | content | more

    def parameter(name):
        return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}]

    private = {"security": [{"bearer": []}], "x-permission": "crm.contacts.write"}
    return document("peer", {
        "/echo": {"post": operation("Basics/Echo")},
        "/fail/{code}": {"parameters": parameter("code"), "post": operation("Basics/Fail"), "get": operation("Basics/Fail", None)},
        "/sleep/{milliseconds}": {
            "parameters": parameter("milliseconds"), "get": operation("Basics/Sleep", None, **private, **{"x-timeout": "1s"})},
        "/count/{count}": {"parameters": parameter("count"), "get": operation("Basics/Count", None)},
        "/sum": {"post": operation("Everything/Sum")},
        "/chat": {"post": operation("Everything/Chat")},
        "/raw": {"post": operation("Everything/Raw"), "put": operation("Everything/Raw", **private)},
        "/download/{pieces}": {
            "parameters": parameter("pieces"),
            "get": operation("Everything/Download", None) | {"security": [{"bearer": []}], "x-permission": "crm.{pieces}.read"}},
        "/mirror": {"post": operation("Everything/Mirror") | {
            "x-grpc": {"method": f"{PACKAGE}.Everything/Mirror", "body": "*", "bind": {"text": "fixed"}}}},
    })


def peer_gateway(folder, peer, issuers=(), **more):
    """A gateway before one peer; `more` goes into its entry."""
    (folder / "peer.yaml").write_text(yaml.safe_dump(peer_document(), sort_keys=False))
    entry = service_entry("peer", "grpc", peer.port, folder) | {
        "descriptors": str(PEERS / "peers.pb"), "breaker": {"enabled": False}, "retry": {"attempts": 0}, "grpc_clients": True}
    configuration = {
        "listen": {"host": "127.0.0.1", "port": free_port()}, "admin": {"host": "127.0.0.1", "port": free_port()},
        "loops": 1, "rate_limits": {"user": "off", "address": "off"}, "limits": {"upstream_idle_timeout": "2s"},
        "permissions": {"roles": {"admin": ["*"], "member": ["crm.contacts.read"]}}, "services": [entry | more],
    }
    if issuers:
        configuration["issuers"] = list(issuers)
    return Gateway(folder, configuration, f"gateway-{free_port()}")
