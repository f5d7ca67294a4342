"""Versions of the API: what each offers, one that is deprecated and ends, and snapshots that nobody overwrites."""

import datetime
import email.utils
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import time

import openapi_spec_validator
import pytest
import yaml

from conftest import run_gateway
from envoy_server import Envoy, with_edge
from h2wire import H2Wire
from problems import assert_problem
from rig import BIN, is_listening, until
from s3_server import BUCKET, ObjectStore
from wire import once

CONTACTS = "/api/v1/data/crm/contacts"
SUNSET, LATER = "2036-06-30", "2037-01-31T12:00:00Z"
SUNSET_FIELD = "Mon, 30 Jun 2036 23:59:59 GMT"
LINK = "https://example.com/moving#v2"
PAGE = "https://app.example"


def in_seconds(seconds):
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def deprecate(gateway, *arguments, sunset=SUNSET, version="v1"):
    return run_gateway("deprecate", version, "--sunset", sunset, *arguments, "--config", gateway.file)


def listed(gateway):
    return {entry["version"]: entry for entry in once(gateway.port, "GET", "/api-docs").json()["versions"]}


def fields(answer):
    return {name: answer.header(name) for name in ("deprecation", "sunset", "link")}


NO_FIELDS = {"deprecation": None, "sunset": None, "link": None}


class Place:
    """A gateway with a store of its own."""

    def __init__(self, platform, name, folder, change=None):
        self.folder = folder

        def configure(configuration):
            configuration["versions"] = {"folder": str(folder), "interval": "1s"}
            if change:
                change(configuration)

        self.gateway = platform.another_gateway(name, configure)

    def __enter__(self):
        self.gateway.start()
        return self.gateway

    def __exit__(self, *_):
        if self.gateway.is_running:
            self.gateway.stop()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = ObjectStore(tmp_path_factory.mktemp("s3")).start()
    yield store
    if store.is_running:
        store.kill()


# MARK: Current versions


def test_what_a_version_offers_is_a_valid_document_of_all_services(platform):
    answer = once(platform.port, "GET", "/api-docs/v1")
    assert answer.status == 200 and answer.header("content-type") == "application/yaml"
    document = yaml.safe_load(answer.body)
    openapi_spec_validator.validate(document)
    routes = json.loads(run_gateway("routes", "--output", "json", "--config", platform.gateway.file).stdout)["routes"]
    routes = [route for route in routes if route["path"].startswith("/api/v1/") and route["kind"] != "gateway"]
    told = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    names = lambda path: re.sub(r"\{[^}]*\}", "{}", path)
    assert {(method, names(path)) for method, path in told} >= {(route["method"], names(route["path"])) for route in routes}
    assert len(told) > 20
    # What is for the gateway alone is nobody's business.
    assert not re.search(rb"x-(module|permission|quota|plan|timeout|grpc)", answer.body)


def test_json_where_it_is_preferred_and_neither_is_refused(platform):
    as_yaml = yaml.safe_load(once(platform.port, "GET", "/api-docs/v1").body)
    for accept in ("application/json", "application/yaml;q=0.5, application/json", "application/vnd.oai.openapi+json"):
        answer = once(platform.port, "GET", "/api-docs/v1", {"Accept": accept})
        assert answer.header("content-type") == "application/json", accept
        assert answer.json() == as_yaml
    assert_problem(once(platform.port, "GET", "/api-docs/v1", {"Accept": "image/png"}), 406, "not-acceptable")


@pytest.mark.parametrize("path", ["/api-docs", "/api-docs/v1"])
def test_tags_and_heads(platform, path):
    whole = once(platform.port, "GET", path)
    tag = whole.header("etag")
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag) and whole.header("cache-control") == "no-cache"
    for held in (tag, f'"x", W/{tag}', "*"):
        again = once(platform.port, "GET", path, {"If-None-Match": held})
        assert (again.status, again.body, again.header("etag")) == (304, b"", tag)
    assert once(platform.port, "GET", path, {"If-None-Match": '"x"'}).status == 200
    alone = once(platform.port, "HEAD", path)
    assert alone.status == 200 and alone.body == b"" and alone.header("content-length") == str(len(whole.body))
    with H2Wire(platform.port) as wire:
        assert wire.request("GET", path).body == whole.body


def test_the_list(platform):
    assert listed(platform.gateway) == {"v1": {"version": "v1", "status": "current", "documents": "/api-docs/v1"}}
    assert once(platform.gateway.admin_port, "GET", "/versions").json()["versions"][0]["version"] == "v1"


@pytest.mark.parametrize("path", ["/api-docs/v2", "/api-docs/v01", "/api-docs/v0", "/api-docs/1", "/api-docs/v1%2F", "/api-docs/v100"])
def test_versions_that_there_are_not(platform, path):
    assert_problem(once(platform.port, "GET", path), 404, "not-found")


@pytest.mark.parametrize("access, statuses", [("token", (401, 200, 200)), ("admin", (401, 403, 200))])
def test_documents_for_some_alone(platform, tmp_path, access, statuses):
    change = lambda configuration: configuration["versions"].update(access=access)
    with Place(platform, f"versions-{access}", tmp_path / "specs", change) as gateway:
        callers = [{}] + [{"Authorization": f"Bearer {platform.token(user)}"} for user in ("member@acme", "admin@acme")]
        for path in ("/api-docs", "/api-docs/v1"):
            assert tuple(once(gateway.port, "GET", path, caller).status for caller in callers) == statuses


def test_many_ask_at_once_and_a_module_comes(platform, tmp_path):
    modules = tmp_path / "modules"

    def change(configuration):
        shutil.copytree(configuration["modules"]["folder"], modules)
        configuration["modules"] = {"folder": str(modules), "poll": "50ms"}

    with Place(platform, "versions-modules", tmp_path / "specs", change) as gateway:
        import concurrent.futures

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: once(gateway.port, "GET", "/api-docs/v1"), range(64)))
        assert {answer.status for answer in answers} == {200} and len({answer.body for answer in answers}) == 1
        assert b"/api/v1/data/crm/contacts" in answers[0].body
        shutil.rmtree(modules / "crm")
        until(lambda: b"crm/contacts" not in once(gateway.port, "GET", "/api-docs/v1").body, 10, "the module's end")


# MARK: Deprecation


def test_every_answer_says_that_the_version_ends(platform, tmp_path):
    with Place(platform, "deprecated", tmp_path / "specs") as gateway:
        token = {"Authorization": f"Bearer {platform.token()}"}
        assert fields(once(gateway.port, "GET", CONTACTS, token)) == NO_FIELDS
        live = once(gateway.port, "GET", "/api-docs/v1")
        done = deprecate(gateway, "--link", LINK)
        assert done.returncode == 0, done.stderr
        assert "served until 2036-06-30T23:59:59Z" in done.stdout and str(tmp_path / "specs/v1/openapi.yaml") in done.stdout
        until(lambda: "deprecated" in listed(gateway)["v1"]["status"], 5, "the mark")
        said = {"deprecation": "true", "sunset": SUNSET_FIELD, "link": f'<{LINK}>; rel="deprecation"'}
        assert email.utils.parsedate_to_datetime(SUNSET_FIELD).weekday() == 0
        asked = {
            200: ("GET", CONTACTS, token), 401: ("GET", CONTACTS, {}), 404: ("GET", "/api/v1/nowhere", token),
            405: ("PUT", CONTACTS, token), 400: ("GET", CONTACTS + "?pageSize=x", token),
        }
        for status, request in asked.items():
            answer = once(gateway.port, *request)
            assert (answer.status, fields(answer)) == (status, said)
            with H2Wire(gateway.port) as wire:
                answer = wire.request(request[0], request[1], {name.lower(): value for name, value in request[2].items()})
                assert (answer.status, fields(answer)) == (status, said)
        for path in ("/live", "/api-docs/v1", "/api/v10/x", "/api/v1x", "/nowhere"):
            assert fields(once(gateway.port, "GET", path)) == NO_FIELDS, path
        kept = once(gateway.port, "GET", "/api-docs/v1")
        assert kept.body == live.body and kept.header("cache-control") == "public, max-age=31536000, immutable"
        assert kept.header("etag") == live.header("etag")
        entry = listed(gateway)["v1"]
        assert entry.pop("deprecated").startswith(f"{datetime.datetime.now(datetime.UTC):%Y-%m-}")
        assert entry == {
            "version": "v1", "status": "deprecated", "documents": "/api-docs/v1", "sunset": "2036-06-30T23:59:59Z", "link": LINK}
        # Nothing is left lying about.
        assert sorted(path.name for path in (tmp_path / "specs/v1").iterdir()) == ["deprecation.json", "openapi.yaml"]


def test_what_services_say_of_their_own_end_is_left_out(platform, tmp_path):
    with Place(platform, "deprecated-services", tmp_path / "specs") as gateway:
        path = "/api/v1/lab/echo"
        before = once(gateway.port, "GET", path)
        assert deprecate(gateway).returncode == 0
        until(lambda: once(gateway.port, "GET", path).header("deprecation"), 5, "the mark")
        answer = once(gateway.port, "GET", path)
        assert answer.status == before.status
        assert answer.all("deprecation") == ["true"] and answer.all("sunset") == [SUNSET_FIELD]
        assert answer.all("link") == ['</api-docs/v1>; rel="deprecation"']


def test_after_the_sunset_everything_is_gone_but_the_documents(platform, tmp_path):
    def change(configuration):
        configuration["cors"] = {"default": {"origins": [PAGE]}}

    with Place(platform, "sunset", tmp_path / "specs", change) as gateway:
        token = {"Authorization": f"Bearer {platform.token()}"}
        snapshot = once(gateway.port, "GET", "/api-docs/v1").body
        assert deprecate(gateway, sunset=in_seconds(4)).returncode == 0
        until(lambda: once(gateway.port, "GET", CONTACTS, token).header("deprecation"), 3, "the mark")
        assert once(gateway.port, "GET", CONTACTS, token).status == 200
        until(lambda: once(gateway.port, "GET", CONTACTS, token).status == 410, 8, "the end")
        for method, path, headers in (
                ("GET", CONTACTS, token), ("GET", CONTACTS, {}), ("GET", "/api/v1/nowhere", {}), ("POST", "/api/v1/batch", token)):
            answer = once(gateway.port, method, path, headers)
            assert_problem(answer, 410, "version-sunset", path)
            assert answer.header("deprecation") == "true"
            body = answer.json()
            assert body["version"] == "v1" and body["sunset"] < in_seconds(0)
        page = once(gateway.port, "GET", CONTACTS, {"Origin": PAGE})
        assert page.status == 410 and page.header("access-control-allow-origin") == PAGE
        preflight = once(gateway.port, "OPTIONS", CONTACTS, {"Origin": PAGE, "Access-Control-Request-Method": "GET"})
        assert preflight.status == 204
        assert listed(gateway)["v1"]["status"] == "sunset"
        assert once(gateway.port, "GET", "/api-docs/v1").body == snapshot
        # Also by a gateway that starts now, with nothing left of the version but the snapshot.
        gateway.stop()
        every = gateway.configuration["services"]
        gateway.configuration["services"] = []
        gateway.write()
        gateway.start()
        assert once(gateway.port, "GET", "/api-docs/v1").body == snapshot
        assert_problem(once(gateway.port, "GET", CONTACTS), 410, "version-sunset", CONTACTS)
        gateway.stop()
        gateway.configuration["services"] = every
        gateway.write()
        gateway.start()
        # The version can be given more time.
        assert deprecate(gateway, "--change-sunset").returncode == 0
        until(lambda: once(gateway.port, "GET", CONTACTS, token).status == 200, 5, "more time")


def test_a_snapshot_is_never_overwritten_and_a_date_only_on_purpose(platform, tmp_path):
    with Place(platform, "kept", tmp_path / "specs") as gateway:
        file, mark = tmp_path / "specs/v1/openapi.yaml", tmp_path / "specs/v1/deprecation.json"
        assert deprecate(gateway).returncode == 0
        before, marked = file.read_bytes(), mark.read_bytes()
        assert json.loads(marked)["sha256"] == hashlib.sha256(before).hexdigest()
        # The documents change.
        gateway.configuration["services"] = [
            service for service in gateway.configuration["services"] if service["name"] != "files"]
        gateway.write()
        again = deprecate(gateway)
        assert again.returncode == 0 and "kept before" in again.stdout
        other = deprecate(gateway, sunset=LATER)
        assert other.returncode == 1 and "--change-sunset" in other.stderr
        assert (file.read_bytes(), mark.read_bytes()) == (before, marked)
        changed = deprecate(gateway, "--change-sunset", sunset=LATER)
        assert changed.returncode == 0 and LATER in changed.stdout
        assert file.read_bytes() == before and json.loads(mark.read_bytes())["sunset"] == LATER
        # The mark is taken back by hand: the version is current again, and its snapshot stays.
        until(lambda: listed(gateway)["v1"]["status"] == "deprecated", 5, "the mark")
        mark.unlink()
        until(lambda: listed(gateway)["v1"]["status"] == "current", 5, "the mark's end")
        assert fields(once(gateway.port, "GET", CONTACTS)) == NO_FIELDS and file.read_bytes() == before


def test_a_snapshot_that_is_another_is_not_served(platform, tmp_path):
    with Place(platform, "tampered", tmp_path / "specs") as gateway:
        assert deprecate(gateway).returncode == 0
        file = tmp_path / "specs/v1/openapi.yaml"
        gateway.stop()
        file.write_bytes(file.read_bytes() + b"# more\n")
        gateway.start()
        assert once(gateway.port, "GET", CONTACTS).header("sunset") == SUNSET_FIELD
        assert_problem(once(gateway.port, "GET", "/api-docs/v1"), 500, "internal")
        assert "is not what was deprecated" in gateway.output()


@pytest.mark.parametrize("arguments, code, words", [
    (["v1", "--sunset", "2020-01-01"], 64, "has passed"), (["v1", "--sunset", "2036-02-30"], 64, "no date"),
    (["one", "--sunset", SUNSET], 64, "no version"), (["v1"], 64, "--sunset"),
    (["v1", "--sunset", SUNSET, "--link", "javascript:x"], 64, "no http"), (["v7", "--sunset", SUNSET], 1, "/api/v7"),
])
def test_what_cannot_be_meant_is_refused(platform, tmp_path, arguments, code, words):
    place = Place(platform, "refusing", tmp_path / "specs")
    done = run_gateway("deprecate", *arguments, "--config", place.gateway.file)
    assert done.returncode == code and words in done.stderr, done.stderr
    assert not (tmp_path / "specs").exists()


def test_without_a_place_nothing_is_deprecated(platform, tmp_path):
    place = Place(platform, "placeless", tmp_path / "specs", lambda configuration: configuration.pop("versions"))
    done = deprecate(place.gateway)
    assert done.returncode == 1 and '"folder" or "s3"' in done.stderr


def raced(gateways, sunset=SUNSET):
    """The command, many times at once, from gateways whose documents differ."""
    runs = [
        subprocess.Popen(
            [BIN / "gateway", "deprecate", "v1", "--sunset", sunset, "--config", str(gateway.file)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        for gateway in gateways for _ in range(4)]
    return [(run.wait(60), *run.communicate()) for run in runs]


def without(name):
    def change(configuration):
        configuration["services"] = [service for service in configuration["services"] if service["name"] != name]
    return change


def test_two_deprecate_at_once_and_one_snapshot_stays(platform, tmp_path):
    places = [Place(platform, f"race-{name}", tmp_path / "specs", without(name)) for name in ("lab", "dead")]
    outcomes = raced([place.gateway for place in places])
    assert {code for code, _, _ in outcomes} == {0}, outcomes
    assert sum("are kept" in out for _, out, _ in outcomes) == 1
    snapshot = (tmp_path / "specs/v1/openapi.yaml").read_bytes()
    assert json.loads((tmp_path / "specs/v1/deprecation.json").read_bytes())["sha256"] == hashlib.sha256(snapshot).hexdigest()
    assert sorted(path.name for path in (tmp_path / "specs/v1").iterdir()) == ["deprecation.json", "openapi.yaml"]


# MARK: S3


def in_bucket(store, tmp_path, change=None):
    def configure(configuration):
        configuration["versions"] |= {"s3": store.settings(tmp_path)}
        if change:
            change(configuration)
    return configure


def test_a_bucket_where_nothing_is_overwritten_and_gateways_that_outlive_it(platform, store, tmp_path):
    """The whole life of a version in a real store, in one go: its objects are there for good."""
    places = [
        Place(platform, f"s3-{name}", tmp_path / f"copy-{name}", in_bucket(store, tmp_path, without(name)))
        for name in ("lab", "dead")]
    # Two gateways deprecate at once.
    outcomes = raced([place.gateway for place in places])
    assert {code for code, _, _ in outcomes} == {0}, outcomes
    assert sum("are kept" in out for _, out, _ in outcomes) == 1
    assert f"s3://{BUCKET}/v1/openapi.yaml" in outcomes[0][1]
    with places[0] as first, places[1] as second:
        for gateway in (first, second):
            assert once(gateway.port, "GET", CONTACTS).header("sunset") == SUNSET_FIELD
        kept = once(first.port, "GET", "/api-docs/v1")
        assert kept.body == once(second.port, "GET", "/api-docs/v1").body
        copy = tmp_path / "copy-lab/v1/openapi.yaml"
        assert copy.read_bytes() == kept.body
        # Again, with other documents: what is there stays.
        again = deprecate(second)
        assert again.returncode == 0 and "kept before" in again.stdout
        assert deprecate(second, sunset=LATER).returncode == 1
        # The store goes away: nothing changes, also for a gateway that starts only now.
        store.stop()
        first.stop()
        began = time.monotonic()
        first.start()
        assert time.monotonic() - began < 10
        for gateway in (first, second):
            assert once(gateway.port, "GET", CONTACTS).header("sunset") == SUNSET_FIELD
            assert once(gateway.port, "GET", "/api-docs/v1").body == kept.body
        until(lambda: "what is known of deprecated versions stays" in second.output(), 10, "the log")
        failing = deprecate(first)
        assert failing.returncode == 69 and "cannot be asked" in failing.stderr
        # It is back, and the date is changed there.
        store.start()
        changed = deprecate(first, "--change-sunset", sunset=LATER)
        assert changed.returncode == 0, changed.stderr
        until(
            lambda: {once(gateway.port, "GET", CONTACTS).header("sunset") for gateway in (first, second)}
            == {"Sat, 31 Jan 2037 12:00:00 GMT"}, 30, "the other date")
        assert once(second.port, "GET", "/api-docs/v1").body == kept.body
        until(lambda: "answers again" in second.output(), 10, "the log")
        # A copy that is damaged is fetched anew.
        first.stop()
        copy.write_bytes(b"openapi: 3.1.0")
        first.start()
        assert once(first.port, "GET", "/api-docs/v1").body == kept.body and copy.read_bytes() == kept.body
        # A key that is changed in its file is the one that is used next.
        secret = tmp_path / "s3.secret"
        secret.write_text("another")
        refused = deprecate(first, "--change-sunset")
        assert refused.returncode == 69 and "does not accept the key" in refused.stderr
        until(lambda: "does not accept the key" in first.output(), 10, "the log")


def test_a_bucket_that_is_not_there(platform, store, tmp_path):
    change = lambda configuration: configuration["versions"]["s3"].update(bucket="nobody-made-this")
    place = Place(platform, "bucketless", tmp_path / "copy", in_bucket(store, tmp_path, change))
    done = deprecate(place.gateway)
    assert done.returncode == 69 and "there is no such bucket" in done.stderr, done.stderr


# MARK: Envoy


def test_envoys_own_answers_say_it_too(platform, tmp_path):
    def change(configuration):
        with_edge(configuration, tokens={"refused_by": "envoy"})
        configuration["rate_limits"]["address"] = {"requests": 20, "per": "1h"}
        configuration["loops"] = 1

    with Place(platform, "versions-edge", tmp_path / "specs", change) as gateway:
        envoy = Envoy(gateway, "versions-envoy")
        envoy.start()
        try:
            token = {"Authorization": f"Bearer {platform.token()}"}
            assert fields(once(envoy.port, "GET", CONTACTS)) == NO_FIELDS
            assert deprecate(gateway).returncode == 0
            said = {"deprecation": "true", "sunset": SUNSET_FIELD, "link": '</api-docs/v1>; rel="deprecation"'}
            until(lambda: fields(once(envoy.port, "GET", CONTACTS)) == said, 10, "the mark at Envoy")
            for path, headers, status in (
                    (CONTACTS, token, 200), (CONTACTS, {}, 401), ("/api/v1/nowhere", {}, 404), ("/api/v1/nowhere", token, 404)):
                answer = once(envoy.port, "GET", path, headers)
                assert (answer.status, fields(answer)) == (status, said), path
                assert answer.all("sunset") == [SUNSET_FIELD] and len(answer.all("link")) == 1
            elsewhere = once(envoy.port, "GET", "/api/v2/nowhere")
            assert (elsewhere.status, fields(elsewhere)) == (404, NO_FIELDS)
            assert once(envoy.port, "GET", "/api-docs/v1").body == once(gateway.port, "GET", "/api-docs/v1").body
            assert deprecate(gateway, "--change-sunset", sunset=in_seconds(2)).returncode == 0
            until(lambda: once(envoy.port, "GET", CONTACTS, token).status == 410, 10, "the end")
            assert_problem(once(envoy.port, "GET", "/api/v1/nowhere"), 410, "version-sunset", "/api/v1/nowhere")
        finally:
            envoy.stop()
