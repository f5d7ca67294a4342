"""Limits and time: rate limits, slow clients, connections."""

import re
import socket
import time

import pytest

from problems import assert_problem
from wire import Wire, head, once


@pytest.fixture(scope="module")
def strict(platform):
    """A gateway with small limits, so that the tests reach them."""

    def change(configuration):
        configuration["limits"] = dict(configuration.get("limits") or {}) | {
            "head_timeout": "1s", "idle_timeout": "1s", "body_grace": "1s", "requests_per_connection": 5,
        }
        next(service for service in configuration["services"] if service["name"] == "lab")["timeout"] = "1s"
        configuration["rate_limits"] = {
            "user": {"requests": 5, "per": "1m"}, "address": "off", "headers": {"x_ratelimit": True},
        }

    gateway = platform.another_gateway("strict", change)
    gateway.start()
    yield gateway
    gateway.stop()


def test_a_user_over_the_limit_is_told_when_to_come_back(platform, strict):
    token = {"Authorization": f"Bearer {platform.token('member@globex')}"}
    answers = [once(strict.port, "GET", "/api/v1/lab/private/echo", token) for _ in range(8)]
    refused = [answer for answer in answers if answer.status == 429]
    assert 1 <= len(refused) <= 3 and answers[0].status == 200, [answer.status for answer in answers]
    assert_problem(refused[0], 429, "rate-limit-exceeded", "/api/v1/lab/private/echo")
    assert int(refused[0].header("retry-after")) >= 1
    assert refused[0].header("ratelimit-policy") and refused[0].header("ratelimit")
    assert re.search(r"r=\d+", answers[0].header("ratelimit")), answers[0]
    assert answers[0].header("x-ratelimit-limit") == "5" and answers[0].header("x-ratelimit-remaining") == "4"
    assert 1 <= int(refused[0].header("x-ratelimit-reset")) <= 60
    other = {"Authorization": f"Bearer {platform.token('admin@globex')}"}
    assert once(strict.port, "GET", "/api/v1/lab/private/echo", other).status == 200, "each user has a bucket"


def test_a_head_that_does_not_come_is_timed_out(strict):
    with Wire(strict.port) as wire:
        wire.send(b"GET /live HTTP/1.1\r\nHost: gate")
        begin = time.monotonic()
        try:
            answer = wire.response()
            assert answer.status == 408
        except Exception:
            pass
        assert wire.is_closed() and time.monotonic() - begin < 8


def test_a_head_in_drips_is_timed_out_all_the_same(strict):
    with Wire(strict.port) as wire:
        begin = time.monotonic()
        try:
            for byte in b"GET /live HTTP/1.1\r\nHost: gateway.test\r\nX-Slow: " + b"a" * 1000:
                wire.send(bytes([byte]))
                time.sleep(0.1)
                assert time.monotonic() - begin < 8, "still open"
        except (BrokenPipeError, ConnectionResetError):
            pass


def test_an_idle_connection_is_closed(strict):
    with Wire(strict.port) as wire:
        assert wire.request("GET", "/live").status == 200
        begin = time.monotonic()
        assert wire.is_closed() and 0.5 < time.monotonic() - begin < 8


def test_a_connection_ends_after_its_share_of_requests(strict):
    with Wire(strict.port) as wire:
        answers = [wire.request("GET", "/live") for _ in range(5)]
        assert [answer.header("connection") for answer in answers] == [None] * 4 + ["close"]
        assert wire.is_closed()


def test_a_request_body_that_stops_is_given_up(strict):
    with Wire(strict.port, timeout=40) as wire:
        wire.send(head("POST", "/api/v1/lab/echo", [("Content-Length", "1000000")]) + b"x")
        begin = time.monotonic()
        try:
            answer = wire.response()
            assert answer.status in (408, 400), answer
        except Exception as error:
            assert not isinstance(error, (AssertionError, socket.timeout)), error
        assert time.monotonic() - begin < 35


def test_a_connection_that_said_nothing_is_closed_without_a_word(strict):
    with Wire(strict.port) as wire:
        assert wire.is_closed()


def test_a_partial_head_is_told_of_its_timeout(strict):
    with Wire(strict.port) as wire:
        wire.send(b"GET /live HTTP/1.1\r\nHost: gate")
        assert_problem(wire.response(), 408, "bad-request")
        assert wire.is_closed()


def test_an_upload_that_moves_may_take_longer_than_the_answers_deadline(strict):
    with Wire(strict.port) as wire:
        wire.send(head("POST", "/api/v1/lab/echo", [("Content-Length", "40000")]))
        for _ in range(40):
            wire.send(b"x" * 1000)
            time.sleep(0.08)
        assert wire.response().json()["length"] == 40_000


def test_an_upload_that_stops_after_a_fast_start_is_given_up(strict):
    """The rate counts in windows: a head start does not buy hours of silence."""
    with Wire(strict.port, timeout=10) as wire:
        wire.send(head("POST", "/api/v1/lab/echo", [("Content-Length", "10000000")]) + b"x" * 5_000_000)
        assert_problem(wire.response(), 408, "bad-request")


def test_the_deadline_runs_once_the_upload_is_whole(strict):
    with Wire(strict.port) as wire:
        wire.send(head("POST", "/api/v1/lab/hang", [("Content-Length", "40000")]) + b"x" * 40_000)
        begin = time.monotonic()
        assert_problem(wire.response(), 504, "gateway-timeout")
        assert 0.8 < time.monotonic() - begin < 5
