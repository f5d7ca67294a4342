"""What the gateway tells Envoys, told to scripted clients that say what Envoys may say, and what none should."""

import json
import shutil
import signal
import socket
import time

import pytest

from ads_client import INVALID_ARGUMENT, SILENCE_SECONDS, TYPES, Delta, Follower, Whole
from envoy_server import with_edge
from rig import until
from test_modules import comes, started, write
from wire import once

BOTH = pytest.mark.parametrize("variant", [Whole, Delta], ids=["whole", "delta"])
OUT_OF_RANGE_NAMES = 20_000
GRACE = 3


def launch(platform, name, folder):
    """A gateway with Envoys in front that looks at its folder of modules often."""

    def configure(configuration):
        configuration["loops"] = 2
        with_edge(configuration, sync_grace=f"{GRACE}s")

    gateway = started(platform, name, folder, configure)
    gateway.control, gateway.modules = gateway.configuration["envoy"]["control"]["port"], folder
    return gateway


@pytest.fixture(scope="module")
def shared(platform, tmp_path_factory):
    """For tests that leave it as it was."""
    gateway = launch(platform, "ads", tmp_path_factory.mktemp("ads") / "modules")
    yield gateway
    gateway.stop()


@pytest.fixture
def gateway(platform, request, tmp_path):
    gateway = launch(platform, "ads-" + request.node.name[5:40].replace("[", "-").strip("]"), tmp_path / "modules")
    yield gateway
    gateway.kill()


def report(gateway):
    return json.loads(once(gateway.admin_port, "GET", "/envoy").body)


def clients(gateway):
    return {client["node"]: client for client in report(gateway)["envoys"]}


def kinds(client):
    return {kind["kind"]: kind for kind in client["kinds"]}


def versions(gateway, kind):
    return {entry["name"]: entry["version"] for entry in report(gateway)["resources"] if entry["kind"] == kind}


def metric(gateway, name):
    lines = once(gateway.admin_port, "GET", "/metrics").body.decode().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"gateway_xds_{name} "))


def readiness(gateway):
    answer = once(gateway.admin_port, "GET", "/ready")
    return answer.status, answer.json().get("reason")


def component(gateway):
    """What `/health` says of Envoys."""
    return once(gateway.admin_port, "GET", "/health").json()["components"]["envoy"]


def is_served(gateway, slug, version):
    listed = json.loads(once(gateway.admin_port, "GET", "/modules").body)["modules"]
    return any(module["slug"] == slug and module["served"] == version for module in listed)


def reload(gateway, change):
    change(gateway.configuration)
    gateway.write()
    before = gateway.output().count("configuration reloaded")
    gateway.signal(signal.SIGHUP)
    until(lambda: gateway.output().count("configuration reloaded") > before, what="the reload")


# Subscriptions


@BOTH
def test_what_is_asked_for_comes_once_and_is_named(shared, variant):
    with variant(shared.control, node="once") as client:
        for kind, name in (("CDS", None), ("LDS", None), ("EDS", "gateway"), ("RDS", "gateway"), ("RTDS", "gateway")):
            client.ask(kind, *([name] if name else []))
            answer = client.take(kind)
            assert set(answer.names) == set(versions(shared, kind)) and not answer.removed
            assert answer.version and answer.nonce and "septem" in answer.sender
            if variant is Delta:
                assert {name: resource.version for name, resource in answer.resources.items()} == versions(shared, kind)
        assert client.is_silent()
        until(lambda: clients(shared)["once"]["synchronized"], what="the last acceptance")
        row = clients(shared)["once"]
        assert row["cluster"] == "tests" and row["variant"] == ("delta" if variant is Delta else "state-of-the-world")
        assert row["peer"].startswith("127.0.0.1:") and row["generation"] == report(shared)["generation"]
        assert sorted(kinds(row)) == ["CDS", "EDS", "LDS", "RDS", "RTDS"]
        assert all(kind["sent"] == kind["accepted"] and not kind["waiting"] for kind in row["kinds"])


@BOTH
def test_a_star_asks_for_all_of_any_kind_and_no_name_for_all_clusters_and_listeners(shared, variant):
    with variant(shared.control) as client:
        for kind in ("CDS", "EDS", "LDS", "RDS", "RTDS"):
            client.ask(kind, "*")
            assert client.take(kind).names == sorted(versions(shared, kind))
    with variant(shared.control) as client:
        for kind in ("EDS", "RDS", "RTDS"):
            client.ask(kind)
            assert client.take(kind).names == [], "no name, no resource"


@BOTH
def test_one_name_is_one_resource_and_another_is_added(shared, variant):
    with variant(shared.control) as client:
        client.ask("CDS", "gateway")
        first = client.take("CDS")
        assert first.names == ["gateway"]
        names = ["gateway-upgrades"] if variant is Delta else ["gateway", "gateway-upgrades"]
        # State of the world says it with the nonce of the answer before.
        options = {} if variant is Delta else {"nonce": first.nonce, "version": first.version}
        client.ask("CDS", *names, **options)
        assert client.take("CDS").names == names


def test_whole_asking_for_less_and_for_none(shared):
    with Whole(shared.control) as client:
        client.ask("CDS", "gateway", "gateway-upgrades")
        first = client.take("CDS")
        client.ask("CDS", "gateway", nonce=first.nonce, version=first.version)
        assert client.is_silent(), "what is no longer asked for needs no answer"
        client.ask("CDS", nonce=first.nonce, version=first.version)
        assert client.is_silent(), "after names, no name is not a wildcard"
        client.ask("CDS", "*", nonce=first.nonce, version=first.version)
        assert client.take("CDS").names == sorted(versions(shared, "CDS"))


def test_delta_unsubscribing_and_subscribing_again(shared):
    with Delta(shared.control) as client:
        client.ask("CDS", "gateway", "gateway-upgrades")
        client.take("CDS")
        client.ask("CDS", without=["gateway"])
        assert client.is_silent()
        client.ask("CDS", "gateway")
        assert client.take("CDS").names == ["gateway"], "what is asked for again is sent again"
        client.ask("CDS", "gateway-upgrades")
        assert client.take("CDS").names == ["gateway-upgrades"], "even if it is held"
    with Delta(shared.control) as client:
        client.ask("CDS", "*", "gateway")
        assert client.take("CDS").names == sorted(versions(shared, "CDS"))
        client.ask("CDS", without=["gateway"])
        assert client.take("CDS").names == ["gateway"], "it is still part of all"
        client.ask("CDS", without=["*"])
        assert client.is_silent()


@BOTH
def test_a_name_that_is_not_there(shared, variant):
    with variant(shared.control) as client:
        client.ask("RDS", "nowhere")
        answer = client.take("RDS")
        assert answer.names == [] and answer.removed == (["nowhere"] if variant is Delta else [])
        client.ask("CDS", "nobody", "gateway")
        answer = client.take("CDS")
        assert answer.names == ["gateway"]
        assert answer.removed == (["nobody"] if variant is Delta else [])


@BOTH
def test_a_type_that_nobody_has_is_answered_with_nothing_and_harms_no_other(shared, variant):
    url = "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration"
    with variant(shared.control) as client:
        client.ask(url)
        answer = client.next()
        assert (answer.kind, answer.names, answer.removed) == (url, [], [])
        client.ask(url, nonce=answer.nonce)
        client.ask("CDS")
        assert client.take("CDS").names and client.is_silent()


# Acceptance, refusal, nonces


@BOTH
def test_words_about_another_answer_change_nothing(shared, variant):
    with variant(shared.control, node="stale") as client:
        client.ask("CDS")
        answer = client.next()
        before = metric(shared, "stale_total")
        options = {"version": answer.version} if variant is Whole else {}
        client.ask("CDS", nonce="never-was", **options)
        until(lambda: metric(shared, "stale_total") == before + 1, what="the count")
        assert kinds(clients(shared)["stale"])["CDS"]["waiting"] and client.is_silent()
        client.accept(answer)
        until(lambda: not kinds(clients(shared)["stale"])["CDS"]["waiting"], what="the acceptance")
        # And once more: the answer is judged, nothing follows from words that come late.
        client.ask("CDS", nonce=answer.nonce, words="too late", **options)
        assert client.is_silent() and "refusal" not in kinds(clients(shared)["stale"])["CDS"]


@BOTH
def test_a_refused_answer_is_shown_and_not_repeated_and_the_next_one_mends_it(platform, gateway, variant):
    with Follower(variant(gateway.control, node="good")), variant(gateway.control, node="picky") as client:
        until(lambda: clients(gateway).get("good", {}).get("synchronized"), what="the first Envoy")
        client.ask("RDS", "gateway")
        first = client.next()
        client.refuse(first, "I do not like it")
        until(lambda: "refusal" in kinds(clients(gateway)["picky"]).get("RDS", {}), what="the refusal")
        row = kinds(clients(gateway)["picky"])["RDS"]
        assert row["refusal"] == "I do not like it" and row["sent"] == first.version and "accepted" not in row
        assert report(gateway)["withheld"] == [], "another took the same: nobody's change is at fault"
        assert metric(gateway, "nack_total") == 1 and "I do not like it" in gateway.output()
        assert client.is_silent(), "the same again would be refused again"
        write(gateway.modules, "later", platform.lab.port)
        second = client.take("RDS")
        assert b"/api/v1/later" in second.contents["gateway"] and second.version != first.version
        until(lambda: "refusal" not in kinds(clients(gateway)["picky"])["RDS"], what="the mending")


@BOTH
def test_long_words_of_a_refusal_are_cut(shared, variant):
    with Follower(Delta(shared.control, node="content")), variant(shared.control, node="wordy") as client:
        until(lambda: clients(shared).get("content", {}).get("synchronized"), what="the first Envoy")
        client.ask("RTDS", "gateway")
        client.refuse(client.next(), "\u00e9\x00\"\n" * 100_000)
        until(lambda: "refusal" in kinds(clients(shared)["wordy"]).get("RTDS", {}), what="the refusal")
        assert len(kinds(clients(shared)["wordy"])["RTDS"]["refusal"]) < 4096


# Coming back


def test_whole_that_comes_back_with_the_newest_version_is_not_told_again(shared):
    with Whole(shared.control) as client:
        client.ask("LDS")
        held = client.take("LDS")
    with Whole(shared.control, node="back") as client:
        client.ask("LDS", version=held.version)
        assert client.is_silent()
        assert clients(shared)["back"]["synchronized"], "it has it"
        client.ask("CDS", version="of-another-time")
        assert client.take("CDS").names == sorted(versions(shared, "CDS"))
    with Whole(shared.control) as client:
        client.ask("LDS")
        assert client.take("LDS").contents == held.contents


def test_delta_that_comes_back_is_told_what_it_lacks_and_what_is_gone(shared):
    current = versions(shared, "CDS")
    with Delta(shared.control, node="back") as client:
        client.ask("CDS", known=current)
        if not client.is_silent():
            assert client.take("CDS").names == []
        until(lambda: clients(shared)["back"]["synchronized"], what="the acceptance")
    with Delta(shared.control) as client:
        client.ask("CDS", known=current | {"gateway": "of-another-time", "gone": "1"})
        changed, removed = [], []
        while changed != ["gateway"] or removed != ["gone"]:
            answer = client.take("CDS")
            changed, removed = changed + answer.names, removed + answer.removed
            assert answer.names or answer.removed
    with Delta(shared.control) as client:
        client.ask("RDS", "gateway", known=versions(shared, "RDS"))
        if not client.is_silent():
            assert client.take("RDS").names == []


@BOTH
def test_envoys_that_come_and_go_leave_nothing(shared, variant):
    before = metric(shared, "streams_opened_total")
    for number in range(30):
        with variant(shared.control, node=f"passing-{number}") as client:
            client.ask("CDS")
            if number % 2:
                client.take("CDS")
    until(lambda: not clients(shared), what="the end of all streams")
    # Those who went at once may never have connected.
    assert metric(shared, "streams_opened_total") >= before + 15 and metric(shared, "streams") == 0


# What no Envoy says


@BOTH
@pytest.mark.parametrize("message", [b"\xff\xff\xff\xff", b"\x0a\x7f", b"\x1a\x05ab", b"\x22\xff\xff\xff\xff\x0f"])
def test_garbage_ends_its_stream_and_no_other(shared, variant, message):
    with Delta(shared.control) as other, variant(shared.control) as client:
        other.ask("CDS")
        other.take("CDS")
        before = metric(shared, "faults_total")
        client.send(message)
        assert client.end()[0] == INVALID_ARGUMENT
        assert metric(shared, "faults_total") == before + 1
        other.ask("LDS")
        assert other.take("LDS").names == ["public"]


def test_a_client_that_speaks_no_http2_is_sent_away(shared):
    with socket.create_connection(("127.0.0.1", shared.control), 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        while connection.recv(1 << 16):
            pass
    assert readiness(shared)[0] == 200


@BOTH
def test_a_request_without_a_type_ends_the_stream(shared, variant):
    with variant(shared.control) as client:
        client.ask("")
        code, words = client.end()
        assert code == INVALID_ARGUMENT and "type" in words


@BOTH
def test_too_many_names_and_types_end_the_stream(shared, variant):
    with variant(shared.control) as client:
        client.ask("CDS", *[f"cluster-{number}" for number in range(OUT_OF_RANGE_NAMES)])
        assert client.end()[0] == INVALID_ARGUMENT
    with variant(shared.control) as client:
        for number in range(100):
            client.ask(f"type.googleapis.com/type-{number}")
        assert client.end()[0] == INVALID_ARGUMENT


@BOTH
def test_a_message_too_long_ends_the_stream(shared, variant):
    with variant(shared.control) as client:
        client.ask("CDS", "n" * (5 << 20))
        assert client.end()[0] != 0


@BOTH
def test_an_envoy_without_a_name_is_served_and_listed_by_its_address(shared, variant):
    with variant(shared.control, node="", cluster="") as client:
        client.ask("CDS")
        client.take("CDS")
        assert clients(shared)[""]["peer"].startswith("127.0.0.1:")


def test_an_odd_name_does_not_break_reports(shared):
    name = 'a"b\\c\n\u00e9' + "n" * 10_000
    with Delta(shared.control, node=name) as client:
        client.ask("CDS")
        client.take("CDS")
        (found,) = clients(shared)
        assert found.startswith('a"b\\c\n\u00e9n') and len(found) <= 256
        assert once(shared.admin_port, "GET", "/metrics").status == 200


def test_a_name_that_is_no_text_does_not_break_reports(shared):
    with Delta(shared.control) as client:
        client.has_introduced = True
        client.send(b"\x0a\x04\x0a\x02\xff\xfe\x12" + bytes([len(TYPES["CDS"])]) + TYPES["CDS"].encode())
        client.take("CDS")
        assert len(clients(shared)) == 1


def test_an_envoy_that_reads_nothing_holds_up_no_other(platform, gateway):
    """Hundreds of changes while one stream's answers are not accepted: it gets the newest one when it comes back to life."""
    with Delta(gateway.control, node="asleep") as sleeper, Follower(Delta(gateway.control, node="awake")) as awake:
        sleeper.ask("RDS", "gateway")
        first = sleeper.next()
        for number in range(20):
            write(gateway.modules, "often", platform.lab.port, str(number), (f"/n{number}",))
            until(lambda: f"/api/v1/often/n{number}".encode() in awake.routes(), what="the change")
        assert sleeper.inbox.empty()
        sleeper.accept(first)
        assert b"/api/v1/often/n19" in sleeper.take("RDS").contents["gateway"] and sleeper.is_silent()


# Changes


def test_delta_is_told_what_changed_and_nothing_else(platform, gateway):
    with Follower(Delta(gateway.control)) as client:
        until(lambda: len(client.log) >= 5, what="the first answers")
        del client.log[:]
        write(gateway.modules, "m", platform.lab.port)
        until(lambda: b"/api/v1/m/echo" in client.routes(), what="the module's route")
        shutil.rmtree(gateway.modules / "m")
        until(lambda: b"/api/v1/m/echo" not in client.routes(), what="the removal")
        time.sleep(SILENCE_SECONDS)
        assert client.log == [("RDS", ["gateway"], [], None)] * 2
        # What changes nothing for Envoys tells them nothing.
        gateway.signal(signal.SIGHUP)
        until(lambda: "configuration reloaded" in gateway.output(), what="the reload")
        time.sleep(SILENCE_SECONDS)
        assert len(client.log) == 2


@BOTH
def test_clusters_come_before_what_names_them_and_go_after_it(platform, gateway, variant):
    keys = {"url": f"{platform.services.issuer}/.well-known/jwks.json"}
    with Follower(variant(gateway.control)) as client:
        until(lambda: len(client.log) >= 5, what="the first answers")
        del client.log[:]
        reload(gateway, lambda c: c["issuers"].append(
            c["issuers"][0] | {"issuer": "https://another.example", "jwks": dict(keys)}))
        until(lambda: any(entry[0] == "LDS" for entry in client.log), what="the listener")
        time.sleep(SILENCE_SECONDS)
        assert "keys-1" in client.held["CDS"]
        order = [entry[0] for entry in client.log]
        assert order.index("CDS") < order.index("LDS") and all(entry[3] is None for entry in client.log)
        del client.log[:]
        reload(gateway, lambda c: c["issuers"].pop())
        until(lambda: "keys-1" not in client.held["CDS"], what="the removal")
        order = [entry[0] for entry in client.log]
        assert order.index("LDS") < len(order) - 1 - order[::-1].index("CDS"), "the listener first forgets the cluster"
        gone = next(entry for entry in client.log if entry[0] == "CDS" and "keys-1" not in entry[1])
        assert gone[2] == (["keys-1"] if variant is Delta else [])


@BOTH
def test_a_listener_comes_and_goes_with_the_platform_file(gateway, variant):
    with Follower(variant(gateway.control)) as client:
        until(lambda: "public" in client.held["LDS"], what="the listener")
        reload(gateway, lambda c: c["envoy"]["listeners"].append({"name": "second", "host": "127.0.0.1", "port": 1}))
        until(lambda: sorted(client.held["LDS"]) == ["public", "second"], what="the second listener")
        reload(gateway, lambda c: c["envoy"]["listeners"].pop())
        until(lambda: sorted(client.held["LDS"]) == ["public"], what="its end")


def test_two_gateways_of_a_platform_say_the_same(platform):
    ports = []

    def change(configuration):
        edge = with_edge(configuration, replicas=["127.0.0.1:1", "127.0.0.1:2"])
        edge["listeners"][0]["port"] = 3
        ports.append(edge["control"]["port"])

    with platform.gateways(["ads-one", "ads-two"], change):
        for variant in (Whole, Delta):
            told = []
            for port in ports:
                with variant(port) as client:
                    client.ask("CDS")
                    client.ask("EDS", "*")
                    client.ask("LDS")
                    client.ask("RDS", "*")
                    client.ask("RTDS", "*")
                    answers = [client.take(kind) for kind in ("CDS", "EDS", "LDS", "RDS", "RTDS")]
                    told.append([(answer.version, answer.resources) for answer in answers])
            assert told[0] == told[1]
        # A client of state of the world may come back to the other.
        with Whole(ports[1]) as client:
            client.ask("LDS", version=told_version(ports[0]))
            assert client.is_silent()


def told_version(port):
    with Whole(port) as client:
        client.ask("LDS")
        return client.take("LDS").version


# Readiness


@BOTH
def test_a_gateway_is_not_ready_until_its_envoys_have_everything(gateway, variant):
    assert readiness(gateway) == (200, None)
    with variant(gateway.control, node="slow") as client:
        client.ask("CDS")
        answer = client.next()
        assert readiness(gateway) == (503, "Envoy xDS sync incomplete")
        assert not clients(gateway)["slow"]["synchronized"] and metric(gateway, "streams_behind") == 1
        client.accept(answer)
        until(lambda: readiness(gateway) == (200, None), 1, "readiness")
        assert component(gateway)["status"] == "healthy"


@BOTH
def test_an_envoy_that_never_takes_it_is_given_up_after_the_grace_and_reported(gateway, variant):
    with variant(gateway.control, node="broken") as client:
        begin = time.monotonic()
        client.ask("CDS")
        client.next()
        assert readiness(gateway)[0] == 503
        until(lambda: readiness(gateway)[0] == 200, GRACE + 2, "readiness after the grace")
        assert time.monotonic() - begin >= GRACE - 0.5
        found = component(gateway)
        assert found["status"] == "degraded" and "broken" in found["error"]
        assert once(gateway.admin_port, "GET", "/health").json()["status"] != "unhealthy"
    until(lambda: component(gateway)["status"] == "healthy", what="health after it is gone")


def test_an_envoy_that_goes_is_waited_for_no_longer(gateway):
    with Delta(gateway.control) as client:
        client.ask("CDS")
        client.next()
        assert readiness(gateway)[0] == 503
    until(lambda: readiness(gateway)[0] == 200, 1, "readiness")


def test_a_change_under_way_is_no_loss_but_one_not_taken_is(platform, gateway):
    with Delta(gateway.control, node="held") as client:
        client.ask("RDS", "gateway")
        client.take("RDS")
        until(lambda: readiness(gateway)[0] == 200, what="readiness")
        write(gateway.modules, "m", platform.lab.port)
        answer = client.next()
        assert readiness(gateway)[0] == 200, "an update of a moment does not take the gateway out of service"
        until(lambda: readiness(gateway)[0] == 503, 2, "the loss of synchrony")
        client.accept(answer)
        until(lambda: readiness(gateway)[0] == 200, 1, "readiness")


# Quarantine


def refuses_bad(answer):
    """An Envoy that takes no route table with a bad path."""
    if answer.kind == "RDS" and any(b"/bad-" in resource.content for resource in answer.resources.values()):
        return "Proto constraint validation failed: a bad path"
    return None


def withheld(gateway):
    return {entry["part"]: entry for entry in report(gateway)["withheld"]}


@BOTH
def test_a_refused_module_is_withheld_alone_named_and_healed_without_a_restart(platform, gateway, variant):
    with Follower(variant(gateway.control, node="strict"), refuses_bad) as client:
        until(lambda: client.routes(), what="the first routes")
        write(gateway.modules, "culprit", platform.lab.port, paths=("/bad-1",))
        until(lambda: "culprit" in withheld(gateway), what="the verdict")
        entry = withheld(gateway)["culprit"]
        assert (entry["kind"], entry["node"], entry["former"]) == ("RDS", "strict", False)
        assert "a bad path" in entry["words"]
        found = component(gateway)
        assert found["status"] == "degraded" and "culprit" in found["error"]
        assert metric(gateway, "withheld") == 1 and "withheld from Envoys" in gateway.output()
        assert once(gateway.port, "GET", "/api/v1/culprit/bad-1").status == 200, "the gateway itself serves it"
        # Everything else goes on.
        write(gateway.modules, "neighbour", platform.lab.port)
        until(lambda: b"/api/v1/neighbour/echo" in client.routes(), what="the neighbour")
        assert b"/bad-" not in client.routes() and list(withheld(gateway)) == ["culprit"]
        until(lambda: clients(gateway)["strict"]["synchronized"] and readiness(gateway)[0] == 200, what="synchrony")
        # Mended, it is heard at once.
        write(gateway.modules, "culprit", platform.lab.port, "2", ("/good",))
        until(lambda: b"/api/v1/culprit/good" in client.routes(), what="the mended module")
        assert withheld(gateway) == {} and metric(gateway, "withheld") == 0
        assert component(gateway)["status"] == "healthy"


@BOTH
def test_a_refused_change_leaves_what_was_before(platform, gateway, variant):
    with Follower(variant(gateway.control), refuses_bad) as client:
        write(gateway.modules, "m", platform.lab.port, paths=("/one",))
        until(lambda: b"/api/v1/m/one" in client.routes(), what="the module")
        write(gateway.modules, "m", platform.lab.port, "2", ("/bad-1",))
        until(lambda: "m" in withheld(gateway), what="the verdict")
        assert withheld(gateway)["m"]["former"]
        write(gateway.modules, "n", platform.lab.port)
        until(lambda: b"/api/v1/n/echo" in client.routes(), what="the other module")
        assert b"/api/v1/m/one" in client.routes() and b"/bad-" not in client.routes()
        shutil.rmtree(gateway.modules / "m")
        until(lambda: b"/api/v1/m/" not in client.routes() and not withheld(gateway), what="its removal")


@BOTH
def test_of_many_changes_at_once_only_the_bad_ones_are_withheld(platform, gateway, variant):
    """Two bad ones among twelve that come in one look at the folder."""
    aside = gateway.modules / ".aside"
    for number in range(12):
        write(aside, f"m{number}", platform.lab.port, paths=(f"/bad-{number}" if number in (3, 8) else "/echo",))
    with Follower(variant(gateway.control), refuses_bad) as client:
        until(lambda: client.routes(), what="the first routes")
        for number in range(12):
            (aside / f"m{number}").rename(gateway.modules / f"m{number}")
        good = [f"/api/v1/m{number}/echo".encode() for number in range(12) if number not in (3, 8)]
        until(lambda: sorted(withheld(gateway)) == ["m3", "m8"], what="the verdict")
        until(lambda: all(path in client.routes() for path in good), what="the others")
        assert b"/bad-" not in client.routes()
        until(lambda: readiness(gateway)[0] == 200, what="readiness")


def test_one_strict_envoy_among_others_decides_for_all(platform, gateway):
    with Follower(Delta(gateway.control, node="lenient")) as lenient, \
            Follower(Whole(gateway.control, node="strict"), refuses_bad) as strict:
        until(lambda: lenient.routes() and strict.routes(), what="the first routes")
        write(gateway.modules, "m", platform.lab.port, paths=("/bad-1",))
        until(lambda: "m" in withheld(gateway), what="the verdict")
        write(gateway.modules, "n", platform.lab.port)
        until(lambda: b"/api/v1/n/echo" in lenient.routes() and b"/api/v1/n/echo" in strict.routes(), what="the other")
        assert lenient.routes() == strict.routes(), "all Envoys are told the same"


def test_an_envoy_that_refuses_everything_stops_nobody(platform, gateway):
    with Follower(Delta(gateway.control, node="good")) as good:
        until(lambda: clients(gateway).get("good", {}).get("synchronized"), what="the first Envoy")
        with Follower(Delta(gateway.control, node="never"), lambda answer: "no"):
            until(lambda: metric(gateway, "nack_total") >= 2, what="its refusals")
            write(gateway.modules, "m", platform.lab.port)
            # Its word about the new module may count; that of what others took may not.
            until(lambda: b"/api/v1/m/echo" in good.routes() or "m" in withheld(gateway), what="the change")
            assert set(withheld(gateway)) <= {"m"}
            assert b"/api/v1/lab" in good.routes()


def test_a_refused_listener_is_withheld_and_the_others_stay(gateway):
    def refuses_port(answer):
        return "cannot bind" if answer.kind == "LDS" and "second" in answer.resources else None

    with Follower(Delta(gateway.control), refuses_port) as client:
        until(lambda: "public" in client.held["LDS"], what="the listener")
        reload(gateway, lambda c: c["envoy"]["listeners"].append({"name": "second", "host": "127.0.0.1", "port": 1}))
        until(lambda: withheld(gateway), what="the verdict")
        assert list(withheld(gateway)) == ["LDS second"] and sorted(client.held["LDS"]) == ["public"]
        reload(gateway, lambda c: c["envoy"]["listeners"].pop())
        until(lambda: not withheld(gateway), what="the mended platform file")


# Many


def test_many_envoys_are_told_a_change(platform, gateway):
    followers = [Follower((Whole, Delta)[number % 2](gateway.control, node=f"node-{number}")) for number in range(40)]
    until(lambda: all(client.routes() for client in followers), 20, "all to have routes")
    write(gateway.modules, "many", platform.lab.port)
    until(lambda: all(b"/api/v1/many" in client.routes() for client in followers), what="the module")
    assert sorted(clients(gateway)) == sorted(f"node-{number}" for number in range(40))
    until(lambda: metric(gateway, "streams_behind") == 0, what="all to be in step")
    for client in followers:
        client.stream.close()
    until(lambda: not clients(gateway), what="all to be forgotten")


@BOTH
def test_hundred_changes_in_a_row_arrive(platform, gateway, variant):
    with Follower(variant(gateway.control)) as client:
        for number in range(100):
            write(gateway.modules, f"m{number % 7}", platform.lab.port, str(number), (f"/n{number}",))
        until(lambda: is_served(gateway, "m1", "99"), what="the last change")
        expected = [f"/api/v1/m{number % 7}/n{number}".encode() for number in range(93, 100)]
        until(lambda: all(path in client.routes() for path in expected), what="the last changes")
        assert client.routes().count(b"/api/v1/m") == 7
        comes(gateway, "/m1/n99")
