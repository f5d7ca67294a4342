"""The audit trail: every call is recorded once it was answered, whatever becomes of the process, the sink or the disk."""

import collections
import concurrent.futures
import http.server
import json
import pathlib
import signal
import subprocess
import threading
import time
import urllib.request
import uuid

import pytest

import kafka_broker
from rig import BIN, until
from wire import Aborted, Wire, once

KEYS = {
    "id", "type", "timestamp", "tenantId", "userId", "method", "route", "path", "status", "durationMs", "clientAddress",
    "userAgent", "requestId", "traceId", "module", "service", "problem", "attempts"}


class Collector:
    """A service that takes batches over HTTP, and can be away, slow to answer or of another mind."""

    def __init__(self):
        self.records, self.statuses, self.batches, self.tokens = [], [], 0, []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = collector.statuses.pop(0) if collector.statuses else 200
                collector.tokens.append(self.headers["Authorization"])
                if callable(status):
                    status = status(body["records"])
                if status == 200:
                    collector.batches += 1
                    collector.records += body["records"]
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/audit/records/batch"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def read(path):
    """Records of a file sink, those put aside first."""
    path = pathlib.Path(path)
    files = sorted(path.parent.glob(f"{path.name}.*"), key=lambda file: int(file.suffix[1:])) + [path]
    lines = [line for file in files if file.exists() for line in file.read_bytes().split(b"\n") if line]
    return [json.loads(line) for line in lines if line.endswith(b"}")]


def file_audit(folder, **settings):
    def change(configuration):
        configuration["loops"] = 1
        configuration["audit"] = {
            "folder": str(folder / "spool"), "file": {"path": str(folder / "audit.jsonl")}} | settings
    return change


@pytest.fixture(scope="module")
def trail(platform, tmp_path_factory):
    """A gateway with a file sink; what it recorded for a request id."""
    folder = tmp_path_factory.mktemp("trail")
    gateway = platform.another_gateway("trail", file_audit(folder))
    gateway.start()
    gateway.token = platform.token()

    def record(request_id):
        def look():
            return [entry for entry in read(folder / "audit.jsonl") if entry["requestId"] == request_id]
        until(look, 30, f"the record of {request_id}")
        found = look()
        assert len(found) == 1
        return found[0]

    gateway.record = record
    gateway.trail_folder = folder
    yield gateway
    gateway.stop()


def ask(gateway, method, path, headers=(), body=None):
    request_id = uuid.uuid4().hex
    lines = [("X-Request-ID", request_id), *headers]
    answer = once(gateway.port, method, path, lines, body)
    return answer, request_id


def bearer(gateway):
    return ("Authorization", f"Bearer {gateway.token}")


def test_a_call_is_recorded_with_all_that_is_known_of_it(trail):
    path = "/api/v1/data/crm/contacts?filter=name=secret"
    answer, request_id = ask(trail, "GET", path, [bearer(trail), ("User-Agent", "tests/1 \"quoted\"")])
    record = trail.record(request_id)
    assert set(record) == KEYS
    assert record["type"] == "audit.api.called" and record["status"] == answer.status == 200
    assert record["tenantId"] == "acme" and record["userId"] and record["method"] == "GET"
    assert record["route"] == record["path"] == "/api/v1/data/crm/contacts"
    assert record["module"] == "crm" and record["service"] == "crm" and record["problem"] is None and record["attempts"] == 1
    assert record["clientAddress"] == "127.0.0.1" and record["userAgent"] == "tests/1 \"quoted\""
    assert uuid.UUID(record["id"]).version == 7
    assert abs(uuid.UUID(record["id"]).int / 2 ** 80 / 1000 - time.time()) < 60
    assert len(record["traceId"]) == 32 and 0 <= record["durationMs"] < 30000
    text = (trail.trail_folder / "audit.jsonl").read_text()
    assert "secret" not in text and trail.token not in text and "Bearer" not in text


@pytest.mark.parametrize("path, headers, status, problem, route", [
    ("/api/v1/nowhere", (), 404, "not-found", None),
    ("/api/v1/data/crm/things/17", (), 401, "unauthorized", "/api/v1/data/{module}/{model}/{id}"),
    ("/api/v1/dead", (), 502, "bad-gateway", "/api/v1/dead"),
])
def test_what_is_refused_is_recorded_with_its_problem(trail, path, headers, status, problem, route):
    answer, request_id = ask(trail, "GET", path, headers)
    record = trail.record(request_id)
    assert answer.status == record["status"] and record["status"] in (status, 503)
    assert record["problem"] in (problem, "service-unavailable") and record["route"] == route and record["tenantId"] is None


def test_each_of_several_on_one_connection_is_recorded(trail):
    ids = [uuid.uuid4().hex for _ in range(20)]
    text = "".join(f"GET /api/v1/nowhere HTTP/1.1\r\nHost: a\r\nX-Request-ID: {name}\r\n\r\n" for name in ids)
    with Wire(trail.port) as wire:
        wire.send(text.encode())
        for _ in ids:
            assert wire.response().status == 404
    for name in ids:
        assert trail.record(name)["status"] == 404


def test_a_client_that_leaves_is_recorded(trail, platform):
    request_id = uuid.uuid4().hex
    with Wire(trail.port) as wire:
        wire.send(f"GET /api/v1/lab/slow HTTP/1.1\r\nHost: a\r\nX-Request-ID: {request_id}\r\nX-Lab-Delay: 3\r\n\r\n".encode())
        time.sleep(0.5)
    record = trail.record(request_id)
    assert record["status"] in (499, 200)
    if record["status"] == 499:
        assert record["incomplete"] is True


def test_probes_are_not_recorded(trail):
    before = len(read(trail.trail_folder / "audit.jsonl"))
    for path in ("/live", "/ready", "/livez", "/readyz"):
        ask(trail, "GET", path)
    answer, request_id = ask(trail, "GET", "/health")
    assert trail.record(request_id)["status"] == answer.status == 401
    assert len(read(trail.trail_folder / "audit.jsonl")) == before + 1


def test_http2_and_lists_are_recorded(trail):
    ids = [uuid.uuid4().hex for _ in range(3)]
    for name in ids:
        subprocess.run(
            ["curl", "-s", "--http2-prior-knowledge", "-H", f"X-Request-ID: {name}", f"http://127.0.0.1:{trail.port}/api/v1/nowhere"],
            check=True, capture_output=True)
    for name in ids:
        assert trail.record(name)["status"] == 404


def test_what_the_admin_listener_says(trail):
    ask(trail, "GET", "/api/v1/nowhere")
    def state():
        with urllib.request.urlopen(f"http://127.0.0.1:{trail.admin_port}/audit") as answer:
            return json.load(answer)
    until(lambda: state()["records"] > 0 and state()["delivered"] >= state()["records"], 30, "all to be delivered")
    assert state()["dropped"] == 0 and state()["when_full"] == "spill" and "sink_fault" not in state()
    with urllib.request.urlopen(f"http://127.0.0.1:{trail.admin_port}/metrics") as answer:
        metrics = answer.read().decode()
    assert "gateway_audit_sink_up 1" in metrics and "gateway_audit_records_total" in metrics


class Caller:
    """Asks without pause on several connections, and keeps the ids of what was answered."""

    def __init__(self, port, connections=8):
        self.port, self.answered, self.stopping = port, collections.Counter(), False
        self.statuses = collections.Counter()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(connections)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.stopping:
            try:
                with Wire(self.port) as wire:
                    while not self.stopping:
                        name = uuid.uuid4().hex
                        wire.send(f"GET /api/v1/nowhere HTTP/1.1\r\nHost: a\r\nX-Request-ID: {name}\r\n\r\n".encode())
                        status = wire.response().status
                        self.statuses[status] += 1
                        if status == 404:
                            self.answered[name] += 1
            except (OSError, Aborted):
                time.sleep(0.05)

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(30)


def test_nothing_answered_is_lost_when_the_process_is_killed(platform, tmp_path):
    gateway = platform.another_gateway("killed", file_audit(tmp_path, ring_bytes="64Ki"))
    gateway.start()
    caller = Caller(gateway.port)
    try:
        for _ in range(3):
            time.sleep(1)
            gateway.kill()
            gateway.start()
        time.sleep(0.5)
    finally:
        caller.stop()
        gateway.stop()
    recorded = collections.Counter(record["requestId"] for record in read(tmp_path / "audit.jsonl"))
    by_id = collections.defaultdict(set)
    for record in read(tmp_path / "audit.jsonl"):
        by_id[record["requestId"]].add(record["id"])
    assert len(caller.answered) > 100
    assert [name for name in caller.answered if name not in recorded] == []
    assert all(len(ids) == 1 for ids in by_id.values()), "what comes twice has the same id"


def test_nothing_is_lost_while_the_sink_is_away(platform, tmp_path):
    collector = Collector()
    (tmp_path / "token").write_text("the-token\n")
    def change(configuration):
        configuration["loops"] = 2
        configuration["audit"] = {
            "folder": str(tmp_path / "spool"), "ring_bytes": "64Ki", "when_full": "block",
            "http": {"url": collector.url, "token_file": str(tmp_path / "token")}}
    gateway = platform.another_gateway("away", change)
    gateway.start()
    collector.statuses = [503] * 12
    caller = Caller(gateway.port)
    try:
        time.sleep(4)
    finally:
        caller.stop()
    try:
        until(lambda: {record["requestId"] for record in collector.records} >= set(caller.answered), 60, "all records")
        assert set(caller.statuses) == {404} and len(caller.answered) > 100
        assert set(collector.tokens) == {"Bearer the-token"}
        log = gateway.log.read_text()
        assert "the audit sink takes no records" in log and "the audit sink takes records again" in log
    finally:
        gateway.stop()
        collector.stop()


def test_a_batch_that_is_refused_is_parted_and_the_culprit_set_aside(platform, tmp_path):
    collector = Collector()
    def change(configuration):
        configuration["loops"] = 1
        configuration["audit"] = {"folder": str(tmp_path / "spool"), "http": {"url": collector.url}}
    gateway = platform.another_gateway("parted", change)
    collector.statuses = [503] * 3 + [lambda records: 422 if any(r["path"].endswith("poison") for r in records) else 200] * 100
    gateway.start()
    try:
        for name in ("a", "b", "poison", "c", "d"):
            ask(gateway, "GET", f"/api/v1/{name}")
        until(lambda: len(collector.records) == 4, 30, "the others")
        aside = (tmp_path / "spool" / "refused.jsonl").read_text().splitlines()
        assert [json.loads(line)["path"] for line in aside] == ["/api/v1/poison"]
    finally:
        gateway.stop()
        collector.stop()


@pytest.mark.parametrize("policy", ["block", "spill", "drop-newest"])
def test_what_happens_when_there_is_no_room(platform, tmp_path, policy):
    """The sink is away and the spool small: who blocks refuses and loses nothing, the others serve and count what they drop."""
    collector = Collector()
    collector.statuses = [503] * 100000
    def change(configuration):
        configuration["loops"] = 1
        configuration["audit"] = {
            "folder": str(tmp_path / "spool"), "ring_bytes": "64Ki", "spool_bytes": "128Ki", "when_full": policy,
            "patience": "100ms", "http": {"url": collector.url}}
    gateway = platform.another_gateway(f"full-{policy}", change)
    gateway.start()
    def state():
        with urllib.request.urlopen(f"http://127.0.0.1:{gateway.admin_port}/audit") as answer:
            return json.load(answer)
    caller = Caller(gateway.port, 4)
    try:
        until(lambda: state()["refused_requests" if policy == "block" else "dropped"] > 5, 60, "no room")
    finally:
        caller.stop()
    if policy == "drop-newest":
        assert state()["segment_bytes"] == 0 and state()["delayed"] == 0
    else:
        assert 0 < state()["segment_bytes"] <= 128 * 1024
    if policy == "block":
        assert caller.statuses[503] > 0
        assert state()["dropped"] == 0
    else:
        assert set(caller.statuses) == {404}
    collector.statuses = []
    try:
        names = lambda: {record["requestId"] for record in collector.records}
        until(lambda: state()["ring_bytes"] == 0 and state()["segment_bytes"] == 0, 60, "an empty spool")
        missing = set(caller.answered) - names()
        assert len(missing) <= state()["dropped"]
        if policy == "block":
            assert missing == set()
        assert ask(gateway, "GET", "/api/v1/nowhere")[0].status == 404
    finally:
        gateway.stop()
        collector.stop()


def test_a_spool_can_be_checked_and_exported(platform, tmp_path):
    collector = Collector()
    collector.statuses = [503] * 100000
    def change(configuration):
        configuration["loops"] = 1
        configuration["audit"] = {"folder": str(tmp_path / "spool"), "http": {"url": collector.url}}
    gateway = platform.another_gateway("checked", change)
    gateway.start()
    def verify(*words):
        return subprocess.run([BIN / "gateway", "audit", *words, tmp_path / "spool"], capture_output=True, text=True)
    try:
        ids = [ask(gateway, "GET", "/api/v1/nowhere")[1] for _ in range(5)]
        outcome = verify("verify", "--output", "json")
        assert outcome.returncode == 0, outcome.stderr
        report = json.loads(outcome.stdout)
        assert report["records"] == 5 and report["in_use"] and report["sound"]
        second = platform.another_gateway("second", change)
        with pytest.raises(AssertionError, match="another running gateway"):
            second.start()
    finally:
        gateway.kill()
        collector.stop()
    outcome = verify("verify")
    assert outcome.returncode == 0 and "5 records wait for the sink; no gateway has the spool" in outcome.stdout
    exported = [json.loads(line) for line in verify("export").stdout.splitlines()]
    assert [record["requestId"] for record in exported] == ids
    ring = next((tmp_path / "spool").glob("ring-*"))
    content = bytearray(ring.read_bytes())
    content[4096 + 100] ^= 0xff
    ring.write_bytes(content)
    outcome = verify("verify")
    assert outcome.returncode == 1 and "bytes are no records" in outcome.stdout and "4 records" in outcome.stdout
    assert verify("verify", "--output", "json").returncode == 1
    missing = subprocess.run([BIN / "gateway", "audit", "verify", tmp_path / "nowhere"], capture_output=True, text=True)
    assert missing.returncode == 2 and "No such file" in missing.stderr


def test_the_end_waits_for_the_sink_but_not_for_ever(platform, tmp_path):
    collector = Collector()
    def change(configuration):
        configuration["loops"] = 1
        configuration["limits"] = {"shutdown_timeout": "3s"}
        configuration["audit"] = {"folder": str(tmp_path / "spool"), "http": {"url": collector.url}}
    gateway = platform.another_gateway("ending", change)
    gateway.start()
    collector.statuses = [lambda records: time.sleep(60) or 200] * 3
    ids = [ask(gateway, "GET", "/api/v1/nowhere")[1] for _ in range(5)]
    start = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - start < 20
    collector.statuses = []
    gateway.start()
    try:
        until(lambda: {record["requestId"] for record in collector.records} >= set(ids), 30, "what was left")
    finally:
        gateway.stop()
        collector.stop()


@pytest.fixture
def broker(tmp_path, monkeypatch):
    monkeypatch.setenv("GATEWAY_LIBRDKAFKA", str(kafka_broker.library()))
    broker = kafka_broker.Broker(tmp_path)
    broker.start()
    broker.create("calls")
    yield broker
    if broker.is_running:
        broker.signal(signal.SIGCONT)
        broker.kill()


def kafka_audit(folder, brokers, **settings):
    def change(configuration):
        configuration["loops"] = 1
        configuration["audit"] = {
            "folder": str(folder / "spool"), "kafka": {"brokers": brokers, "topic": "calls"} | settings}
    return change


@pytest.mark.parametrize("compression", ["lz4", "none", "gzip"])
def test_records_are_messages_keyed_by_tenant(platform, tmp_path, broker, compression):
    gateway = platform.another_gateway(f"topic-{compression}", kafka_audit(tmp_path, [broker.address], compression=compression))
    gateway.start()
    gateway.token = platform.token()
    reader = kafka_broker.Reader(broker, "calls")
    try:
        names = {ask(gateway, "GET", "/api/v1/nowhere")[1] for _ in range(20)}
        _, own = ask(gateway, "GET", "/api/v1/data/crm/contacts", [bearer(gateway)])
        def found():
            return {json.loads(value)["requestId"]: key for key, value in list(reader.messages)}
        until(lambda: set(found()) >= names | {own}, 60, "all messages")
        assert found()[own] == b"acme" and all(found()[name] is None for name in names)
        assert len(reader.messages) == 21
    finally:
        reader.stop()
        gateway.stop()


def test_a_broker_that_hangs_costs_nobody_anything(platform, tmp_path, broker):
    gateway = platform.another_gateway("hanging-broker", kafka_audit(tmp_path, [broker.address]))
    gateway.start()
    reader = kafka_broker.Reader(broker, "calls")
    try:
        names = {ask(gateway, "GET", "/api/v1/nowhere")[1] for _ in range(5)}
        until(lambda: len(reader.messages) >= 5, 60, "the first messages")
        broker.signal(signal.SIGSTOP)
        start = time.monotonic()
        names |= {ask(gateway, "GET", "/api/v1/nowhere")[1] for _ in range(50)}
        assert time.monotonic() - start < 10
        until(lambda: "takes no records" in gateway.log.read_text(), 60, "the log to say so")
        broker.signal(signal.SIGCONT)
        until(lambda: {json.loads(value)["requestId"] for _, value in list(reader.messages)} >= names, 90, "all messages")
        by_request = collections.defaultdict(set)
        for _, value in reader.messages:
            by_request[json.loads(value)["requestId"]].add(json.loads(value)["id"])
        assert all(len(ids) == 1 for ids in by_request.values())
    finally:
        broker.signal(signal.SIGCONT)
        reader.stop()
        gateway.stop()


def test_a_library_that_is_missing_is_named(platform, tmp_path, monkeypatch):
    monkeypatch.setenv("GATEWAY_LIBRDKAFKA", str(tmp_path / "nowhere.so"))
    gateway = platform.another_gateway("no-library", kafka_audit(tmp_path, ["127.0.0.1:1"]))
    with pytest.raises(AssertionError, match="install librdkafka1 or name the file with GATEWAY_LIBRDKAFKA"):
        gateway.start()
