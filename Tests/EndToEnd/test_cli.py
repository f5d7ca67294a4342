"""The command line: every subcommand, its exit code and its JSON."""

import json
import re

import pytest

from conftest import run_gateway
from rig import PLATFORM, ROOT
from wire import once


def test_help_names_the_subcommands():
    outcome = run_gateway("--help")
    assert outcome.returncode == 0
    for name in ("serve", "check", "diff", "routes", "token", "version"):
        assert name in outcome.stdout
        assert run_gateway(name, "--help").returncode == 0


def test_every_kind_of_problem_has_its_page():
    pages = run_gateway("problems")
    assert pages.returncode == 0 and pages.stdout == (ROOT / "docs" / "problems.md").read_text(), "docs/problems.md: gateway problems > docs/problems.md"
    one = run_gateway("problems", "https://septemcore.com/problems/rate-limit-exceeded")
    assert one.returncode == 0 and one.stdout.startswith("## rate-limit-exceeded\n") and one.stdout in pages.stdout
    assert run_gateway("problems", "none").returncode == 64


def test_the_gateway_has_the_page_that_a_problem_names(platform):
    problem = once(platform.port, "GET", "/api/v1/nowhere").json()
    page = once(platform.port, "GET", "/" + problem["type"].split("/", 3)[3])
    assert page.status == 200 and page.header("content-type") == "text/html; charset=utf-8"
    text = page.body.decode()
    assert "<h1>404 Not Found</h1>" in text and 'href="/problems"' in text and "`" not in text
    listed = once(platform.port, "GET", "/problems").body.decode()
    kinds = re.findall(r'href="(/problems/[a-z-]+)"', listed)
    assert len(kinds) == len(run_gateway("problems").stdout.split("\n## ")) - 1
    assert all(once(platform.port, "GET", kind).status == 200 for kind in kinds)
    assert once(platform.port, "GET", "/problems/none").status == 404 and once(platform.port, "POST", "/problems").status == 405
    head = once(platform.port, "HEAD", "/problems/conflict")
    assert head.status == 200 and head.body == b""


def test_version():
    assert run_gateway("version").stdout.strip()
    assert json.loads(run_gateway("version", "--output", "json").stdout)["version"]


def test_the_demo_configuration_has_no_finding():
    outcome = run_gateway("check", "--config", PLATFORM / "gateway.yaml")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_findings_have_file_line_and_pointer(platform, tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(platform.gateway.file.read_text() + "\nunknown_key: 1\n")
    outcome = run_gateway("check", "--config", file, "--output", "json")
    assert outcome.returncode != 0
    findings = json.loads(outcome.stdout)["findings"]
    last_line = len(file.read_text().splitlines())
    assert any(f["pointer"] == "/unknown_key" and f["line"] == last_line for f in findings), findings


@pytest.mark.parametrize("text", ["", "a: [", "- 1\n", "listen: 5\n", "\x00\x01", "a: &a [*a]\n"])
def test_garbage_is_refused_with_findings(tmp_path, text):
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    outcome = run_gateway("check", "--config", file)
    assert outcome.returncode == 1, outcome.returncode
    assert "bad.yaml" in outcome.stdout + outcome.stderr


def test_a_missing_file_is_a_clear_error(tmp_path):
    outcome = run_gateway("check", "--config", tmp_path / "none.yaml")
    assert outcome.returncode != 0 and "none.yaml" in outcome.stdout + outcome.stderr


def test_routes_lists_every_operation():
    outcome = run_gateway("routes", "--config", PLATFORM / "gateway.yaml")
    assert outcome.returncode == 0
    assert "/api/v1/data/{module}/{model}" in outcome.stdout and "/api/v1/files/{name}" in outcome.stdout
    routes = json.loads(run_gateway("routes", "--config", PLATFORM / "gateway.yaml", "--output", "json").stdout)
    assert routes


def test_token_prints_one_that_works(platform):
    outcome = run_gateway("token", "--iam", platform.services.issuer, "--user", "admin@acme")
    assert outcome.returncode == 0, outcome.stderr
    token = outcome.stdout.strip().splitlines()[-1]
    answer = once(platform.port, "GET", "/api/v1/data/crm/contacts", {"Authorization": f"Bearer {token}"})
    assert answer.status == 200


def test_an_unknown_subcommand_is_a_usage_error():
    assert run_gateway("dance").returncode == 64


@pytest.fixture
def two_versions(tmp_path):
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    text = (PLATFORM / "modules" / "crm" / "crm.yaml").read_text()
    old.write_text(text)
    new.write_text(text)
    return old, new


def test_diff_of_a_document_with_itself_is_empty(two_versions):
    outcome = run_gateway("diff", *two_versions, "--fail-on", "any")
    assert outcome.returncode == 0 and outcome.stdout == "0 breaking, 0 warning, 0 note\n"


@pytest.mark.parametrize("change, level, codes", [
    (("required: [name]", "required: [name, email]"), "breaking", {"breaking": 1, "warning": 1, "any": 1, "none": 0}),
    (("maxItems: 20", "maxItems: 30"), "warning", {"breaking": 0, "warning": 1, "any": 1, "none": 0}),
    (("operationId: listContacts", "operationId: contacts"), "note", {"breaking": 0, "warning": 0, "any": 1, "none": 0}),
])
def test_diff_fails_as_it_is_told(two_versions, change, level, codes):
    old, new = two_versions
    new.write_text(new.read_text().replace(*change))
    for threshold, code in codes.items():
        assert run_gateway("diff", old, new, "--fail-on", threshold).returncode == code
    assert run_gateway("diff", old, new).returncode == codes["breaking"]
    listing = json.loads(run_gateway("diff", old, new, "--output", "json").stdout)
    assert listing["complete"] and listing[level] >= 1
    change = next(c for c in listing["changes"] if c["level"] == level)
    assert change["file"] == str(new) and change["line"] > 1 and change["pointer"] and change["place"] and change["message"]


def test_diff_of_what_cannot_be_read_exits_2(two_versions, tmp_path):
    old, new = two_versions
    new.write_text("openapi: 2.0\n")
    outcome = run_gateway("diff", old, new)
    assert outcome.returncode == 2 and "new.yaml:1:10: error[unsupported-version]" in outcome.stderr
    outcome = run_gateway("diff", old, tmp_path / "none.yaml", "--output", "json")
    assert outcome.returncode == 2 and json.loads(outcome.stdout)["findings"][0]["code"] == "unreadable-file"
