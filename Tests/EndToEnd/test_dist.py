"""What `scripts/dist` makes: archive, Debian package, manual, completions, unit, bill of materials."""

import json
import os
import shutil
import subprocess
import tarfile

import pytest
import yaml

from rig import BIN, ROOT, Program, answers, free_port


def run(*arguments, **options):
    return subprocess.run([str(part) for part in arguments], capture_output=True, text=True, timeout=300, **options)


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """The packages of the binary under test; packed loosely, because it is large."""
    folder = tmp_path_factory.mktemp("dist")
    done = run("scripts/dist", cwd=ROOT, env=os.environ | {"GATEWAY": str(BIN / "gateway"), "DIST": str(folder), "COMPRESSION": "none"})
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def installed(dist, tmp_path_factory):
    """The files of the Debian package."""
    tree = tmp_path_factory.mktemp("installed")
    package, = dist.glob("*.deb")
    assert run("dpkg-deb", "-x", package, tree).returncode == 0
    return tree


def test_both_packages_hold_the_same_and_their_sums_are_right(dist, installed):
    assert run("sha256sum", "--check", "SHA256SUMS", cwd=dist).returncode == 0
    archive, = dist.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
    names = {member.name.split("/", 1)[1] for member in members if member.isfile()}
    assert names == {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert {"usr/bin/gateway", "usr/share/man/man1/gateway.1.gz", "lib/systemd/system/septem-gateway.service"} <= names
    assert {(member.uid, member.gid) for member in members} == {(0, 0)}


def test_the_package_says_what_it_needs(dist):
    package, = dist.glob("*.deb")
    fields = {name: run("dpkg-deb", "-f", package, name).stdout.strip() for name in ("Package", "Version", "Depends", "Recommends")}
    assert fields["Package"] == "septem-gateway" and fields["Version"] in run(BIN / "gateway", "version").stdout
    assert "libc6" in fields["Depends"] and "libpq5" in fields["Recommends"]
    control = run("dpkg-deb", "-e", package, package.with_suffix(".control"))
    assert control.returncode == 0
    assert (package.with_suffix(".control") / "conffiles").read_text() == "/etc/septem-gateway/gateway.yaml\n"
    for script in ("postinst", "prerm", "postrm"):
        assert run("sh", "-n", package.with_suffix(".control") / script).returncode == 0


def test_what_is_installed_runs_with_its_configuration(installed, tmp_path):
    gateway = installed / "usr/bin/gateway"
    checked = run(gateway, "check", "--config", installed / "etc/septem-gateway/gateway.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    configuration = yaml.safe_load((installed / "etc/septem-gateway/gateway.yaml").read_text())
    port = configuration["listen"]["port"] = free_port()
    configuration["listen"]["host"], configuration["admin"]["port"] = "127.0.0.1", free_port()
    configuration["audit"] = {"folder": str(tmp_path / "audit"), "file": {"path": str(tmp_path / "audit.jsonl")}}
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump(configuration))
    program = Program("installed", [gateway, "serve", "--config", file], tmp_path, port)
    program.start(is_up=lambda: answers(f"http://127.0.0.1:{port}/live"))
    assert program.stop() == 0


def test_manual_and_completions_have_every_command(installed):
    manual = run("zcat", installed / "usr/share/man/man1/gateway.1.gz").stdout
    commands = json.loads(run(BIN / "gateway", "--experimental-dump-help").stdout)["command"]["subcommands"]
    for command in commands:
        if command["commandName"] != "help":
            assert f"\n.SS {command['commandName']}\n" in manual
    assert "--token" in manual.replace("\\-", "-")
    completions = installed / "usr/share/bash-completion/completions/gateway"
    assert run("bash", "-n", completions).returncode == 0 and "explain" in completions.read_text()
    for shell in ("zsh/vendor-completions/_gateway", "fish/vendor_completions.d/gateway.fish"):
        assert "explain" in (installed / "usr/share" / shell).read_text()


def test_the_bill_of_materials_names_every_library(installed):
    bill = json.loads((installed / "usr/share/doc/septem-gateway/sbom.cdx.json").read_text())
    pins = json.loads((ROOT / "Package.resolved").read_text())["pins"]
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert {part["name"]: part["properties"][0]["value"] for part in bill["components"]} == {
        pin["identity"]: pin["state"]["revision"] for pin in pins}
    references = {part["bom-ref"] for part in bill["components"]}
    assert len(references) == len(pins) and set(bill["dependencies"][0]["dependsOn"]) == references


def test_the_unit_is_confined(installed):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze: the unit's confinement is NOT checked")
    unit = installed / "lib/systemd/system/septem-gateway.service"
    judged = run("systemd-analyze", "security", "--offline=true", "--threshold=15", unit)
    assert judged.returncode == 0 and "OK" in judged.stdout.splitlines()[-1], judged.stdout[-300:]
