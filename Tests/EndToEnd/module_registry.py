"""Writes the registry of modules as docs/modules.md describes it: many modules at once, and without a process for each."""

import hashlib
import json

from resp import calls
import yaml


def package(slug, port, version="1", paths=("/echo",)):
    """The files of a module whose operations anybody may call."""
    operation = {"get": {"security": [], "responses": {"default": {"description": "whatever the service says"}}}}
    document = {
        "openapi": "3.1.0", "info": {"title": slug, "version": version}, "servers": [{"url": "/api/v1"}],
        "paths": {f"/{slug}{path}": operation for path in paths},
    }
    manifest = {
        "slug": slug, "version": version,
        "services": [{"name": slug, "protocol": "http", "addresses": [f"127.0.0.1:{port}"], "openapi": "api.yaml"}],
    }
    return {"module.yaml": json.dumps(manifest), "api.yaml": json.dumps(document)}


def read(folder):
    """The files of a package on disk, all of them text."""
    return {file.name: file.read_text() for file in folder.iterdir()}


def slug_of(files):
    manifest = yaml.safe_load(files["module.yaml"])
    return manifest["slug"], manifest["version"]


def install_commands(*packages):
    """The package first, the entry then."""
    commands = []
    for files in packages:
        slug, version = slug_of(files)
        value = json.dumps({"files": files})
        digest = "sha256:" + hashlib.sha256(value.encode()).hexdigest()
        commands.append(("SET", f"modules:package:{slug}", value))
        commands.append(("HSET", "modules:registry", slug, json.dumps({"version": version, "digest": digest})))
    return commands


def install(valkey_port, *packages):
    calls(valkey_port, *install_commands(*packages))


def remove(valkey_port, *slugs):
    """The entry first."""
    commands = [("HDEL", "modules:registry", slug) for slug in slugs] + [("DEL", f"modules:package:{slug}") for slug in slugs]
    calls(valkey_port, *commands)
