"""The metrics: a format that scrapers read, each one described in docs/metrics.md, and alerts of such as there are."""

import re

import pytest
import yaml

from rig import ROOT, free_port
from wire import once

LINE = re.compile(r'^(gateway_[a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? (-?[0-9.e+]+)$')


@pytest.fixture(scope="module")
def text(platform, tmp_path_factory):
    """What a gateway tells with all parts configured that have metrics of their own."""
    folder = tmp_path_factory.mktemp("metrics")
    (folder / "flags.yaml").write_text("a: { variations: { on: true, off: false }, defaultRule: { variation: on } }\n")

    def change(configuration):
        configuration["flags"] = {"file": str(folder / "flags.yaml")}
        configuration["audit"] = {"folder": str(folder / "spool"), "file": {"path": str(folder / "audit.jsonl")}}
        configuration["envoy"] = {"control": {"host": "127.0.0.1", "port": free_port()}}

    gateway = platform.another_gateway("metrics", change)
    try:
        gateway.start()
        once(gateway.port, "GET", "/api/v1/nowhere")
        answer = once(gateway.admin_port, "GET", "/metrics")
        assert answer.status == 200 and answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8"
        yield answer.body.decode()
    finally:
        gateway.stop()


def families(text):
    """Name -> kind and help."""
    kinds = dict(line.split(" ")[2:4] for line in text.splitlines() if line.startswith("# TYPE "))
    helps = dict(line.split(" ", 3)[2:4] for line in text.splitlines() if line.startswith("# HELP "))
    assert kinds.keys() == helps.keys()
    return {name: (kind, helps[name]) for name, kind in kinds.items()}


def test_the_format_is_what_prometheus_reads(text):
    known, current, seen = families(text), None, set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("#"):
            current = line.split(" ")[2]
            continue
        match = LINE.match(line)
        assert match and match[1] == current, line
        assert (match[1], match[2]) not in seen, line
        seen.add((match[1], match[2]))
    for name, (kind, words) in known.items():
        assert kind in ("counter", "gauge") and words.endswith("."), name
        assert name.endswith("_total") == (kind == "counter"), name


def test_each_is_described_and_nothing_else(text):
    rows = [line for line in (ROOT / "docs" / "metrics.md").read_text().splitlines() if line.startswith("| `gateway_")]
    described = {}
    for row in rows:
        name, kind, words, _ = (cell.strip() for cell in row.strip("|").split("|"))
        described[name.strip("`")] = (kind, words.split(" (`")[0] + ".")
    assert described == families(text)


def test_alerts_ask_for_metrics_that_exist(text):
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        asked = set(re.findall(r"\bgateway_[a-z_]+", rule["expr"]))
        assert asked and asked <= families(text).keys(), rule
        assert rule["labels"]["severity"] in ("warning", "critical") and rule["annotations"]["summary"]
