"""IAM behind a real Valkey: asked once, written once, and never believed after it has changed its mind."""

import sys
import threading

import grpc
import pytest

from peer_programs import PEERS
from problems import assert_problem
from rig import until
from test_tenants import CONTACTS, MEMBER, MODULES, RIGHTS, ask
from valkey_server import followed

sys.path.insert(0, str(PEERS))

from authorities import IAM, Authorities  # noqa: E402


class HeldIAM(Authorities):
    """Answers at once, or when the test lets it: with what was so when it was asked."""

    def __init__(self):
        self.free = threading.Event()
        self.free.set()
        self.fails = False
        super().__init__()

    def ListPermissions(self, request, context):  # noqa: N802, the name of the method
        answer = super().ListPermissions(request, context)
        self.free.wait(10)
        if self.fails:
            context.abort(grpc.StatusCode.UNAVAILABLE, "as the test wants")
        return answer

    def says(self, *names):
        self.permissions[("acme", MEMBER)] = list(names)

    @property
    def questions(self):
        return len(self.calls[IAM])


@pytest.fixture(scope="module")
def iam():
    authority = HeldIAM()
    yield authority
    authority.free.set()
    authority.stop()


@pytest.fixture(scope="module")
def gateways(platform, valkey, iam):
    def change(configuration):
        configuration["valkey"] = {"url": valkey.url}
        configuration["permissions"] = {"iam": {"addresses": [f"127.0.0.1:{iam.port}"], "timeout": "5s"}, "ttl": "1m"}
        configuration["loops"] = 1
        configuration.pop("tenants", None)

    with platform.gateways(("asks", "reads"), change) as both:
        yield both


@pytest.fixture
def member(platform, valkey, iam, gateways):
    iam.free.set()
    iam.fails = False
    followed(valkey, 2)
    valkey.call("FLUSHALL")
    valkey.call("SADD", MODULES, "crm")
    headers = {"Authorization": f"Bearer {platform.token('member@acme')}"}
    # A request without a permission: the tenant's facts are known, and whatever the last test left has settled.
    for gateway in gateways:
        until(lambda: ask(gateway, headers, "/api/v1/lab/private/echo").status == 200, what="an answer")
    return headers


def during_a_question(gateway, iam, headers, deed):
    """Runs `deed` while IAM thinks about this caller; the answer to the caller."""
    iam.free.clear()
    asked, answers = iam.questions, []
    caller = threading.Thread(target=lambda: answers.append(ask(gateway, headers)))
    caller.start()
    try:
        until(lambda: iam.questions > asked, what="the question")
        deed()
    finally:
        iam.free.set()
    caller.join(15)
    return answers[0]


def test_one_question_answers_every_gateway(valkey, gateways, iam, member):
    iam.says("crm.contacts.read")
    asked = iam.questions
    assert ask(gateways[0], member).status == 200
    until(lambda: valkey.call("SMEMBERS", RIGHTS) == ["crm.contacts.read"], what="the copy")
    assert 50_000 < valkey.call("PTTL", RIGHTS) <= 60_000
    assert {ask(gateway, member).status for gateway in gateways for _ in range(5)} == {200}
    assert iam.questions == asked + 1


def test_who_holds_nothing_is_not_asked_about_again(valkey, gateways, iam, member):
    iam.says()
    assert_problem(ask(gateways[0], member), 403, "forbidden", CONTACTS)
    until(lambda: valkey.call("SMEMBERS", RIGHTS) == ["-"], what="the copy")
    asked = iam.questions
    assert {ask(gateway, member).status for gateway in gateways for _ in range(5)} == {403}
    assert iam.questions == asked


def test_an_answer_that_was_overtaken_by_a_change_is_not_written(valkey, gateways, iam, member):
    iam.says("crm.contacts.read")

    def revoke():
        until(lambda: len(valkey.call("SMEMBERS", RIGHTS)) == 1, what="the claim")
        assert valkey.call("SMEMBERS", RIGHTS)[0].startswith("-"), "nothing is granted before IAM has answered"
        iam.says()
        # As whoever changes permissions does (docs/permissions.md).
        assert valkey.call("DEL", RIGHTS) == 1

    during_a_question(gateways[0], iam, member, revoke)
    for gateway in gateways:
        until(lambda: all(ask(gateway, member).status == 403 for _ in range(3)), 1, "the change")
    assert valkey.call("SMEMBERS", RIGHTS) == ["-"]


def test_whoever_finds_a_claim_asks_for_itself(valkey, gateways, iam, member):
    iam.says("crm.contacts.read")
    seen = []

    def second():
        until(lambda: valkey.call("EXISTS", RIGHTS) == 1, what="the claim")
        other = threading.Thread(target=lambda: seen.append(ask(gateways[1], member).status))
        asked = iam.questions
        other.start()
        until(lambda: iam.questions > asked, what="the second question")
        iam.free.set()
        other.join(15)

    assert during_a_question(gateways[0], iam, member, second).status == 200
    assert seen == [200]
    until(lambda: valkey.call("SMEMBERS", RIGHTS) == ["crm.contacts.read"], what="the copy")


def test_names_that_were_added_meanwhile_stay(valkey, gateways, iam, member):
    iam.says()
    during_a_question(gateways[0], iam, member, lambda: valkey.call("SADD", RIGHTS, "crm.contacts.read"))
    for gateway in gateways:
        until(lambda: ask(gateway, member).status == 200, 1, "the name")
    assert valkey.call("SMEMBERS", RIGHTS) == ["crm.contacts.read"] and valkey.call("PTTL", RIGHTS) == -1


def test_without_an_answer_nothing_is_left_behind(valkey, gateways, iam, member):
    iam.fails = True
    assert_problem(ask(gateways[0], member), 503, "service-unavailable", CONTACTS)
    until(lambda: valkey.call("EXISTS", RIGHTS) == 0, what="the withdrawal")
    iam.fails = False
    iam.says("crm.*")
    until(lambda: ask(gateways[0], member).status == 200, 10, "the answer of IAM")
