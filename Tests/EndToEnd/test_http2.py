"""HTTP/2 clients: with prior knowledge on the cleartext port, by ALPN over TLS."""

import hashlib
import os
import random
import shutil
import ssl
import subprocess
import time

import h2.errors
import pytest
from hyperframe.frame import ContinuationFrame, HeadersFrame, PingFrame, SettingsFrame

from certificates import write_certificate
from h2wire import H2Wire
from rig import until
from test_streams import Watch
from wire import Wire

ErrorCodes = h2.errors.ErrorCodes


@pytest.fixture
def h2wire(platform):
    with H2Wire(platform.port) as wire:
        yield wire


def curl(*arguments, timeout=60):
    return subprocess.run(["curl", "-sS", *map(str, arguments)], capture_output=True, timeout=timeout, check=True).stdout


def goaway(wire):
    """How the gateway ended the connection."""
    wire.wait_closed()
    return wire.goaway and wire.goaway.error_code


# What every client does


def test_curl_with_prior_knowledge(platform, tmp_path):
    answer = curl("--http2-prior-knowledge", "-w", "%{http_version} %{http_code}", f"http://127.0.0.1:{platform.port}/live")
    assert answer.endswith(b"2 200")


def test_a_call_is_translated_and_answers_hold_no_fields_of_a_connection(h2wire, admin):
    body = b'{"name":"Grace","email":"grace@example.com"}'
    created = h2wire.request(
        "POST", "/api/v1/data/crm/contacts?id=h2-grace", admin | {"content-type": "application/json"}, body)
    assert created.status == 200 and created.json()["id"] == "h2-grace", created
    read = h2wire.request("GET", "/api/v1/data/crm/contacts/h2-grace", admin)
    assert read.status == 200 and read.json()["data"]["name"] == "Grace"
    assert int(read.header("content-length")) == len(read.body)
    assert not {"connection", "transfer-encoding", "keep-alive"} & {name for name, _ in read.headers}


def test_problems_are_the_same_documents(h2wire, call):
    for method, path in (("GET", "/api/v1/data/crm/contacts"), ("GET", "/nowhere"), ("DELETE", "/live")):
        answer, other = h2wire.request(method, path), call(method, path)
        assert answer.status == other.status
        assert answer.header("content-type") == "application/problem+json"
        mine, theirs = answer.json(), other.json()
        assert {**mine, "traceId": ""} == {**theirs, "traceId": ""}


def test_head_and_bodiless_answers_end_with_their_headers(h2wire, admin):
    answer = h2wire.request("HEAD", "/api/v1/lab/anything")
    assert answer.status == 200 and answer.body == b""


def test_many_streams_do_not_wait_for_a_slow_one(h2wire):
    slow = h2wire.begin("GET", "/api/v1/lab/slow")
    began = time.monotonic()
    numbers = [h2wire.begin("GET", f"/api/v1/lab/echo?n={n}") for n in range(100)]
    for n, number in enumerate(numbers):
        assert h2wire.wait(number).json()["target"].endswith(f"n={n}")
    assert time.monotonic() - began < 0.9 and not h2wire.streams[slow].is_over
    assert h2wire.wait(slow).body == b"slow"


@pytest.mark.skipif(not shutil.which("h2load"), reason="h2load (nghttp2-client) is not installed")
def test_h2load_sees_no_failure(platform):
    report = subprocess.run(
        ["h2load", "-n", "5000", "-c", "8", "-m", "32", f"http://127.0.0.1:{platform.port}/live"],
        capture_output=True, text=True, timeout=60, check=True).stdout
    assert "5000 succeeded, 0 failed, 0 errored" in report, report


# What an upstream sees


def test_the_upstream_sees_an_http1_request(h2wire):
    answer = h2wire.request(
        "POST", "/api/v1/lab/echo?x=1", [("cookie", "a=1"), ("cookie", "b=2"), ("x-custom", "Kept")], b"hello",
        authority="example.test")
    seen = answer.json()
    fields = {name.lower(): value for name, value in seen["headers"]}
    assert seen["method"] == "POST" and seen["target"] == "/api/v1/lab/echo?x=1" and seen["length"] == 5
    assert fields["host"] == "example.test" and fields["cookie"] == "a=1; b=2" and fields["x-custom"] == "Kept"


def test_compressed_values_of_any_length_and_content_arrive(h2wire):
    """The client's Huffman code is Python's `hpack`."""
    chooser = random.Random(7)
    # Without what Python takes for a blank.
    high = bytes(set(range(0x80, 0x100)) - {0x85, 0xA0})
    low = bytes(range(0x21, 0x7F))
    alphabets = (low, high, b"aeiost0123", b"\xff{}<>^~", low + high)
    for _ in range(40):
        values = [
            bytes(chooser.choices(chooser.choice(alphabets), k=chooser.choice((1, 2, 7, 8, 9, chooser.randrange(10, 400)))))
            for _ in range(20)]
        answer = h2wire.request("GET", "/api/v1/lab/echo", [(f"x-{n}", value) for n, value in enumerate(values)])
        assert answer.status == 200, (answer, values)
        seen = dict(answer.json()["headers"])
        assert [seen[f"x-{n}"].encode("latin-1") for n in range(20)] == values


def test_trailers_pass_both_ways(h2wire):
    number = h2wire.begin("POST", "/api/v1/lab/echo", end=False)
    h2wire.data(number, b"body")
    h2wire.h2.send_headers(number, [("x-checksum", "abc"), ("content-encoding", "gzip")], end_stream=True)
    h2wire.flush()
    assert h2wire.wait(number).json()["trailers"] == [["x-checksum", "abc"]]
    answer = h2wire.request("GET", "/api/v1/lab/chunked")
    assert answer.body == b"hello world" and answer.trailers == [("x-checksum", "abc")]


def test_interim_answers_and_continue(h2wire):
    answer = h2wire.request("GET", "/api/v1/lab/early-hints")
    assert answer.body == b"ok" and [dict(interim)[":status"] for interim in answer.interim] == ["103"]
    number = h2wire.begin("POST", "/api/v1/lab/echo", [("expect", "100-continue"), ("content-length", "5")], end=False)
    while not h2wire.streams[number].interim:
        h2wire.pump()
    h2wire.data(number, b"hello", end=True)
    assert h2wire.wait(number).json()["length"] == 5


def test_fields_of_the_upstreams_connection_stay_there(h2wire):
    names = {name for name, _ in h2wire.request("GET", "/api/v1/lab/hop-headers").headers}
    assert "x-public" in names and not names & {"x-private", "keep-alive", "connection", "proxy-authenticate"}


def test_a_body_that_ends_with_the_upstreams_connection(h2wire):
    assert h2wire.request("GET", "/api/v1/lab/until-close").body == b"all of it"


@pytest.mark.parametrize("name", ["short-body", "short-chunk", "reset-mid-body"])
def test_a_broken_answer_is_reset_and_never_looks_whole(h2wire, name):
    answer = h2wire.request("GET", f"/api/v1/lab/{name}")
    assert answer.status == 200 and not answer.is_over and answer.reset == ErrorCodes.INTERNAL_ERROR
    assert h2wire.request("GET", "/live").status == 200, "the connection goes on"


def test_an_early_answer_tells_the_client_to_stop(h2wire):
    number = h2wire.begin("PUT", "/api/v1/lab/early-answer", [("content-length", "1000000")], end=False)
    h2wire.data(number, b"x" * 10_000)
    stream = h2wire.wait(number)
    assert stream.status == 403 and stream.body == b"nope"
    until(lambda: stream.reset is not None or h2wire.pump(), what="the reset after an early answer")
    assert stream.reset == ErrorCodes.NO_ERROR


def test_a_client_that_cancels_frees_the_upstream(platform, h2wire):
    calls = platform.lab.calls.get("hang", 0)
    number = h2wire.begin("GET", "/api/v1/lab/hang")
    until(lambda: platform.lab.calls.get("hang", 0) > calls, what="the call at the upstream")
    before = len(platform.lab.open)
    h2wire.h2.reset_stream(number, ErrorCodes.CANCEL)
    h2wire.flush()
    assert h2wire.request("GET", "/live").status == 200
    platform.lab.release.set()
    until(lambda: len(platform.lab.open) < before, what="the end of the upstream's connection")
    platform.lab.release.clear()


# Flow control


def test_large_bodies_both_ways_in_constant_memory(platform, admin, tmp_path):
    size = 40_000_000
    source, target = tmp_path / "up", tmp_path / "down"
    source.write_bytes(os.urandom(size))
    authorization = f"authorization: {admin['Authorization']}"
    url = f"http://127.0.0.1:{platform.port}/api/v1/files/h2-large"
    curl("--http2-prior-knowledge", "-H", authorization, "-o", "/dev/null", url)
    with Watch(platform.gateway) as watch:
        curl("--http2-prior-knowledge", "-H", authorization, "-T", source, url)
        curl("--http2-prior-knowledge", "-H", authorization, "-o", target, url)
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(source.read_bytes()).digest()
    assert watch.growth < 20 << 20


def test_a_closed_window_stops_the_upstream_and_nobody_else(platform):
    with H2Wire(platform.port, window=1000) as wire, Watch(platform.gateway) as watch:
        large = wire.begin("GET", "/api/v1/lab/large")
        while len(wire.streams[large].body) < 1000:
            wire.pump()
        # Eight million bytes do not gather here: the upstream waits while another stream is served.
        assert wire.request("GET", "/live").status == 200
        assert len(wire.streams[large].body) == 1000
        while not wire.streams[large].is_over:
            wire.give(large, 1 << 20)
            while wire.h2.remote_flow_control_window(large) > 0 and not wire.streams[large].is_over:
                wire.pump()
        assert wire.streams[large].body == b"l" * 8_000_000
    assert watch.growth < 6 << 20


def test_a_body_nobody_takes_stops_at_the_window(platform, h2wire):
    """Discarded bytes are given back, held ones are not: what an exchange has not taken bounds what may come."""
    number = h2wire.begin("PUT", "/api/v1/lab/echo", end=False)
    body = os.urandom(3_000_000)
    h2wire.data(number, body, end=True)
    assert h2wire.wait(number).json()["sha256"] == hashlib.sha256(body).hexdigest()


# Bad requests end their stream alone


BASE = [(":method", "GET"), (":scheme", "http"), (":path", "/live"), (":authority", "localhost")]


@pytest.mark.parametrize("fields", [
    BASE + [("connection", "close")],
    BASE + [("transfer-encoding", "chunked")],
    BASE + [("X-Upper", "case")],
    BASE + [("x-break", "a\r\nx-smuggled: b")],
    BASE + [("x-nul", "a\0b")],
    BASE + [("te", "gzip")],
    BASE + [("host", "other.test")],
    BASE + [("content-length", "5")],
    BASE[1:],
    [BASE[0], BASE[1], BASE[3]],
    [(":path", "http://other.test/live"), *BASE[:2], BASE[3]],
    [(":path", ""), *BASE[:2], BASE[3]],
    [*BASE, (":path", "/other")],
    [BASE[0], ("x-first", "1"), *BASE[1:]],
    [*BASE, (":protocol", "websocket")],
    BASE + [("x name", "blank")],
], ids=lambda fields: fields[-1][0].strip(":") + "-" + str(len(fields)))
def test_malformed_requests_are_reset(h2wire, fields):
    answer = h2wire.wait(h2wire.begin(None, None, fields=list(fields)))
    assert answer.reset == ErrorCodes.PROTOCOL_ERROR and answer.headers is None
    assert h2wire.request("GET", "/live").status == 200


@pytest.mark.parametrize(("change", "status"), [
    ({":path": "/live HTTP/1.1"}, 400),
    ({":path": "/li ve"}, 400),
    ({":method": "GET /other HTTP/1.1 GET"}, 400),
    ({":method": "GE T"}, 400),
    ({":authority": "a b"}, 400),
    ({":authority": "user@host"}, 400),
    ({":authority": ""}, 400),
    ({":path": "/../live"}, 400),
    ({":path": "/a%2fb%00"}, 400),
    ({":path": "/" + "a" * 9000}, 414),
    ({":method": "CONNECT"}, None),
])
def test_what_http1_refuses_is_refused_with_a_problem(h2wire, change, status):
    fields = [(name, change.get(name, value)) for name, value in BASE]
    answer = h2wire.wait(h2wire.begin(None, None, fields=fields))
    if status is None:
        assert answer.reset == ErrorCodes.PROTOCOL_ERROR
    else:
        assert answer.status == status, answer
        assert answer.header("content-type") == "application/problem+json" and answer.json()["status"] == status
    assert h2wire.request("GET", "/live").status == 200


def test_connect_is_refused(h2wire):
    answer = h2wire.wait(h2wire.begin(None, None, fields=[(":method", "CONNECT"), (":authority", "localhost:80")]))
    assert answer.status == 501


def test_too_many_fields_and_too_large_ones(h2wire):
    assert h2wire.request("GET", "/live", [(f"x-{n}", "v") for n in range(200)]).status == 431
    assert h2wire.request("GET", "/live", [("x-large", "a" * 16_000)] * 3).reset == ErrorCodes.ENHANCE_YOUR_CALM
    assert h2wire.request("GET", "/live").status == 200


def test_a_body_over_the_operations_limit(h2wire, admin):
    body = b'{"name":"' + b"x" * 12_000_000 + b'"}'
    number = h2wire.begin("POST", "/api/v1/data/crm/contacts", admin | {"content-type": "application/json"}, end=False)
    view = memoryview(body)
    stream = h2wire.streams[number]
    while len(view) and stream.headers is None and stream.reset is None:
        room = min(h2wire.h2.local_flow_control_window(number), 16_384, len(view))
        if room == 0:
            h2wire.pump()
            continue
        h2wire.h2.send_data(number, bytes(view[:room]))
        view = view[room:]
        h2wire.flush()
    until(lambda: stream.is_over or h2wire.pump(), what="the answer")
    assert stream.status == 413
    # What was left of that body is nobody else's.
    assert h2wire.request("POST", "/api/v1/lab/echo", (), b"clean").json()["length"] == 5


# Attacks end the connection


def test_rapid_resets_end_the_connection(h2wire):
    try:
        for _ in range(2000):
            number = h2wire.begin("GET", "/api/v1/lab/slow")
            h2wire.h2.reset_stream(number, ErrorCodes.CANCEL)
            h2wire.flush()
    except (ConnectionError, h2.exceptions.ProtocolError):
        pass
    assert goaway(h2wire) in (ErrorCodes.ENHANCE_YOUR_CALM, None)


def test_floods_end_the_connection(platform):
    ping = PingFrame(0, opaque_data=b"12345678").serialize()
    settings = SettingsFrame(0).serialize()
    for flood in (ping * 20_000, settings * 20_000):
        with H2Wire(platform.port) as wire:
            try:
                wire.raw(flood)
            except ConnectionError:
                pass
            assert goaway(wire) in (ErrorCodes.ENHANCE_YOUR_CALM, None)


def test_a_flood_of_continuations_ends_the_connection(h2wire):
    frame = HeadersFrame(1, data=b"\x82")
    more = ContinuationFrame(1, data=b"")
    h2wire.raw(frame.serialize() + more.serialize() * 1000)
    assert goaway(h2wire) == ErrorCodes.ENHANCE_YOUR_CALM


def test_more_streams_than_announced_are_refused(h2wire):
    h2wire.pump()
    limit = h2wire.h2.remote_settings.max_concurrent_streams
    assert limit == 256
    h2wire.h2.remote_settings[h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS] = 1000
    h2wire.h2.remote_settings.acknowledge()
    numbers = [h2wire.begin("GET", "/api/v1/lab/slow") for _ in range(limit + 10)]
    endings = [h2wire.wait(number).reset for number in numbers]
    assert endings.count(ErrorCodes.REFUSED_STREAM) == 10 and endings.count(None) == limit


def test_noise_after_a_preface(platform):
    with H2Wire(platform.port, preface=False) as wire:
        wire.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100)
        assert goaway(wire) in (ErrorCodes.PROTOCOL_ERROR, ErrorCodes.FRAME_SIZE_ERROR)
    with H2Wire(platform.port, preface=False) as wire:
        wire.raw(b"PRI /index.html HTTP/1.1\r\nhost: x\r\n\r\n")
        wire.wait_closed()


def test_a_preface_in_pieces(platform):
    with H2Wire(platform.port, preface=False) as wire:
        wire.h2.initiate_connection()
        for byte in wire.h2.data_to_send():
            wire.raw(bytes([byte]))
        assert wire.request("GET", "/live").status == 200


# Life of a connection


def test_time_limits_and_requests_per_connection(platform):
    def change(configuration):
        configuration["limits"] = {"idle_timeout": "1s", "head_timeout": "1s", "requests_per_connection": 3}

    gateway = platform.another_gateway("h2-limits", change).start()
    try:
        with H2Wire(gateway.port) as idle:
            assert goaway(idle) == ErrorCodes.NO_ERROR
        with H2Wire(gateway.port) as unfinished:
            unfinished.raw(HeadersFrame(1, data=b"\x82").serialize())
            unfinished.wait_closed()
        with H2Wire(gateway.port, preface=False) as silent:
            silent.raw(b"PRI * HTTP/2.0\r\n\r\n")
            silent.wait_closed()
        with H2Wire(gateway.port) as busy:
            for _ in range(3):
                assert busy.request("GET", "/live").status == 200
            assert goaway(busy) == ErrorCodes.NO_ERROR
        with H2Wire(gateway.port, window=100) as stalled:
            number = stalled.begin("GET", "/api/v1/lab/large")
            assert stalled.wait(number).reset is not None
    finally:
        gateway.stop()


def test_shutdown_finishes_streams_and_takes_no_others(platform):
    gateway = platform.another_gateway("h2-drain").start()
    calls = platform.lab.calls.get("slow", 0)
    # curl goes on after GOAWAY, as RFC 9113 section 6.8 says; the h2 library does not.
    slow = subprocess.Popen(
        ["curl", "-sS", "--http2-prior-knowledge", f"http://127.0.0.1:{gateway.port}/api/v1/lab/slow"],
        stdout=subprocess.PIPE)
    with H2Wire(gateway.port) as idle:
        until(lambda: platform.lab.calls.get("slow", 0) > calls, what="the slow call")
        gateway.signal(15)
        assert goaway(idle) == ErrorCodes.NO_ERROR
    assert slow.communicate(timeout=10)[0] == b"slow" and slow.returncode == 0
    gateway.stop()


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    write_certificate(folder)
    return folder


@pytest.fixture(scope="module")
def tls_gateway(platform, certificate):
    def change(configuration):
        configuration["listen"] = (configuration.get("listen") or {}) | {
            "tls": {"certificate": str(certificate / "cert.pem"), "key": str(certificate / "key.pem")}}

    gateway = platform.another_gateway("h2-tls", change)
    gateway.start(is_up=lambda: tls_answers(gateway.port))
    yield gateway
    gateway.stop()


def tls_answers(port):
    try:
        with H2Wire(port, tls=tls_context("h2")) as wire:
            return wire.request("GET", "/live").status == 200
    except OSError:
        return False


def tls_context(*protocols):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


@pytest.mark.parametrize(("option", "version"), [("--http2", b"2"), ("--http1.1", b"1.1")])
def test_alpn_decides(tls_gateway, certificate, option, version):
    answer = curl(
        option, "--cacert", certificate / "cert.pem", "-w", "%{http_version}", f"https://localhost:{tls_gateway.port}/live",
        "--resolve", f"localhost:{tls_gateway.port}:127.0.0.1")
    assert answer.endswith(version)


def test_without_alpn_a_preface_is_no_request(tls_gateway):
    context = tls_context()
    with H2Wire(tls_gateway.port, tls=context, preface=False) as wire:
        wire.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert wire.socket.recv(100).startswith(b"HTTP/1.1 505")


def test_a_new_certificate_is_taken_up_and_a_bad_one_is_not(platform, tmp_path):
    first = write_certificate(tmp_path)

    def change(configuration):
        configuration["listen"] = (configuration.get("listen") or {}) | {
            "tls": {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}}

    def shown():
        with Wire(gateway.port) as plain, tls_context().wrap_socket(plain.socket) as wrapped:
            return hashlib.sha256(wrapped.getpeercert(binary_form=True)).digest()

    gateway = platform.another_gateway("tls-renewed", change)
    gateway.start(is_up=lambda: tls_answers(gateway.port))
    try:
        with H2Wire(gateway.port, tls=tls_context("h2")) as before:
            assert before.request("GET", "/live").status == 200 and shown() == first
            second = write_certificate(tmp_path)
            until(lambda: shown() == second, 10, "the new certificate")
            # A key that is not the certificate's, then no certificate at all.
            for name, content in (("key.pem", None), ("cert.pem", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")):
                kept, said = (tmp_path / name).read_bytes(), gateway.output().count("the certificate in force stays")
                if content is None:
                    cert = (tmp_path / "cert.pem").read_bytes()
                    write_certificate(tmp_path)
                    (tmp_path / "cert.pem").write_bytes(cert)
                else:
                    (tmp_path / name).write_bytes(content)
                until(lambda: gateway.output().count("the certificate in force stays") > said, 10, "the log")
                assert shown() == second
                (tmp_path / name).write_bytes(kept)
            # Who was connected is served as before.
            assert before.request("GET", "/live").status == 200
    finally:
        assert gateway.stop() == 0


def test_large_bodies_over_tls(tls_gateway, admin):
    body = os.urandom(5_000_000)
    with H2Wire(tls_gateway.port, tls=tls_context("h2")) as wire:
        stored = wire.request("PUT", "/api/v1/files/h2-tls", admin, body)
        assert stored.status in (200, 201), stored
        assert wire.request("GET", "/api/v1/files/h2-tls", admin).body == body


def test_http1_is_untouched_on_the_same_port(platform):
    with Wire(platform.port) as wire:
        assert wire.request("GET", "/live").status == 200
        assert wire.request("PROPFIND", "/live").status in (404, 405)
