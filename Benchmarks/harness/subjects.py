"""Who is measured: the gateway and its rivals, each on one thread, and which port does which work."""

import os
import shutil

from . import places, setup
from .places import PORTS, RIG, RIVALS, WORK
from .processes import LOAD_CORE, Process


class Subject:
    """A program that does some of the works, on a port each.

    `paths`: where it serves a work under another path; `counts_mallocs`: it allocates through libc.
    """

    def __init__(self, name, version, ports, process, paths=None, counts_mallocs=False):
        self.name, self.version, self.ports, self.process = name, version, ports, process
        self.paths, self.counts_mallocs = paths or {}, counts_mallocs

    def work(self, name):
        """The work as this program serves it."""
        work = places.WORKS[name]
        return {**work, "path": self.paths.get(name, work["path"])}


def http_stub(*failing_tenant):
    return Process("http-stub", [WORK / "http-stub", PORTS["HTTP"], *failing_tenant], [PORTS["HTTP"]], core=LOAD_CORE)


def upstreams():
    return [
        http_stub(),
        Process("grpc-stub", [WORK / "grpc-stub", PORTS["GRPC"]], [PORTS["GRPC"]], core=LOAD_CORE),
    ]


def gateway_process(binary, work, wrapper=(), environment=None, name=None, folder=RIG):
    """One gateway loop that serves one work of `rig/`."""
    return Process(
        name or f"gateway-{work}", [*wrapper, binary, "serve", "--config", folder / f"{work}.yaml"],
        [PORTS[f"GATEWAY_{work.upper()}"]], environment={"DIR": str(WORK), **(environment or {})})


def unguarded():
    """The folder of `rig/` once more, without circuit breakers: their 30 s of refusal would hide what connections do."""
    folder = WORK / "unguarded"
    shutil.copytree(RIG, folder, dirs_exist_ok=True)
    for work in places.WORKS:
        file = folder / f"{work}.yaml"
        file.write_text(file.read_text().replace("    addresses:", "    breaker: { enabled: false }\n    addresses:"))
    return folder


def variant(binary, work, mode, shift, change):
    """The gateway of one work, with its ports `shift` further on and its platform file and document as `change` makes them."""
    folder = WORK / f"{work}-{mode}"
    shutil.copytree(RIG, folder, dirs_exist_ok=True)
    file, document = folder / f"{work}.yaml", folder / f"{work}.openapi.yaml"
    port, text = PORTS[f"GATEWAY_{work.upper()}"], file.read_text()
    for old in (port, port + 90):
        text = text.replace(f"port: {old}", f"port: {old + shift}")
    text, described = change(text, document.read_text())
    file.write_text(text)
    document.write_text(described)
    process = gateway_process(binary, work, name=f"{work}-{mode}", folder=folder)
    process.ports = [port + shift]
    return Subject(mode, "", {work: port + shift}, process)


def gateways(binary, folder=RIG):
    version = setup.run(binary, "version").decode().strip()
    return [
        Subject("gateway", version, {work: PORTS[f"GATEWAY_{work.upper()}"]}, gateway_process(binary, work, folder=folder),
                counts_mallocs=True)
        for work in places.WORKS
    ]


def nginx():
    for folder in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
        (WORK / f"nginx-{folder}").mkdir(exist_ok=True)
        os.chmod(WORK / f"nginx-{folder}", 0o777)
    configuration = places.render(RIVALS / "nginx.conf", WORK / "nginx.conf")
    version = setup.run("sh", "-c", "nginx -v 2>&1").decode().split("/")[-1].strip()
    process = Process("nginx", ["nginx", "-c", configuration, "-e", WORK / "nginx-error.log"], [PORTS["NGINX"]])
    return Subject("nginx", version, {"plain": PORTS["NGINX"]}, process, counts_mallocs=True)


def haproxy():
    configuration = places.render(RIVALS / "haproxy.cfg", WORK / "haproxy.cfg")
    version = setup.run("haproxy", "-v").decode().split()[2]
    ports = {"plain": PORTS["HAPROXY_PLAIN"], "policy": PORTS["HAPROXY_POLICY"]}
    process = Process("haproxy", ["haproxy", "-f", configuration], ports.values())
    return Subject("haproxy", version, ports, process, counts_mallocs=True)


def envoy():
    binary = setup.install_envoy()
    configuration = places.render(RIVALS / "envoy.yaml", WORK / "envoy.yaml")
    version = setup.run(binary, "--version").decode().split()[-1].split("/")[1]
    ports = {work: PORTS[f"ENVOY_{work.upper()}"] for work in places.WORKS}
    process = Process(
        "envoy", [binary, "-c", configuration, "--concurrency", 1, "--base-id", 917, "-l", "error"], ports.values())
    # Its transcoder knows a method without google.api.http by its gRPC path.
    return Subject("envoy", version, ports, process, paths={"grpc": "/bench.Items/Create"})


def envoy_with_limits(binary, change):
    """Envoy with tokens and limits, and the gateway that it asks about limits, which shares the generator's core."""
    asked = variant(binary, "policy", "limits", 60, change)
    asked.process.core = LOAD_CORE
    asked.process.ports.append(PORTS["LIMITS_CONTROL"])
    configuration = places.render(RIVALS / "envoy-limits.yaml", WORK / "envoy-limits.yaml")
    process = Process(
        "envoy-limits", [setup.install_envoy(), "-c", configuration, "--concurrency", 1, "--base-id", 918, "-l", "error"],
        [PORTS["ENVOY_LIMITS"]])
    return Subject("envoy", "", {"policy": PORTS["ENVOY_LIMITS"]}, process), asked


def go():
    binary = setup.compile_go()
    version = setup.run("go", "version").decode().split()[2].removeprefix("go")
    ports = {work: PORTS[f"GO_{work.upper()}"] for work in places.WORKS}
    process = Process(
        "go", [binary, *ports.values(), PORTS["HTTP"], PORTS["GRPC"], WORK / "issuer.pem"], ports.values(),
        environment={"GOMAXPROCS": "1"})
    return Subject("go", version, ports, process)
