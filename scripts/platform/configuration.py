"""The gateways' platform file and what Valkey is to know: the demo's own file (Examples/platform), spread over everything that `make up` starts."""

import json
import secrets
import shutil
import socket
import subprocess

import yaml

from components import ROOT
from ports import address, port, url

PLATFORM = ROOT / "Examples" / "platform"
# Who is known to the provider of logins, and to nobody else.
BROWSER_USER = ("acme", "ada")


def write(state):
    """A platform file for each gateway: they differ in their ports alone."""
    edge = state / "edge"
    edge.mkdir(exist_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", edge / "edge.key", "-out", edge / "edge.pem"],
        check=True, capture_output=True)
    (edge / "client-secret").write_text("secret")
    (edge / "cookie-key").write_text(secrets.token_hex(32))
    # The demo's modules, whose services are elsewhere here.
    shutil.rmtree(state / "modules", ignore_errors=True)
    shutil.copytree(PLATFORM / "modules", state / "modules")
    for file in (state / "modules").rglob("module.yaml"):
        file.write_text(file.read_text().replace("127.0.0.1:50061", address("data")))
    for name in ("gateway-1", "gateway-2"):
        (state / name / "gateway.yaml").write_text(yaml.safe_dump(platform(state, name), sort_keys=False))


def platform(state, name):
    made = yaml.safe_load((PLATFORM / "gateway.yaml").read_text())
    made["listen"] = {"host": "127.0.0.1", "port": port(name)}
    made["admin"] = {"host": "127.0.0.1", "port": port(f"{name}-admin")}
    made["trusted_proxies"] = ["127.0.0.1"]
    made["issuers"][0]["issuer"] = url("iam")
    made["issuers"][0]["jwks"]["url"] = url("iam") + "/.well-known/jwks.json"
    made["issuers"].append({
        "issuer": url("oidc"), "audiences": ["platform-kernel"], "algorithms": ["RS256"], "tenant_claim": "tenant",
        "jwks": {"url": url("oidc") + "/.well-known/jwks.json"}})
    # Facts of tenants are Valkey's, and who may do what is asked of IAM where Valkey has no copy.
    made["valkey"] = {"url": f"valkey://{address('valkey')}"}
    del made["tenants"]
    made["permissions"] = {"iam": {"addresses": [address("iam-grpc")]}}
    made["modules"] = {"folder": str(state / "modules"), "valkey": True}
    for service, place in zip(made["services"], ("data", "files"), strict=True):
        service["addresses"] = [address(place)]
        for key in ("openapi", "descriptors"):
            if key in service:
                service[key] = str(PLATFORM / service[key])
    made["health"] = {"components": [
        {"name": "postgresql", "kind": "postgresql", "address": address("postgresql"), "user": "postgres", "database": "postgres",
         "password_file": secret(state, "secret")},
        {"name": "clickhouse", "kind": "clickhouse", "address": address("clickhouse")},
        {"name": "kafka", "kind": "kafka", "address": address("kafka")},
        {"name": "rabbitmq", "kind": "rabbitmq", "address": address("rabbitmq"), "critical": False, "user": "guest",
         "password_file": secret(state, "guest")},
        {"name": "valkey", "kind": "valkey", "address": address("valkey")},
        {"name": "s3", "kind": "s3", "address": address("s3"), "user": "septem", "database": "api-specs", "password_file": secret(state, "secret")},
        {"name": "gofeatureflag", "kind": "gofeatureflag", "address": address("flags")},
        {"name": "envoy", "kind": "envoy", "address": address("envoy-admin")},
    ]}
    made["audit"] = {"folder": str(state / name / "audit"), "kafka": {"brokers": [address("kafka")]}}
    made["flags"] = {"relay": {"url": url("flags"), "copy": str(state / name / "flags.json")}}
    made["versions"] = {
        "folder": str(state / name / "api-specs"), "interval": "2s",
        "s3": {"url": url("s3"), "bucket": "api-specs", "access_key": "septem", "secret_key_file": secret(state, "secret")}}
    edge = state / "edge"
    made["envoy"] = {
        "control": {"host": "127.0.0.1", "port": port(f"{name}-control")},
        "replicas": [address("gateway-1"), address("gateway-2")],
        "listeners": [{"name": "public", "host": "127.0.0.1", "port": port("envoy"), "http3": True, "tls": {
            "certificates": [{"certificate": str(edge / "edge.pem"), "key": str(edge / "edge.key")}]}}],
        "compression": {}, "access_log": "off",
        "login": {
            "paths": ["/api/v1/data"], "authorization_endpoint": url("oidc") + "/authorize", "token_endpoint": url("oidc") + "/token",
            "end_session_endpoint": url("oidc") + "/logout", "client_id": "septem", "client_secret_file": str(edge / "client-secret"),
            "cookie_key_file": str(edge / "cookie-key")},
    }
    return made


def secret(state, text):
    """A file with a password of a server that everybody here may know."""
    file = state / "edge" / f"password-{text}"
    file.write_text(text)
    return str(file)


def seed():
    """What each tenant has, as docs/tenants.md names it."""
    tenants = yaml.safe_load((PLATFORM / "gateway.yaml").read_text())["tenants"]
    commands = [("SADD", "rbac:" + ":".join(BROWSER_USER), "*")]
    for tenant, facts in tenants.items():
        for module in facts.get("modules", []):
            commands.append(("SADD", f"modules:active:{tenant}", module))
        if "rate" in facts:
            commands.append(("SET", f"rate_limit:config:{tenant}", json.dumps(facts["rate"])))
    with socket.create_connection(("127.0.0.1", port("valkey")), timeout=10) as connection:
        stream = connection.makefile("rwb")
        for command in commands:
            stream.write(b"*%d\r\n" % len(command))
            for part in map(str.encode, command):
                stream.write(b"$%d\r\n%s\r\n" % (len(part), part))
        stream.flush()
        for command in commands:
            answer = stream.readline()
            if not answer or answer.startswith(b"-"):
                raise RuntimeError(f"Valkey to {command[0]}: {answer.decode(errors='replace').strip()}")
