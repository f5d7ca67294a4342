"""A new password of Valkey, in its file, counts without a restart."""

import pytest

from rig import until
from valkey_server import Valkey, newest
from wire import once

CONTACTS = "/api/v1/data/crm/contacts"
MEMBER = "5b0c7c4e-0d8f-4f5e-9a86-0a1f5d1c0a02"


def names(valkey):
    """The names of the connections that the user `gateway` has, with their ids."""
    lines = [dict(part.split("=", 1) for part in line.split()) for line in valkey.call("CLIENT", "LIST").splitlines()]
    return {line["id"]: line["name"] for line in lines if line["user"] == "gateway"}


def test_a_new_password_is_taken_up(platform, tmp_path):
    valkey = Valkey(tmp_path, newest()).start()
    password = tmp_path / "password"
    password.write_text("first-secret\n")
    valkey.call("ACL", "SETUSER", "gateway", "on", ">first-secret", "~*", "&*", "+@all")

    def change(configuration):
        configuration["valkey"] = {"url": f"valkey://gateway@127.0.0.1:{valkey.port}", "password_file": str(password)}
        configuration["health"] = {"interval": "1s", "components": [
            {"name": "valkey", "kind": "valkey", "address": f"127.0.0.1:{valkey.port}", "user": "gateway", "password_file": str(password)}]}
        configuration["loops"] = 1
        configuration.pop("tenants", None)

    gateway = platform.another_gateway("valkey-password", change)
    headers = {"Authorization": f"Bearer {platform.token('member@acme')}"}
    try:
        valkey.call("SADD", "modules:active:acme", "crm")
        valkey.call("SADD", f"rbac:acme:{MEMBER}", "crm.contacts.read")
        gateway.start()
        until(lambda: once(gateway.port, "GET", CONTACTS, headers).status == 200, 20, "the first answer")
        until(lambda: once(gateway.admin_port, "GET", "/health").json()["components"]["valkey"]["status"] == "healthy", 20, "the probe")
        assert "septem-gateway" in names(valkey).values()
        before = set(names(valkey))
        # The old password ends, and with it every connection: none comes again before the file has the new one.
        valkey.call("ACL", "SETUSER", "gateway", "resetpass", ">second-secret")
        valkey.call("CLIENT", "KILL", "USER", "gateway")
        until(lambda: once(gateway.admin_port, "GET", "/health").json()["components"]["valkey"]["status"] == "unhealthy", 20, "no login")
        assert not names(valkey)
        password.write_text("second-secret\n")
        until(lambda: names(valkey) and not set(names(valkey)) & before, 20, "connections with the new password")
        until(lambda: once(gateway.admin_port, "GET", "/health").json()["components"]["valkey"]["status"] == "healthy", 20, "the probe")
        valkey.call("SREM", f"rbac:acme:{MEMBER}", "crm.contacts.read")
        until(lambda: once(gateway.port, "GET", CONTACTS, headers).status == 403, 20, "a change that is seen")
        assert "-secret" not in gateway.output()
    finally:
        gateway.stop()
        valkey.kill()


@pytest.mark.parametrize("content, words", [(None, "cannot read a password"), ("", "cannot read a password")])
def test_a_file_without_a_password_is_a_clear_error(platform, tmp_path, content, words):
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content)
    gateway = platform.another_gateway(
        "valkey-no-password", lambda c: c.update(valkey={"url": "valkey://127.0.0.1:1", "password_file": str(file)}))
    with pytest.raises(AssertionError, match=words):
        gateway.start()
