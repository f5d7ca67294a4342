"""What the gateway says it would do with a request, beside what it does; and that saying so does nothing."""

import json
import random
import uuid

import pytest

from conftest import Platform, run_gateway
from rig import until
from test_audit import file_audit, read
from wire import Wire, once

CONTACTS = "/api/v1/data/crm/contacts"
COUNT = 1000


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """One of its own: what is sent at random leaves records behind, and other tests know what theirs has."""
    platform = Platform(tmp_path_factory.mktemp("explain-platform"))
    try:
        yield platform.start()
    finally:
        platform.stop()


@pytest.fixture(scope="module")
def gateway(platform, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    gateway = platform.another_gateway("explain", file_audit(folder))
    gateway.start()
    gateway.trail = folder / "audit.jsonl"
    gateway.tokens = [platform.token(user) for user in ("admin@acme", "member@acme", "owner@acme", "admin@globex")]
    gateway.tokens += [platform.token("admin@acme", -30), gateway.tokens[0][:-4] + "AAAA", "no.token", ""]
    yield gateway
    gateway.stop()


def explain(gateway, method, url, headers=(), body=None):
    request = {"method": method, "url": url, "headers": [list(pair) for pair in headers]}
    if body is not None:
        request["body"] = body
    answer = once(gateway.admin_port, "POST", "/explain", {"Content-Type": "application/json"}, json.dumps(request).encode())
    assert answer.status == 200, answer
    return answer.json()


def decisions(explained):
    return {decision["stage"]: decision for decision in explained["decisions"]}


def remaining(explained):
    return next(limit["remaining"] for limit in decisions(explained)["rateLimit"]["limits"] if limit["name"] == "user")


PATHS = [
    CONTACTS, f"{CONTACTS}/ada", f"{CONTACTS}/nobody", "/api/v1/data/crm/nothing", "/api/v1/data/sales/orders", "/api/v1/data/crm",
    "/api/v1/files/readme.md", "/api/v1/files/", "/api/v1/files/a/b", "/api/v1/nowhere", "/api/v2/data", "/", "/live", "/ready", "/health",
    "/api-docs", "/api-docs/v1", "/api-docs/v9", f"{CONTACTS}/%2e%2e/x", f"{CONTACTS}//ada", "/api/v1/lab/echo", "/api/v1/%zz", "/api/v1/batch",
]
QUERIES = ["", "", "", "?pageSize=1", "?pageSize=x", "?pageSize=-1", "?nothing=1", "?id=fixed", "?filter=name%3DAda"]
BODIES = [
    None, None, '{"name":"A","email":"a@example.com"}', '{"email":"x@example.com"}', '{"name":1}', "{", "[]", "", '{"name":"A","more":true}',
    '{"requests":[{"id":"a","method":"DELETE","path":"/api/v1/data/crm/contacts/ada"}]}', "null",
]
TYPES = ["application/json", "application/json", "application/merge-patch+json", "text/plain", "application/xml", None]


GOOD = [
    ("GET", CONTACTS, None), ("GET", f"{CONTACTS}?pageSize=2", None), ("GET", f"{CONTACTS}/ada", None), ("GET", "/api/v1/files/readme.md", None),
    ("HEAD", f"{CONTACTS}/ada", None), ("POST", CONTACTS, '{"name":"A","email":"a@example.com"}'), ("GET", "/live", None), ("GET", "/ready", None),
    ("GET", "/api-docs", None), ("GET", "/api-docs/v1", None), ("PATCH", f"{CONTACTS}/ada", '{"company":"C"}'), ("GET", "/health", None),
]


def random_request(random, tokens):
    if random.random() < 0.4:
        method, target, body = random.choice(GOOD)
        headers = [("X-Request-ID", uuid.UUID(int=random.getrandbits(128)).hex), ("Authorization", f"Bearer {random.choice(tokens[:4])}")]
        return method, target, headers + ([("Content-Type", "application/json")] if body else []), body
    method = random.choice(["GET", "GET", "GET", "POST", "POST", "PATCH", "PUT", "HEAD", "OPTIONS", "BREW"])
    headers = [("X-Request-ID", uuid.UUID(int=random.getrandbits(128)).hex)]
    token = random.choice(tokens[:4] * 3 + tokens)
    if token or random.random() < 0.3:
        headers.append(("Authorization", f"Bearer {token}"))
    body = random.choice(BODIES)
    if body is not None and (kind := random.choice(TYPES)):
        headers.append(("Content-Type", kind))
    if random.random() < 0.1:
        headers.append(("Origin", random.choice(["https://app.example.com", "null", "https://evil.example"])))
    if random.random() < 0.05:
        headers.append(("Authorization", "Basic eDp5"))
    return method, random.choice(PATHS) + random.choice(QUERIES), headers, body


def test_explanations_agree_with_what_happens(gateway):
    seed = random.Random(8)
    expected, outcomes = {}, {}
    for _ in range(COUNT):
        method, target, headers, body = random_request(seed, gateway.tokens)
        explained = explain(gateway, method, target, headers, body)
        answer = once(gateway.port, method, target, headers, None if body is None else body.encode())
        outcome = explained["outcome"]
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        context = (method, target, headers, body, explained, answer)
        if outcome != "forwarded":
            assert answer.status == explained["status"], context
        if outcome == "refused" and method != "HEAD":
            real, said = answer.json(), explained["problem"]
            assert real["type"] == said["type"] and real["instance"] == said["instance"], context
            assert real.get("detail") == said.get("detail") and real.get("errors") == said.get("errors"), context
        expected[headers[0][1]] = (explained, context)
    assert min(outcomes.get(outcome, 0) for outcome in ("refused", "forwarded", "answered")) > COUNT / 20, outcomes
    # The trail tells which route a request went, and whether a service was asked.
    until(lambda: len({entry["requestId"] for entry in read(gateway.trail)} & set(expected)) > COUNT * 0.8, 30, "the trail")
    once(gateway.port, "GET", "/api/v1/nowhere", {"X-Request-ID": "last"})
    until(lambda: any(entry["requestId"] == "last" for entry in read(gateway.trail)), 30, "the last record")
    seen = 0
    for entry in read(gateway.trail):
        if entry["requestId"] not in expected:
            continue
        seen += 1
        explained, context = expected[entry["requestId"]]
        route = decisions(explained).get("route", {})
        assert entry["route"] == route.get("template"), (entry, context)
        # An attempt ends with what cannot be translated, and for lists of requests there is none of their own.
        if entry["route"] != "/api/v1/batch" and "translation" not in decisions(explained):
            assert (entry["attempts"] > 0) == (explained["outcome"] == "forwarded"), (entry, context)
        assert entry["status"] == context[-1].status
    # Each once: what was explained left no record.
    assert seen == len({entry["requestId"] for entry in read(gateway.trail)} & set(expected))


def test_nothing_is_taken_counted_recorded_or_sent(platform, tmp_path):
    def change(configuration):
        file_audit(tmp_path)(configuration)
        configuration["rate_limits"] = {"user": {"requests": 3, "per": "1h"}, "address": "off", "roles": {"admin": "off"}}

    gateway = platform.another_gateway("explain-nothing", change)
    token = platform.token("owner@acme")
    headers = [("Authorization", f"Bearer {token}"), ("Content-Type", "application/json")]
    gateway.start()
    try:
        def counted():
            lines = once(gateway.admin_port, "GET", "/metrics").body.decode().splitlines()
            return [line for line in lines if line.startswith(("gateway_requests_total", "gateway_problems_total"))]

        before = counted()
        for number in range(20):
            explained = explain(gateway, "POST", f"{CONTACTS}?id=explained-{number}", headers, '{"name":"N","email":"n@example.com"}')
            assert explained["outcome"] == "forwarded", explained
            assert remaining(explained) == 3
        explain(gateway, "DELETE", f"{CONTACTS}/ada", [("Authorization", f"Bearer {platform.token('member@acme')}")])
        batch = '{"requests":[{"id":"a","method":"DELETE","path":"/api/v1/data/crm/contacts/ada"}]}'
        explain(gateway, "POST", "/api/v1/batch", headers, batch)
        assert counted() == before
        assert once(gateway.admin_port, "GET", "/denials").json()["denials"] == []
        assert read(tmp_path / "audit.jsonl") == []
        admin = {"Authorization": f"Bearer {platform.token()}"}
        assert once(platform.port, "GET", f"{CONTACTS}/ada", admin).status == 200
        assert once(platform.port, "GET", f"{CONTACTS}/explained-0", admin).status == 404
        # All three are there, and only then does the explanation say that none is.
        with Wire(gateway.port) as wire:
            for left in (2, 1, 0):
                assert wire.request("GET", CONTACTS, headers[:1]).status == 200
                assert remaining(explain(gateway, "GET", CONTACTS, headers[:1])) == left
            refused = explain(gateway, "GET", CONTACTS, headers[:1])
            assert refused["status"] == 429 and refused["problem"]["type"].endswith("/rate-limit-exceeded")
            assert wire.request("GET", CONTACTS, headers[:1]).status == 429
    finally:
        gateway.stop()


def test_each_decision_says_what_led_to_it(gateway):
    admin, member = (("Authorization", f"Bearer {token}") for token in gateway.tokens[:2])
    explained = explain(gateway, "POST", f"{CONTACTS}?id=alan", [admin, ("Content-Type", "application/json")], '{"name":"Alan","email":"a@b.example"}')
    found = decisions(explained)
    assert list(found) == [
        "trace", "clientAddress", "target", "route", "cors", "token", "origin", "rateLimit", "module", "flag", "permission", "plan", "parameters",
        "body", "breaker"]
    assert (found["token"]["tenant"], found["module"]["module"]) == ("acme", "crm")
    assert found["permission"]["needed"].startswith("crm.contacts.") and found["route"]["service"] == "crm"
    others = {other["method"]: other["lost"] for other in found["route"]["others"] if other["template"] == found["route"]["template"]}
    assert others["GET"] == "it is for GET"
    upstream = explained["upstream"]
    assert upstream["protocol"] == "grpc" and upstream["method"].startswith("/septem.data.v1.") and upstream["metadata"]["x-tenant-id"] == "acme"
    assert upstream["message"]["id"] == "alan" and upstream["message"]["data"]["name"] == "Alan"
    assert explained["token"]["alg"] and explained["token"]["iss"].startswith("http://")
    files = explain(gateway, "GET", "/api/v1/files/readme.md?x=1", [admin])
    assert files["upstream"]["protocol"] == "http/1.1" and files["upstream"]["head"][0].startswith("GET /api/v1/files/readme.md")
    assert not any(gateway.tokens[0] in line for line in files["upstream"]["head"])
    refused = explain(gateway, "POST", CONTACTS, [member, ("Content-Type", "application/json")], '{"name":"N"}')
    permission = decisions(refused)["permission"]
    assert refused["status"] == 403 and permission["verdict"] == "refused" and permission["missing"] == "permission" and permission["held"] > 0
    invalid = explain(gateway, "POST", CONTACTS, [admin, ("Content-Type", "application/json")], '{"email":"x@example.com"}')
    assert decisions(invalid)["body"]["verdict"] == "refused"
    assert invalid["status"] == 400 and "name" in invalid["problem"]["errors"][0]["message"], invalid


def test_the_command_tells_it_to_people(gateway, tmp_path):
    (tmp_path / "token").write_text(gateway.tokens[1] + "\n")
    admin = f"http://127.0.0.1:{gateway.admin_port}"
    done = run_gateway("explain", "GET", f"https://api.example.com{CONTACTS}", "--token", f"@{tmp_path / 'token'}", "--admin", admin)
    assert done.returncode == 0 and "sent on:" in done.stdout and "ok  permission" in done.stdout, done
    done = run_gateway("explain", "DELETE", f"{CONTACTS}/ada", "-H", f"Authorization: Bearer {gateway.tokens[1]}", "--admin", admin)
    assert done.returncode == 1 and "NO  permission" in done.stdout and "refused with 403" in done.stdout, done
    done = run_gateway("explain", "POST", CONTACTS, "-d", '{"x":1}', "--token", gateway.tokens[0], "--admin", admin, "--output", "json")
    assert done.returncode == 1 and json.loads(done.stdout)["status"] == 400, done
    done = run_gateway("explain", "GET", "/", "--admin", "http://127.0.0.1:1")
    assert done.returncode == 69 and "is the gateway running" in done.stderr


@pytest.mark.parametrize("content, kind, status", [
    (b"{}", "application/json", 400), (b"{", "application/json", 400), (b"{}", "text/plain", 415),
    (b'{"method":"GET","url":"/","client":"x"}', "application/json", 400),
    (b'{"method":"GET","url":"/","headers":[["a"]]}', "application/json", 400),
    (b'{"method":"GET","url":"/","headers":[["a","b\\r\\nc: d"]]}', "application/json", 400),
    (b'{"method":"GET /x","url":"/"}', "application/json", 400), (b" " * (9 << 20), "application/json", 413)])
def test_what_is_no_request_is_refused(gateway, content, kind, status):
    assert once(gateway.admin_port, "POST", "/explain", {"Content-Type": kind}, content).status == status


@pytest.mark.parametrize("method, url, headers, status", [
    ("G@T", "/", [], 400), ("GET", "nowhere", [], 400), ("GET", "*", [], 400), ("GET", "/", [["bad name", "x"]], 400),
    ("GET", "/api/v1/x", [["host", "a"], ["host", "b"]], 400)])
def test_what_no_client_may_send_is_explained_too(gateway, method, url, headers, status):
    explained = explain(gateway, method, url, headers)
    assert explained["outcome"] == "refused" and explained["status"] == status and explained["problem"]["status"] == status
