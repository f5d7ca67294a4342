"""Limits that several gateways share over a real Valkey: exact together, and what holds while it is away."""

import math
import time

import pytest

from problems import assert_problem
from rig import until
from test_tenants import MODULES, RIGHTS, ask
from valkey_server import followed

COUNT, BURST, PER_SECOND = 3, 40, 4


@pytest.fixture(scope="module")
def gateways(platform, valkey):
    def change(configuration):
        configuration["valkey"] = {"url": valkey.url}
        configuration["loops"] = 1
        configuration.pop("tenants", None)
        configuration["rate_limits"] = {
            "user": {"requests": PER_SECOND, "per": "1s", "burst": BURST}, "address": {"requests": 5, "per": "1m", "fallback": "closed"},
        }

    with platform.gateways([f"shared-{number}" for number in range(COUNT)], change) as group:
        yield group


@pytest.fixture
def member(platform, valkey, gateways):
    if not valkey.is_running:
        valkey.start()
    followed(valkey, COUNT)
    valkey.call("FLUSHALL")
    valkey.call("SADD", MODULES, "crm")
    valkey.call("SADD", RIGHTS, "crm.contacts.read")
    headers = {"Authorization": f"Bearer {platform.token('member@acme')}"}
    for gateway in gateways:
        until(lambda: ask(gateway, headers).status in (200, 429), what="the gateway's first answer")
    # The first answers took tokens: everybody begins with a full bucket.
    until(lambda: not valkey.call("KEYS", "limit:*user*"), 20, "the bucket to be full again")
    return headers


def ceiling(valkey, rps, burst):
    valkey.call("SET", "rate_limit:config:acme", f'{{"rps":{rps},"burst":{burst}}}')
    time.sleep(0.5)


def test_three_gateways_accept_together_what_one_bucket_holds(gateways, member):
    begin = time.monotonic()
    answers = [ask(gateways[number % COUNT], member) for number in range(3 * BURST)]
    elapsed = time.monotonic() - begin
    accepted = sum(answer.status == 200 for answer in answers)
    assert {answer.status for answer in answers} == {200, 429}
    # To the token: a full bucket and what came into it meanwhile.
    assert BURST <= accepted <= BURST + math.ceil(elapsed * PER_SECOND) + 1, (accepted, elapsed)
    refused = next(answer for answer in answers if answer.status == 429)
    assert_problem(refused, 429, "rate-limit-exceeded")
    assert int(refused.header("retry-after")) >= 1 and '"user";q=4;w=1' in refused.header("ratelimit-policy")
    # What one says is left holds for the others: no gateway had a bucket of its own.
    left = [int(answer.header("ratelimit").split("r=")[1].split(";")[0]) for answer in answers[:BURST]]
    assert left == sorted(left, reverse=True) or max(a - b for a, b in zip(left[1:], left)) <= PER_SECOND


def test_the_ceiling_of_the_tenant_is_shared_by_its_users_and_changes_while_serving(platform, valkey, gateways, member):
    ceiling(valkey, 1, 6)
    users = [member, {"Authorization": f"Bearer {platform.token('admin@acme')}"}]
    begin = time.monotonic()
    answers = [ask(gateways[number % COUNT], users[number % 2], "/api/v1/lab/private/echo") for number in range(24)]
    elapsed = time.monotonic() - begin
    accepted = sum(answer.status == 200 for answer in answers)
    assert 6 <= accepted <= 6 + math.ceil(elapsed) + 1, (accepted, elapsed)
    refused = next(answer for answer in answers if answer.status == 429)
    assert "of 1 requests/s" in refused.json()["detail"], refused.json()
    valkey.call("DEL", "rate_limit:config:acme")
    time.sleep(0.5)
    assert [ask(gateways[0], users[1], "/api/v1/lab/private/echo").status for _ in range(8)] == [200] * 8


def test_another_tenant_has_its_own(platform, valkey, gateways, member):
    ceiling(valkey, 1, 1)
    assert 429 in [ask(gateways[0], member, "/api/v1/lab/private/echo").status for _ in range(4)]
    globex = {"Authorization": f"Bearer {platform.token('member@globex')}"}
    assert [ask(gateways[0], globex, "/api/v1/lab/private/echo").status for _ in range(4)] == [200] * 4


def test_without_valkey_each_gateway_applies_its_part_and_a_closed_limit_serves_nobody(valkey, gateways, member):
    # Each has shown up, and knows how many there are.
    until(lambda: valkey.call("ZCARD", "limit:instances") >= COUNT, 20, "the signs of life")
    time.sleep(4)
    valkey.kill()
    time.sleep(1)
    begin = time.monotonic()
    answers = [ask(gateways[number % COUNT], member, "/api/v1/lab/private/echo") for number in range(3 * BURST)]
    elapsed = time.monotonic() - begin
    accepted = sum(answer.status == 200 for answer in answers)
    assert {answer.status for answer in answers} == {200, 429}
    assert accepted <= BURST + math.ceil(elapsed * PER_SECOND) + 2 * COUNT, (accepted, elapsed)
    assert accepted >= BURST - COUNT, accepted
    assert_problem(ask(gateways[0], {}, "/api/v1/lab/echo"), 503, "service-unavailable", "/api/v1/lab/echo")
    valkey.start()
    until(lambda: ask(gateways[0], {}, "/api/v1/lab/echo").status == 200, 20, "the return of Valkey")
