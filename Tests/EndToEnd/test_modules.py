"""Modules that are installed, updated and removed while the gateway runs: from a folder, and from the registry in a real Valkey."""

import json
import shutil
import signal
import threading
import time

import pytest
import yaml

from conftest import document, run_gateway
from problems import assert_problem
from rig import ROOT, copy_module, until
from valkey_server import Valkey, newest
from wire import Aborted, Wire, head, once

POLL = 0.05


def write(folder, slug, port, version="1", paths=("/echo",), service=None):
    """A package whose operations anybody may call, answered by the lab; written aside and renamed into place."""
    aside = folder / f".{slug}.new"
    aside.mkdir(parents=True)
    operation = {"responses": {"default": {"description": "whatever the lab says"}}}
    body = document(slug, {f"/{slug}{path}": {"get": operation} for path in paths})
    (aside / "api.yaml").write_text(yaml.safe_dump(body))
    (aside / "module.yaml").write_text(yaml.safe_dump({
        "slug": slug, "version": version,
        "services": [{"name": service or slug, "protocol": "http", "addresses": [f"127.0.0.1:{port}"], "openapi": "api.yaml"}]}))
    target = folder / slug
    if target.exists():
        target.rename(folder / f".{slug}.old")
    aside.rename(target)
    shutil.rmtree(folder / f".{slug}.old", ignore_errors=True)


def started(platform, name, folder, change=None):
    def configure(configuration):
        shutil.copytree(configuration["modules"]["folder"], folder, dirs_exist_ok=True)
        configuration["modules"] = {"folder": str(folder), "poll": f"{int(POLL * 1000)}ms"}
        configuration["tenants"]["acme"]["rate"] = {"rps": 1_000_000}
        if change:
            change(configuration)

    return platform.another_gateway(name, configure).start()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "modules"


@pytest.fixture
def gateway(platform, request, folder):
    gateway = started(platform, "modules-" + request.node.name[5:40], folder)
    yield gateway
    gateway.kill()


def status(gateway, path, headers=()):
    return once(gateway.port, "GET", "/api/v1" + path, headers).status


def comes(gateway, path, expected=200, headers=()):
    until(lambda: status(gateway, path, headers) == expected, 10, f"{expected} of {path}")


def modules(gateway):
    return {m["slug"]: m for m in json.loads(once(gateway.admin_port, "GET", "/modules").body)["modules"]}


def test_a_module_is_installed_updated_and_removed(platform, gateway, folder):
    assert list(modules(gateway)) == ["crm"] and status(gateway, "/m/echo") == 404
    write(folder, "m", platform.lab.port)
    comes(gateway, "/m/echo")
    routes = json.loads(once(gateway.admin_port, "GET", "/routes").body)["routes"]
    assert [r["module"] for r in routes if r["path"] == "/api/v1/m/echo"] == ["m"]
    since = modules(gateway)["m"]["since"]
    write(folder, "m", platform.lab.port, "2", ("/echo", "/more/echo"))
    comes(gateway, "/m/more/echo")
    report = modules(gateway)["m"]
    assert (report["state"], report["served"], report["wanted"], report["operations"]) == ("served", "2", "2", 2)
    assert report["source"] == "folder" and report["since"] >= since and report["findings"] == []
    shutil.rmtree(folder / "m")
    comes(gateway, "/m/echo", 404)
    assert "m" not in modules(gateway)
    log = gateway.output()
    assert "module served" in log and "module removed" in log


def test_a_faulty_version_keeps_the_last_good_one_and_holds_up_no_other(platform, gateway, folder):
    write(folder, "m", platform.lab.port)
    comes(gateway, "/m/echo")
    (folder / "m" / "api.yaml").write_text("openapi: 3.1.0\npaths: [")
    until(lambda: modules(gateway)["m"]["state"] == "quarantined", what="the quarantine")
    write(folder, "other", platform.lab.port)
    comes(gateway, "/other/echo")
    assert status(gateway, "/m/echo") == 200
    finding = modules(gateway)["m"]["findings"][0]
    assert finding["file"].endswith("m/api.yaml") and finding["line"] == 3 and finding["severity"] == "error"
    metrics = once(gateway.admin_port, "GET", "/metrics").body.decode()
    assert 'gateway_module_faulty{module="m"} 1' in metrics and 'gateway_modules{state="quarantined"} 1' in metrics
    assert "module quarantined" in gateway.output()
    write(folder, "m", platform.lab.port, "3")
    until(lambda: modules(gateway)["m"]["state"] == "served", what="the mended module")


def test_the_module_that_runs_keeps_a_route_two_claim(platform, gateway, folder):
    write(folder, "z", platform.lab.port, paths=("/echo", "/more"))
    comes(gateway, "/z/echo")
    write(folder, "a", platform.lab.port, service="z")
    until(lambda: modules(gateway).get("a", {}).get("state") == "refused", what="the refusal")
    assert [f["code"] for f in modules(gateway)["a"]["findings"]] == ["duplicate-name"]
    assert status(gateway, "/z/echo") == 200 and status(gateway, "/a/echo") == 404
    shutil.rmtree(folder / "z")
    comes(gateway, "/a/echo")


def test_a_reload_keeps_modules_and_their_last_good_versions(platform, gateway, folder):
    write(folder, "m", platform.lab.port)
    comes(gateway, "/m/echo")
    (folder / "m" / "module.yaml").write_text("slug: m\n")
    until(lambda: modules(gateway)["m"]["state"] == "quarantined", what="the quarantine")
    gateway.signal(signal.SIGHUP)
    until(lambda: "configuration reloaded" in gateway.output(), what="the reload")
    assert modules(gateway)["m"]["state"] == "quarantined" and status(gateway, "/m/echo") == 200
    gateway.file.write_text("listen: [")
    gateway.signal(signal.SIGHUP)
    until(lambda: "reload refused" in gateway.output(), what="the refusal")
    write(folder, "other", platform.lab.port)
    comes(gateway, "/other/echo")


def test_requests_in_flight_end_on_the_module_they_began_on(platform, gateway, folder):
    write(folder, "m", platform.lab.port, paths=("/slow",))
    until(lambda: "m" in modules(gateway) and modules(gateway)["m"]["state"] == "served", what="the module")
    with Wire(gateway.port) as busy:
        busy.send(head("GET", "/api/v1/m/slow"))
        time.sleep(0.3)
        shutil.rmtree(folder / "m")
        until(lambda: "m" not in modules(gateway), what="the removal")
        assert busy.response().status == 200


def test_fifty_changes_under_load_lose_no_request(platform, gateway, folder, admin):
    write(folder, "m", platform.lab.port)
    comes(gateway, "/m/echo")
    outcomes, errors, stop = {}, [], threading.Event()

    def load(target, headers):
        try:
            with Wire(gateway.port) as wire:
                while not stop.is_set():
                    answer = wire.request("GET", target, headers)
                    outcomes[target, answer.status] = outcomes.get((target, answer.status), 0) + 1
        except (Aborted, OSError, AssertionError) as error:
            errors.append((target, repr(error)))

    loads = (("/api/v1/lab/echo", {}), ("/api/v1/data/crm/contacts/ada", admin), ("/live", {}), ("/api/v1/m/echo", {}))
    threads = [threading.Thread(target=load, args=arguments) for arguments in loads]
    for thread in threads:
        thread.start()
    try:
        for number in range(50):
            # The module under load changes each time; every third change installs or removes its neighbour too.
            write(folder, "m", platform.lab.port, f"1.{number}", ("/echo",) + tuple(f"/n{i}" for i in range(number % 5)))
            if number % 6 == 0:
                write(folder, "neighbour", platform.lab.port)
            elif number % 6 == 3:
                shutil.rmtree(folder / "neighbour")
            until(lambda: modules(gateway)["m"]["served"] == f"1.{number}", what=f"version 1.{number}")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not errors and {s for _, s in outcomes} == {200} and len(outcomes) == len(loads), (errors, outcomes)
    assert min(outcomes.values()) > 50, outcomes


def test_a_module_is_there_for_those_tenants_that_have_it(platform, gateway, folder, admin):
    globex = {"Authorization": f"Bearer {platform.token('admin@globex')}"}
    assert status(gateway, "/notes", admin) == 404
    copy_module(ROOT / "Examples" / "modules" / "notes", folder / "notes", platform.services)
    comes(gateway, "/notes", 200, admin)
    json_body = {"Content-Type": "application/json"}
    created = once(gateway.port, "POST", "/api/v1/notes", admin | json_body, b'{"text":"buy milk"}')
    assert created.status == 200 and created.json()["data"] == {"text": "buy milk"}, created
    assert once(gateway.port, "POST", "/api/v1/notes", admin | json_body, b'{"words":1}').status == 400
    assert_problem(once(gateway.port, "GET", "/api/v1/notes", globex), 404, "module-not-found", "/api/v1/notes")


# The command line


def test_check_covers_the_modules(platform, gateway, folder):
    outcome = run_gateway("check", "--config", gateway.file)
    assert outcome.returncode == 0 and "1 modules" in outcome.stdout, outcome
    (folder / "crm" / "crm.yaml").write_text("openapi: 3.1.0\npaths: [")
    outcome = run_gateway("check", "--config", gateway.file)
    assert outcome.returncode == 1 and "crm/crm.yaml:3" in outcome.stdout, outcome


def test_the_command_line_installs_lists_and_removes(platform, gateway, folder, tmp_path):
    write(tmp_path, "m", platform.lab.port)
    place = ("--config", gateway.file)
    outcome = run_gateway("module", "install", tmp_path / "m", *place)
    assert outcome.returncode == 0 and "m 1 is installed" in outcome.stdout, outcome
    comes(gateway, "/m/echo")
    assert not [entry for entry in folder.iterdir() if entry.name.startswith(".")], "nothing is left aside"
    listed = json.loads(run_gateway("module", "list", *place, "--output", "json").stdout)["modules"]
    assert [(m["slug"], m["state"]) for m in listed] == [("crm", "served"), ("m", "served")]

    write(tmp_path, "m", platform.lab.port, "2", service="crm")
    outcome = run_gateway("module", "install", tmp_path / "m", *place)
    assert outcome.returncode == 1 and "duplicate-name" in outcome.stderr and "nothing was installed" in outcome.stderr
    assert "version: '1'" in (folder / "m" / "module.yaml").read_text()
    assert run_gateway("module", "install", tmp_path / "m", *place, "--force").returncode == 0
    until(lambda: modules(gateway)["m"]["state"] == "quarantined", what="the quarantine")

    assert run_gateway("module", "remove", "m", *place).returncode == 0
    comes(gateway, "/m/echo", 404)
    assert run_gateway("module", "remove", "m", *place).returncode == 1
    assert run_gateway("module", "remove", "../crm", *place).returncode == 1 and (folder / "crm").exists()
    assert run_gateway("module", "install", tmp_path, *place).returncode == 1


# The registry


@pytest.fixture
def valkey(tmp_path):
    server = Valkey(tmp_path, newest()).start()
    yield server
    server.kill()


@pytest.fixture
def registered(platform, request, folder, valkey):
    """A gateway that follows a folder and a registry."""

    def change(configuration):
        configuration["valkey"] = {"url": valkey.url}
        configuration["modules"]["valkey"] = True
        configuration.pop("tenants", None)

    gateway = started(platform, "registry-" + request.node.name[5:40], folder, change)
    yield gateway
    gateway.kill()


def install(gateway, valkey, package):
    outcome = run_gateway("module", "install", package, "--config", gateway.file, "--valkey", valkey.url)
    assert outcome.returncode == 0, outcome.stderr


def test_the_registry_installs_updates_and_removes_within_a_second(platform, registered, valkey, tmp_path):
    write(tmp_path, "r", platform.lab.port)
    install(registered, valkey, tmp_path / "r")
    begin = time.monotonic()
    comes(registered, "/r/echo")
    assert time.monotonic() - begin < 1.5
    assert modules(registered)["r"]["source"] == "registry"
    write(tmp_path, "r", platform.lab.port, "2", ("/more/echo",))
    install(registered, valkey, tmp_path / "r")
    comes(registered, "/r/more/echo")
    assert status(registered, "/r/echo") == 404
    listed = run_gateway("module", "list", "--config", registered.file, "--valkey", valkey.url, "--output", "json")
    assert json.loads(listed.stdout) == {"modules": [{"slug": "r", "wanted": "2"}]}
    assert run_gateway("module", "remove", "r", "--config", registered.file, "--valkey", valkey.url).returncode == 0
    comes(registered, "/r/more/echo", 404)


def test_what_the_registry_has_wrong_is_reported_and_the_last_good_version_stays(platform, registered, valkey, tmp_path):
    write(tmp_path, "r", platform.lab.port)
    install(registered, valkey, tmp_path / "r")
    comes(registered, "/r/echo")
    valkey.call("SET", "modules:package:r", '{"files":{}}')
    valkey.call("HSET", "modules:registry", "r", '{"version":"2","digest":"sha256:00"}')
    until(lambda: modules(registered)["r"]["state"] == "quarantined", what="the quarantine")
    assert [f["code"] for f in modules(registered)["r"]["findings"]] == ["module-digest"]
    for slug, entry, code in (("gone", '{"digest":"sha256:00"}', "module-missing"), ("odd", "5", "module-entry")):
        valkey.call("HSET", "modules:registry", slug, entry)
        until(lambda: slug in modules(registered), what=slug)
        assert [f["code"] for f in modules(registered)[slug]["findings"]] == [code]
    assert status(registered, "/r/echo") == 200


def test_a_package_that_comes_after_its_entry_is_taken_with_the_next_change(platform, registered, valkey, tmp_path):
    write(tmp_path, "r", platform.lab.port)
    install(registered, valkey, tmp_path / "r")
    comes(registered, "/r/echo")
    package, entry = valkey.call("GET", "modules:package:r"), valkey.call("HGETALL", "modules:registry")[1]
    valkey.call("DEL", "modules:registry")
    comes(registered, "/r/echo", 404)
    valkey.call("DEL", "modules:package:r")
    valkey.call("HSET", "modules:registry", "r", entry)
    until(lambda: modules(registered).get("r", {}).get("state") == "refused", what="the refusal")
    valkey.call("SET", "modules:package:r", package)
    valkey.call("HSET", "modules:registry", "other", "5")
    comes(registered, "/r/echo")


def test_a_registry_that_is_away_changes_nothing_and_is_read_again_when_it_is_back(platform, registered, valkey, tmp_path):
    write(tmp_path, "r", platform.lab.port)
    install(registered, valkey, tmp_path / "r")
    comes(registered, "/r/echo")
    valkey.kill()
    time.sleep(1.5)
    assert status(registered, "/r/echo") == 200
    valkey.start()
    # It kept nothing on disk: whoever follows it sees an empty registry, and then another module.
    comes(registered, "/r/echo", 404)
    write(tmp_path, "s", platform.lab.port)
    install(registered, valkey, tmp_path / "s")
    comes(registered, "/s/echo")


def test_a_module_of_the_folder_goes_before_the_same_of_the_registry(platform, registered, valkey, folder, tmp_path):
    write(tmp_path, "both", platform.lab.port, "registry")
    install(registered, valkey, tmp_path / "both")
    comes(registered, "/both/echo")
    write(folder, "both", platform.lab.port, "folder")
    until(lambda: modules(registered)["both"]["served"] == "folder", what="the folder's version")
    assert [f["code"] for f in modules(registered)["both"]["findings"]] == ["module-twice"]
    shutil.rmtree(folder / "both")
    until(lambda: modules(registered)["both"]["served"] == "registry", what="the registry's version")


def test_a_gateway_starts_without_a_registry_that_does_not_answer(platform, valkey, folder, request):
    valkey.kill()

    def change(configuration):
        configuration["valkey"] = {"url": valkey.url}
        configuration["modules"]["valkey"] = True
        configuration.pop("tenants", None)

    gateway = started(platform, "registry-away", folder, change)
    try:
        assert status(gateway, "/lab/echo") == 200 and "does not answer" in gateway.output()
        valkey.start()
        write(folder / "..", "late", platform.lab.port)
        install(gateway, valkey, folder / ".." / "late")
        comes(gateway, "/late/echo")
    finally:
        gateway.kill()
