"""What is known of tenants, in a real Valkey: modules and permissions, their changes, and what happens when it is away."""

import json
import signal
import time
import urllib.request

import pytest

from problems import assert_problem
from rig import until
from valkey_server import followed
from wire import once

CONTACTS = "/api/v1/data/crm/contacts"
MEMBER = "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0a02"
MODULES, RIGHTS = "modules:active:acme", f"rbac:acme:{MEMBER}"


@pytest.fixture(scope="module")
def gateways(platform, valkey):
    """Two gateways before one store."""

    def change(configuration):
        configuration["valkey"] = {"url": valkey.url}
        configuration["loops"] = 2
        configuration["cors"] = {}
        configuration.pop("tenants", None)

    with platform.gateways(("first", "second"), change) as both:
        yield both


@pytest.fixture
def member(platform, valkey, gateways):
    """A member of acme, which has the CRM module and may read contacts; both gateways follow the store."""
    if not valkey.is_running:
        valkey.start()
    followed(valkey, 4)
    valkey.call("FLUSHALL")
    valkey.call("SADD", MODULES, "crm")
    valkey.call("SADD", RIGHTS, "crm.contacts.read")
    headers = {"Authorization": f"Bearer {platform.token('member@acme')}"}
    for gateway in gateways:
        until(lambda: ask(gateway, headers).status == 200, what="the member's first answer")
    return headers


def ask(gateway, headers, path=CONTACTS, method="GET"):
    return once(gateway.port, method, path, headers)


def seen_within(gateways, headers, status, seconds=1.0):
    """Seconds until every gateway answers so on every loop: connections go round the loops."""
    begin = time.monotonic()
    for gateway in gateways:
        until(lambda: all(ask(gateway, headers).status == status for _ in range(4)), seconds, f"the status {status}")
    return time.monotonic() - begin


def denials(gateway, identifier):
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.admin_port}/denials?id={identifier}", timeout=5) as answer:
        return json.load(answer)["denials"]


def test_a_module_that_is_taken_away_is_gone_for_the_tenant_everywhere(valkey, gateways, member):
    valkey.call("SREM", MODULES, "crm")
    seen_within(gateways, member, 404)
    answer = ask(gateways[0], member)
    assert_problem(answer, 404, "module-not-found", CONTACTS)
    valkey.call("SADD", MODULES, "crm")
    seen_within(gateways, member, 200)


def test_the_module_comes_before_the_permission_and_after_the_token(valkey, gateways, member):
    valkey.call("DEL", MODULES, RIGHTS)
    seen_within(gateways, member, 404)
    assert_problem(ask(gateways[0], {}), 401, "unauthorized", CONTACTS)
    answer = ask(gateways[0], member, "/api/v1/data/unheard/of")
    assert_problem(answer, 404, "module-not-found", "/api/v1/data/unheard/of")


def test_a_permission_that_is_given_or_taken_takes_effect_everywhere(valkey, gateways, member):
    valkey.call("SREM", RIGHTS, "crm.contacts.read")
    seen_within(gateways, member, 403)
    for name in ("crm.*", "*"):
        valkey.call("SADD", RIGHTS, name)
        seen_within(gateways, member, 200)
        valkey.call("DEL", RIGHTS)
        seen_within(gateways, member, 403)
    assert_problem(ask(gateways[0], member), 403, "forbidden", CONTACTS)


def test_roles_of_the_token_grant_nothing_where_permissions_are_kept(platform, gateways, member):
    admin = {"Authorization": f"Bearer {platform.token('admin@acme')}"}
    assert_problem(ask(gateways[0], admin), 403, "forbidden", CONTACTS)


def test_changes_are_seen_within_a_second_a_hundred_times(valkey, gateways, member):
    delays = []
    for number in range(100):
        held = number % 2 == 1
        valkey.call("SADD" if held else "SREM", RIGHTS, "crm.contacts.read")
        delays.append(seen_within(gateways, member, 200 if held else 403))
    assert max(delays) < 1, sorted(delays)[-5:]


def test_a_value_of_another_type_grants_nothing(valkey, gateways, member):
    valkey.call("SET", RIGHTS, "crm.contacts.read")
    seen_within(gateways, member, 403)
    valkey.call("SET", MODULES, "crm")
    seen_within(gateways, member, 404)


def test_rules_on_pages_of_other_origins_are_kept_with_the_tenant(valkey, gateways, member):
    page = member | {"Origin": "https://app.acme.example"}

    def allowed():
        return {ask(gateway, page).header("access-control-allow-origin") for gateway in gateways for _ in range(4)}

    assert allowed() == {None}
    valkey.call("SET", "cors:acme", '{"origins":["https://app.acme.example"]}')
    until(lambda: allowed() == {"https://app.acme.example"}, 2, "the rules")
    # Before the caller is known nobody's rules are.
    assert ask(gateways[0], {"Origin": "https://app.acme.example"}).header("access-control-allow-origin") is None
    for broken in ('{"origins":["*"],"credentials":true}', "nonsense"):
        valkey.call("SET", "cors:acme", broken)
        until(lambda: allowed() == {None}, 2, "rules that allow nothing")
        valkey.call("SET", "cors:acme", '{"origins":["https://app.acme.example"]}')
        until(lambda: allowed() == {"https://app.acme.example"}, 2, "the rules")
    valkey.call("DEL", "cors:acme")
    until(lambda: allowed() == {None}, 2, "no rules")


def test_an_operator_can_see_why_a_caller_was_refused(valkey, gateways, member):
    valkey.call("DEL", RIGHTS)
    seen_within(gateways, member, 403)
    answer = ask(gateways[0], member | {"X-Request-ID": "why-was-this"})
    assert answer.status == 403
    entry, = denials(gateways[0], "why-was-this")
    assert entry["reason"] == "permission" and entry["needed"] == "crm.contacts.read" and entry["held"] == 0
    assert entry["source"] == "directory" and entry["tenant"] == "acme" and entry["user"] == MEMBER and entry["roles"] == "member"
    assert entry["operation"] == "crm.listContacts" and entry["status"] == 403
    assert denials(gateways[0], answer.json()["traceId"]) == [entry]
    assert denials(gateways[0], "nobody") == []


@pytest.mark.parametrize("how", ("killed", "hung"))
def test_without_the_store_nothing_is_allowed_that_cannot_be_known_and_all_heals_by_itself(valkey, gateways, member, how):
    valkey.kill() if how == "killed" else valkey.hang()
    try:
        # Who may do what is not believed any longer once changes may be missed.
        seen_within(gateways, member, 503, 2)
        answer = ask(gateways[0], member)
        assert_problem(answer, 503, "service-unavailable", CONTACTS)
        assert int(answer.header("retry-after")) >= 1
        # Nobody waits for a store that is away: each refusal is at once.
        begin = time.monotonic()
        assert {ask(gateways[0], member).status for _ in range(20)} == {503}
        assert time.monotonic() - begin < 4
        # What needs no permission is served on what was known of the tenant's modules.
        assert ask(gateways[0], member, "/api/v1/lab/private/echo").status == 200
    finally:
        if how == "killed":
            valkey.start()
            valkey.call("SADD", MODULES, "crm")
            valkey.call("SADD", RIGHTS, "crm.contacts.read")
        else:
            valkey.resume()
    seen_within(gateways, member, 200, 10)


def test_a_flushed_store_leaves_nothing_behind(valkey, gateways, member):
    valkey.call("FLUSHALL")
    seen_within(gateways, member, 404)


def test_without_a_store_the_configuration_says_what_a_tenant_has(platform):
    def change(configuration):
        configuration["tenants"] = {"acme": {"modules": ["crm"], "rate": {"rps": 1, "burst": 3}}, "globex": {}}

    gateway = platform.another_gateway("embedded", change).start()
    try:
        globex = {"Authorization": f"Bearer {platform.token('admin@globex')}"}
        assert_problem(ask(gateway, globex), 404, "module-not-found", CONTACTS)
        members = [{"Authorization": f"Bearer {platform.token(name)}"} for name in ("admin@acme", "member@acme")]
        answers = [ask(gateway, members[number % 2]) for number in range(6)]
        statuses = [answer.status for answer in answers]
        assert statuses[:3] == [200] * 3 and 429 in statuses[3:], statuses
        assert '"tenant";q=1;w=1' in answers[0].header("ratelimit-policy")
        assert ask(gateway, globex).status == 404, "one tenant's ceiling is no other's"
        # A tenant gets the module while the gateway runs.
        gateway.configuration["tenants"]["globex"] = {"modules": ["crm"]}
        gateway.write()
        gateway.signal(signal.SIGHUP)
        until(lambda: ask(gateway, globex).status == 200, what="the module of globex")
    finally:
        gateway.stop()


def test_a_gateway_does_not_start_with_a_url_that_is_none(platform):
    gateway = platform.another_gateway("wrong", lambda configuration: configuration.update(valkey={"url": "http://:secret@x"}))
    with pytest.raises(AssertionError) as failure:
        gateway.start()
    assert "valkey.url" in str(failure.value) and "secret" not in str(failure.value)
