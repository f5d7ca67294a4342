"""Our own .proto files against Envoy's published descriptors: same numbers, types and labels under the same names."""

import importlib
import pathlib

import grpc_tools
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROTOS = ROOT / "Sources" / "Formats" / "EnvoyAPI" / "Protos"
# In Envoy 1.40 and not yet in what is published of it; a real Envoy takes it (Tests/EndToEnd/test_envoy_resources.py).
NEWER = {("envoy.extensions.filters.http.compressor.v3.Compressor.CommonDirectionConfig", "content_type_matcher")}
MODULES = [
    "service.runtime.v3.rtds", "config.bootstrap.v3.bootstrap",
    "config.listener.v3.listener", "config.listener.v3.quic_config", "config.cluster.v3.cluster", "config.route.v3.route",
    "config.endpoint.v3.endpoint", "config.trace.v3.opentelemetry",
    "extensions.filters.network.http_connection_manager.v3.http_connection_manager",
    "extensions.filters.http.jwt_authn.v3.config", "extensions.filters.http.local_ratelimit.v3.local_rate_limit",
    "extensions.filters.http.ratelimit.v3.rate_limit", "extensions.filters.http.oauth2.v3.oauth",
    "extensions.filters.http.router.v3.router", "extensions.filters.http.compressor.v3.compressor",
    "extensions.filters.http.header_mutation.v3.header_mutation", "extensions.filters.listener.tls_inspector.v3.tls_inspector",
    "extensions.compression.gzip.compressor.v3.gzip", "extensions.compression.brotli.compressor.v3.brotli",
    "extensions.transport_sockets.tls.v3.tls", "extensions.transport_sockets.quic.v3.quic_transport",
    "extensions.upstreams.http.v3.http_protocol_options", "extensions.access_loggers.file.v3.file",
    "extensions.retry.host.previous_hosts.v3.previous_hosts",
    "extensions.resource_monitors.downstream_connections.v3.downstream_connections",
]


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    out = tmp_path_factory.mktemp("envoy") / "ours.pb"
    standard = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    files = map(str, sorted(PROTOS.glob("*.proto")))
    failed = protoc.main(["protoc", f"-I{PROTOS}", f"-I{standard}", f"--descriptor_set_out={out}", *files])
    assert not failed
    return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())


@pytest.fixture(scope="module")
def theirs():
    for module in MODULES:
        importlib.import_module(f"envoy.{module}_pb2")
    return descriptor_pool.Default()


def messages(prefix, declared):
    for message in declared:
        name = f"{prefix}.{message.name}"
        yield name, message
        yield from messages(name, [m for m in message.nested_type if not m.options.map_entry])


def test_every_field_is_envoys(ours, theirs):
    checked = 0
    for file in ours.file:
        for name, message in messages(file.package, file.message_type):
            published = descriptor_pb2.DescriptorProto()
            theirs.FindMessageTypeByName(name).CopyToProto(published)
            known = {field.name: field for field in published.field}
            for field in message.field:
                if (name, field.name) in NEWER:
                    assert field.name not in known, "it is published now"
                    continue
                other = known[field.name]
                assert (field.number, field.type, field.label, field.type_name) == (
                    other.number, other.type, other.label, other.type_name), f"{name}.{field.name}"
                checked += 1
    assert checked > 300


def test_every_enum_value_is_envoys(ours, theirs):
    def enums(prefix, declared, nested):
        yield from ((f"{prefix}.{enum.name}", enum) for enum in declared)
        for message in nested:
            yield from enums(f"{prefix}.{message.name}", message.enum_type, message.nested_type)

    for file in ours.file:
        for name, enum in enums(file.package, file.enum_type, file.message_type):
            published = {value.name: value.number for value in theirs.FindEnumTypeByName(name).values}
            for value in enum.value:
                assert published[value.name] == value.number, f"{name}.{value.name}"
