"""A real Envoy accepts what the gateway would tell it (`envoy --mode validate`), for platforms of different kinds."""

import copy
import json
import shutil
import subprocess
import sys

import pytest
from envoy_server import envoy_program
from rig import BIN

VALIDATE_SECONDS = 60

OPENAPI = """
openapi: 3.1.0
info: { title: files, version: "1" }
paths:
  /api/v1/files/{id}: { get: { operationId: read, responses: { "200": { description: ok } } } }
  /api/v1/files/shared/{id}: { get: { operationId: shared, security: [], responses: { "200": { description: ok } } } }
  /api/v1/files/live: { get: { operationId: live, x-websocket: true, responses: { "200": { description: ok } } } }
security: [{ token: [] }]
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
"""
# Of RFC 7515, appendix A.3.1: an Envoy takes no set without a key.
KEY = {
    "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "one", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
BASE = """
trusted_proxies: [127.0.0.1]
issuers: [{ issuer: https://iam.example, jwks: { file: keys.json } }]
services: [{ name: files, protocol: http, addresses: ["127.0.0.1:9"], openapi: files.yaml }]
"""
TLS = "{ certificates: [{ certificate: a.pem, key: a.key, server_names: [localhost] }, { certificate: b.pem, key: b.key }] }"
LOGIN = """{ paths: [/app], authorization_endpoint: "https://l.example/a", token_endpoint: "https://l.example/t",
  end_session_endpoint: "https://l.example/e", scopes: [openid, profile], client_id: c, client_secret_file: secret, cookie_key_file: cookies }"""
PLATFORMS = {
    "plain": "envoy: {}",
    "names": 'envoy: { replicas: ["gateway.internal:8080", "127.0.0.1:8080"] }',
    "limits": "envoy: { rate_limits: { enforced_by: envoy, on_failure: closed }, tokens: { refused_by: envoy } }",
    "no-limits": "envoy: { rate_limits: { tenant_per_second: off }, access_log: off }",
    "tls": f"envoy: {{ listeners: [{{ port: 8443, tls: {TLS} }}, {{ name: plain, port: 8080, trusted_hops: 1 }}] }}",
    "tls13": f'envoy: {{ listeners: [{{ port: 8443, tls: {TLS[:-1]}, min_version: "1.3" }} }}] }}',
    "http3": f"envoy: {{ listeners: [{{ port: 8443, http3: true, tls: {TLS} }}] }}",
    "compression": "envoy: { compression: { min_bytes: 512 } }",
    "login": f"envoy: {{ login: {LOGIN} }}",
    "origins": 'envoy: {}\ncors: { default: { origins: ["https://*.example.com", "null"], exposed_headers: [X-A] } }',
}




@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("envoy")
    (folder / "files.yaml").write_text(OPENAPI)
    (folder / "keys.json").write_text(json.dumps({"keys": [KEY]}))
    (folder / "secret").write_text("s3cret\n")
    (folder / "cookies").write_text("0123456789abcdef0123456789abcdef\n")
    for name in "ab":
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / f"{name}.key",
             "-out", folder / f"{name}.pem"], check=True, capture_output=True)
    return folder


def gateway(*arguments):
    return subprocess.run([BIN / "gateway", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def dump(path):
    answer = gateway("xds", "dump", "--config", path, "--output", "json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)["resources"]


def walk(value, visit):
    """Calls `visit` with every mapping, the inner ones first."""
    for child in list(value.values() if isinstance(value, dict) else value if isinstance(value, list) else []):
        walk(child, visit)
    if isinstance(value, dict):
        visit(value)


def static(resources, bootstrap, folder):
    """The same as one static configuration: what comes over ADS stands where it is referred to."""
    by_kind = {kind: {} for kind in ("CDS", "EDS", "LDS", "RDS", "SDS", "RTDS")}
    for resource in copy.deepcopy(resources):
        resource["resource"].pop("@type")
        by_kind[resource["kind"]][resource["name"]] = resource["resource"]

    def inline(node):
        if "rds" in node:
            node["routeConfig"] = by_kind["RDS"][node.pop("rds")["routeConfigName"]]
        if "edsClusterConfig" in node:
            node["type"] = "STATIC"
            node["loadAssignment"] = by_kind["EDS"][node.pop("edsClusterConfig")["serviceName"]]
        node.pop("sdsConfig", None)

    configuration = copy.deepcopy(bootstrap)
    configuration.pop("dynamicResources")
    for secret in by_kind["SDS"].values():
        if "tlsCertificate" in secret:
            chain = secret["tlsCertificate"]["certificateChain"]["inlineString"]
            key = next(folder / f"{name}.key" for name in "ab" if (folder / f"{name}.pem").read_text() == chain)
            secret["tlsCertificate"]["privateKey"] = {"inlineString": key.read_text()}
    configuration["layeredRuntime"] = {
        "layers": [{"name": name, "staticLayer": runtime["layer"]} for name, runtime in by_kind["RTDS"].items()]}
    configuration["staticResources"]["listeners"] = list(by_kind["LDS"].values())
    configuration["staticResources"]["clusters"] += by_kind["CDS"].values()
    configuration["staticResources"]["secrets"] = list(by_kind["SDS"].values())
    walk(configuration, inline)
    return configuration


def validate(configuration, folder):
    path = folder / "static.json"
    path.write_text(json.dumps(configuration))
    return subprocess.run(
        [envoy_program(), "--mode", "validate", "-c", path, "--use-dynamic-base-id", "--concurrency", "1"], capture_output=True, text=True,
        timeout=VALIDATE_SECONDS)


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_real_envoy_accepts_what_it_is_told(folder, name):
    platform = folder / "platform.yaml"
    platform.write_text(BASE + PLATFORMS[name])
    bootstrap = gateway("envoy", "bootstrap", "--config", platform, "--envoy-admin", "127.0.0.1:0")
    assert bootstrap.returncode == 0, bootstrap.stderr
    answer = validate(static(dump(platform), json.loads(bootstrap.stdout), folder), folder)
    assert answer.returncode == 0, answer.stderr[-3000:]
    # What Envoy would not take in its next version.
    assert "deprecated" not in answer.stderr.lower(), answer.stderr[-3000:]


def test_validation_can_fail(folder):
    platform = folder / "platform.yaml"
    platform.write_text(BASE + PLATFORMS["plain"])
    resources = dump(platform)
    next(r for r in resources if r["kind"] == "RDS")["resource"]["virtualHosts"][0]["domains"] = []
    bootstrap = json.loads(gateway("envoy", "bootstrap", "--config", platform).stdout)
    assert validate(static(resources, bootstrap, folder), folder).returncode != 0


@pytest.mark.parametrize("mode", [[], ["--state-of-the-world"]])
def test_the_bootstrap_alone_is_valid(folder, mode):
    platform = folder / "platform.yaml"
    platform.write_text(BASE + PLATFORMS["plain"])
    bootstrap = gateway("envoy", "bootstrap", "--config", platform, "--control", "gateway.internal:50051", *mode)
    assert validate(json.loads(bootstrap.stdout), folder).returncode == 0


def test_differences_are_told_and_secrets_are_not(folder):
    old, new = folder / "old.yaml", folder / "new.yaml"
    old.write_text(BASE + PLATFORMS["plain"])
    new.write_text(BASE + PLATFORMS["tls"])
    assert gateway("xds", "diff", old, old).returncode == 0
    answer = gateway("xds", "diff", old, new, "--output", "json")
    assert answer.returncode == 1
    changes = {(c["change"], c["kind"], c["name"]) for c in json.loads(answer.stdout)["changes"]}
    assert ("added", "SDS", "certificate:localhost") in changes and ("changed", "LDS", "public") in changes
    whole = gateway("xds", "dump", "--config", new, "--output", "json").stdout
    assert "PRIVATE KEY" not in whole and "BEGIN CERTIFICATE" in whole


def test_a_platform_without_envoys_has_nothing_to_tell(folder):
    platform = folder / "none.yaml"
    platform.write_text(BASE)
    answer = gateway("xds", "dump", "--config", platform)
    assert answer.returncode == 1 and "no-envoy" in answer.stderr


def test_an_envoy_that_is_not_there_is_said(folder):
    platform = folder / "platform.yaml"
    platform.write_text(BASE + PLATFORMS["plain"])
    answer = gateway("envoy", "run", "--config", platform, "--environment", folder)
    assert answer.returncode == 69 and "no envoy at" in answer.stderr
