"""The rate limit service: what descriptors mean, in the buckets of the embedded edge, for grpcio and for a real Envoy."""

import concurrent.futures
import time

import grpc
import pytest

from ratelimit_api import DAY, HOUR, MINUTE, OK, OVER_LIMIT, SECOND, Client, descriptor, request
from rig import free_port, until
from test_tenants import MODULES, RIGHTS, ask
from valkey_server import followed

DOMAIN = "gateway"
MEMBER = "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0a02"


def member_descriptor(user=MEMBER, *roles):
    return descriptor(("tenant", "acme"), ("user", user), *(("role", role) for role in roles))


def with_envoy(configuration):
    configuration["loops"] = 2
    configuration["envoy"] = {"control": {"host": "127.0.0.1", "port": free_port()}, "rate_limits": {"domain": DOMAIN}}
    configuration["rate_limits"] = {
        "user": {"requests": 5, "per": "1h"}, "address": {"requests": 3, "per": "1h"},
        "roles": {"power": {"requests": 9, "per": "1h"}, "admin": "off"},
    }
    return configuration["envoy"]["control"]["port"]


@pytest.fixture(scope="module")
def gateway(platform):
    ports = []
    gateway = platform.another_gateway("rls", lambda configuration: ports.append(with_envoy(configuration)))
    gateway.grpc_port = ports[0]
    yield gateway.start()
    gateway.stop()


@pytest.fixture
def client(gateway):
    client = Client(gateway.grpc_port)
    yield client
    client.close()


def test_a_user_has_the_limit_of_its_best_role_and_is_told_so(client):
    plain = [client.should_limit(request(DOMAIN, member_descriptor("u-plain"))) for _ in range(6)]
    assert [answer.code for answer in plain] == [OK] * 5 + [OVER_LIMIT]
    first, last = plain[0], plain[-1]
    assert first.statuses == [
        {"code": OK, "requests": 5, "unit": HOUR, "name": "user", "remaining": 4, "reset": pytest.approx(720, abs=5)}]
    assert first.headers["ratelimit-policy"] == '"user";q=5;w=3600' and first.headers["ratelimit"].startswith('"user";r=4;t=')
    assert "retry-after" not in first.headers
    assert last.statuses[0]["code"] == OVER_LIMIT and last.statuses[0]["remaining"] == 0
    assert 600 < int(last.headers["retry-after"]) <= 720
    power = [client.should_limit(request(DOMAIN, member_descriptor("u-power", "member, power"))) for _ in range(10)]
    assert [answer.code for answer in power] == [OK] * 9 + [OVER_LIMIT] and power[0].statuses[0]["name"] == "power"
    free = [client.should_limit(request(DOMAIN, member_descriptor("u-free", "power", "admin"))) for _ in range(12)]
    assert {answer.code for answer in free} == {OK} and free[0].statuses[0]["requests"] == 0


def test_an_address_counts_as_the_embedded_edge_counts_it(client):
    answers = [client.should_limit(request(DOMAIN, descriptor(("remote_address", "192.0.2.7")))).code for _ in range(4)]
    assert answers == [OK] * 3 + [OVER_LIMIT]
    # Of IPv6 the network.
    answers = [
        client.should_limit(request(DOMAIN, descriptor(("remote_address", f"2001:db8::{number}")))).code for number in range(1, 5)]
    assert answers == [OK] * 3 + [OVER_LIMIT]
    assert client.should_limit(request(DOMAIN, descriptor(("remote_address", "2001:db8:0:1::1")))).code == OK


def test_any_descriptor_of_any_domain_may_bring_its_limit(client):
    body = descriptor(("path", "/search"), ("method", "GET"), limit=(4, MINUTE))
    answers = [client.should_limit(request("another", body)) for _ in range(5)]
    assert [answer.code for answer in answers] == [OK] * 4 + [OVER_LIMIT]
    assert answers[0].statuses[0] | {"reset": 0} == {
        "code": OK, "requests": 4, "unit": MINUTE, "name": "method", "remaining": 3, "reset": 0}
    # Another domain, another value, another split of the same text: other buckets.
    for domain, entries in (
        ("third", [("path", "/search"), ("method", "GET")]), ("another", [("path", "/search"), ("method", "PUT")]),
        ("another", [("path", "/searchmethod"), ("", "GET")]),
    ):
        assert client.should_limit(request(domain, descriptor(*entries, limit=(4, MINUTE)))).code == OK
    # What nobody has a limit for is not limited; a limit of nothing lets nothing through.
    assert client.should_limit(request("another", descriptor(("tenant", "acme"), ("user", "x")))).statuses[0]["requests"] == 0
    nothing = client.should_limit(request("another", descriptor(("path", "/closed"), limit=(0, SECOND))))
    assert nothing.code == OVER_LIMIT and nothing.headers["retry-after"] == "1"


def test_hits_are_taken_together_or_not_at_all(client):
    def hit(count, **own):
        return client.should_limit(request("hits", descriptor(("k", "v"), limit=(10, HOUR), **own), hits=count))

    assert (hit(4).code, hit(4).statuses[0]["remaining"]) == (OK, 2)
    over = hit(4)
    assert over.code == OVER_LIMIT and over.statuses[0]["remaining"] == 2
    assert hit(9, hits=2).code == OK
    assert hit(1).code == OVER_LIMIT
    assert hit(1, hits=0).code == OK
    assert client.should_limit(request("hits", descriptor(("k", "w"), limit=(10, HOUR)), hits=11)).code == OVER_LIMIT


def test_several_descriptors_are_counted_together_and_answered_one_by_one(client):
    both = request("many", descriptor(("k", "small"), ("tenant", "t"), limit=(2, HOUR)), descriptor(("tenant", "t"), limit=(9, HOUR)))
    answers = [client.should_limit(both) for _ in range(3)]
    assert [answer.code for answer in answers] == [OK, OK, OVER_LIMIT]
    assert [status["code"] for status in answers[2].statuses] == [OVER_LIMIT, OK]
    assert answers[1].headers["ratelimit-policy"] == '"tenant";q=2;w=3600, "tenant";q=9;w=3600'
    # The refused one took nothing of the other.
    alone = client.should_limit(request("many", descriptor(("tenant", "t"), limit=(9, HOUR))))
    assert alone.statuses[0]["remaining"] == 6
    most = [descriptor(("k", f"{number}"), limit=(5, HOUR)) for number in range(32)]
    assert len(client.should_limit(request("many", *most)).statuses) == 32


@pytest.mark.parametrize("message", [b"\x0a", b"\xff", request("", descriptor(("a", "b"))), request("d"),
                                     request("d", *[descriptor(("a", "b"))] * 33)])
def test_what_is_no_request_is_refused(client, message):
    with pytest.raises(grpc.RpcError) as refused:
        client.should_limit(message)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_the_server_speaks_grpc_as_grpcio_does(gateway, client):
    with pytest.raises(grpc.RpcError) as unknown:
        client.channel.unary_unary("/envoy.service.ratelimit.v3.RateLimitService/Never")(b"", timeout=5)
    assert unknown.value.code() == grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(grpc.RpcError) as compressed:
        client.should_limit(request("d" * 500, descriptor(("a", "b"))), compression=grpc.Compression.Gzip)
    assert compressed.value.code() == grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(grpc.RpcError) as large:
        client.should_limit(request("d", descriptor(("a", "b" * 70_000))))
    assert large.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert client.should_limit(request("d", descriptor(("a", "b" * 60_000)))).code == OK
    # Many at once, over several connections.
    clients = [Client(gateway.grpc_port, options=[("grpc.use_local_subchannel_pool", 1)]) for _ in range(4)]
    message = request("load", descriptor(("k", "v"), limit=(10_000, DAY)))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: clients[number % 4].should_limit(message), range(2000)))
    assert all(answer.code == OK for answer in answers)
    assert client.should_limit(message).statuses[0]["remaining"] == 10_000 - 2001
    for other in clients:
        other.close()


def test_health_and_its_watch(gateway, client):
    assert client.health() == client.health("envoy.service.ratelimit.v3.RateLimitService") == 1
    with pytest.raises(grpc.RpcError) as unknown:
        client.health("nobody")
    assert unknown.value.code() == grpc.StatusCode.NOT_FOUND
    watch = client.watch()
    assert next(watch) == b"\x08\x01"
    watch.cancel()


def test_a_watcher_is_told_of_the_end_and_the_end_is_clean(platform):
    ports = []
    gateway = platform.another_gateway("rls-end", lambda configuration: ports.append(with_envoy(configuration))).start()
    client = Client(ports[0])
    watch = client.watch()
    assert next(watch) == b"\x08\x01"
    started = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - started < 5
    with pytest.raises(grpc.RpcError) as ended:
        next(watch)
    assert ended.value.code() == grpc.StatusCode.UNAVAILABLE
    client.close()


def test_without_an_envoy_section_nothing_listens(platform):
    with pytest.raises(grpc.RpcError) as refused:
        Client(50051).should_limit(request("d", descriptor(("a", "b"))), timeout=2)
    assert refused.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


@pytest.fixture(scope="module")
def shared(platform, valkey):
    """Two gateways on one Valkey."""
    ports = []

    def change(configuration):
        ports.append(with_envoy(configuration))
        configuration["valkey"] = {"url": valkey.url}
        configuration["rate_limits"]["user"] = {"requests": 20, "per": "1h"}
        configuration["rate_limits"]["address"]["fallback"] = "closed"
        configuration.pop("tenants", None)

    group = [platform.another_gateway(f"rls-shared-{number}", change).start() for number in range(2)]
    for gateway, port in zip(group, ports):
        gateway.grpc_port = port
    followed(valkey, 4)
    valkey.call("FLUSHALL")
    valkey.call("SADD", MODULES, "crm")
    valkey.call("SADD", RIGHTS, "crm.contacts.read")
    yield group
    for gateway in group:
        gateway.stop()


def test_both_tiers_and_all_replicas_count_in_one_bucket(platform, valkey, shared):
    headers = {"Authorization": f"Bearer {platform.token('member@acme')}"}
    until(lambda: ask(shared[0], headers).status == 200, what="the member's first answer")
    valkey.call("DEL", *valkey.call("KEYS", "limit:*user*"))
    time.sleep(1.2)
    clients = [Client(gateway.grpc_port) for gateway in shared]
    accepted = 0
    for number in range(15):
        accepted += clients[number % 2].should_limit(request(DOMAIN, member_descriptor())).code == OK
        accepted += ask(shared[number % 2], headers).status == 200
    assert 20 <= accepted <= 21, accepted
    # Several tokens of a bucket that only Valkey knows.
    body = descriptor(("tenant", "acme"), ("job", "import"), limit=(100, HOUR))
    codes = [clients[number % 2].should_limit(request("jobs", body, hits=30)).code for number in range(4)]
    assert codes == [OK, OK, OK, OVER_LIMIT]
    for client in clients:
        client.close()


def test_the_ceiling_of_a_tenant_holds_and_changes_while_serving(valkey, shared):
    valkey.call("SET", "rate_limit:config:acme", '{"rps":1,"burst":6}')
    time.sleep(1)
    client = Client(shared[0].grpc_port)
    codes = [client.should_limit(request(DOMAIN, descriptor(("tenant", "acme")))).code for _ in range(12)]
    assert 6 <= codes.count(OK) <= 8 and codes[0] == OK and codes[-1] == OVER_LIMIT
    valkey.call("DEL", "rate_limit:config:acme")
    time.sleep(1)
    assert client.should_limit(request(DOMAIN, descriptor(("tenant", "acme")))).statuses[0]["requests"] == 0
    client.close()


def test_without_valkey_the_fallbacks_hold(valkey, shared):
    client = Client(shared[0].grpc_port)
    valkey.hang()
    try:
        address = request(DOMAIN, descriptor(("remote_address", "192.0.2.9")))

        def closed():
            try:
                client.should_limit(address)
            except grpc.RpcError as error:
                return error.code() == grpc.StatusCode.UNAVAILABLE
            return False

        # Closed: nobody knows, so neither OK nor OVER_LIMIT.
        until(closed, 5, "the closed limit to be closed")
        body = request("away", descriptor(("k", "v"), limit=(10, HOUR)))
        begin = time.monotonic()
        codes = [client.should_limit(body).code for _ in range(12)]
        assert 1 <= codes.count(OK) <= 10 and codes[-1] == OVER_LIMIT
        assert time.monotonic() - begin < 2
    finally:
        valkey.resume()
    until(lambda: not closed(), 10, "the limits to return to Valkey")
    client.close()


def test_an_answer_nobody_waits_for_takes_no_token(valkey, shared):
    client = Client(shared[0].grpc_port)
    body = request("gone", descriptor(("k", "v"), limit=(10, HOUR)))
    valkey.hang()
    try:
        with pytest.raises(grpc.RpcError):
            client.should_limit(body, timeout=0.02)
    finally:
        valkey.resume()
    until(lambda: client.should_limit(request("g2", descriptor(("k", "v"), limit=(9, HOUR)))).code == OK, 5, "Valkey")
    client.close()


