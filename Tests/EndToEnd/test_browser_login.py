"""Login in a real browser, at a real provider of OpenID Connect, through a real Envoy to pages that call the API."""

import base64
import json
import pathlib
import sys
import time
import urllib.parse
import urllib.request

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import browser
from envoy_server import Envoy, with_edge
from rig import Program, answers, free_port, is_listening
from test_envoy_edge import certificate

CONTACTS = "/api/v1/data/crm/contacts"
PAGE = f"/api/v1/lab/page?api={CONTACTS}"
SECRET = "the client's own secret"
PATIENCE = 60


class Provider(Program):
    """nanoidp with one client and a user of the platform; tokens live `minutes`."""

    def __init__(self, folder, minutes=60):
        folder.mkdir()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        (folder / "settings.yaml").write_text(yaml.safe_dump({
            "config_version": 1, "server": {"host": "127.0.0.1", "port": port}, "jwt": {"keys_dir": str(folder / "keys")},
            "oauth": {"issuer": self.url, "audience": "platform-kernel", "token_expiry_minutes": minutes,
                      "clients": [{"client_id": "septem", "client_secret": SECRET, "description": "the edge"}]}}))
        (folder / "users.yaml").write_text(yaml.safe_dump({
            "config_version": 1, "users": {"ada": {"password": "lovelace", "email": "ada@example.org", "roles": ["admin"], "tenant": "acme"}}}))
        nanoidp = pathlib.Path(sys.executable).parent / "nanoidp"
        super().__init__("provider", [nanoidp, "--config", folder, "--host", "127.0.0.1", "--port", port], folder, port)

    def start(self):
        return super().start(lambda: answers(self.url + "/.well-known/openid-configuration"))

    def keys(self):
        with urllib.request.urlopen(self.url + "/.well-known/jwks.json", timeout=30) as answer:
            return json.load(answer)


def edge_of(platform, provider, folder, name, jwks):
    """A gateway that trusts the provider's tokens as far as `jwks` goes, and an Envoy with TLS before it."""
    certificate(folder, "edge", "localhost")
    (folder / "secret").write_text(SECRET)
    (folder / "cookies").write_text("0123456789abcdef0123456789abcdef")
    login = {
        "paths": ["/api/v1/lab/page", CONTACTS], "authorization_endpoint": provider.url + "/authorize",
        "token_endpoint": provider.url + "/token", "end_session_endpoint": provider.url + "/logout", "client_id": "septem",
        "client_secret_file": str(folder / "secret"), "cookie_key_file": str(folder / "cookies"),
    }
    listener = {"name": "public", "host": "127.0.0.1", "port": free_port(), "tls": {
        "certificates": [{"certificate": str(folder / "edge.pem"), "key": str(folder / "edge.key")}]}}

    def change(configuration):
        configuration["issuers"].append({
            "issuer": provider.url, "audiences": ["platform-kernel"], "algorithms": ["RS256"], "jwks": jwks, "tenant_claim": "tenant"})
        with_edge(configuration, listeners=[listener], login=login)

    gateway = platform.another_gateway(name, change)
    gateway.start()
    envoy = Envoy(gateway, f"{name}-envoy")
    envoy.start(lambda: answers(f"http://127.0.0.1:{envoy.admin_port}/ready") and is_listening(envoy.port))
    envoy.gateway, envoy.provider, envoy.url = gateway, provider, f"https://localhost:{envoy.port}"
    return envoy


def stopped(envoy):
    envoy.stop()
    envoy.gateway.stop()


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    started = Provider(tmp_path_factory.mktemp("provider") / "settings").start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def edge(platform, provider, tmp_path_factory):
    made = edge_of(platform, provider, tmp_path_factory.mktemp("login"), "browser-login", {"url": provider.url + "/.well-known/jwks.json"})
    yield made
    stopped(made)


@pytest.fixture
def chromium(tmp_path):
    started = browser.driver(tmp_path / "profile")
    yield started
    started.quit()


def wait(chromium, condition):
    return WebDriverWait(chromium, PATIENCE).until(condition)


def is_at_provider(edge):
    return lambda chromium: chromium.current_url.startswith(edge.provider.url)


def sign_in(chromium, edge, path=PAGE):
    """Asks for a page, is sent to the provider and says there who it is."""
    chromium.get(edge.url + path)
    wait(chromium, is_at_provider(edge))
    chromium.find_element(By.NAME, "username").send_keys("ada")
    chromium.find_element(By.NAME, "password").send_keys("lovelace")
    chromium.find_element(By.CSS_SELECTOR, "form [type=submit]").click()
    wait(chromium, lambda _: chromium.current_url.startswith(edge.url))


def answer(chromium):
    """Status and text of what the page was told by the API."""
    status, text = wait(chromium, lambda _: chromium.find_element(By.ID, "answer").text).split(" ", 1)
    return int(status), json.loads(text)


def forget_provider(chromium, edge):
    """Ends the session at the provider alone, which would log in again without a question; what it answers are the edge's cookies."""
    kept = chromium.get_cookies()
    chromium.get(edge.provider.url + "/")
    chromium.delete_all_cookies()
    chromium.get(edge.url + "/live")
    return kept


def restore(chromium, edge, cookies, **changed):
    """Replaces the edge's cookies, without the time at which the browser itself would forget them."""
    # Cookies are a page's of theirs, and the last page may be nobody's.
    chromium.get(edge.url + "/live")
    chromium.delete_all_cookies()
    for cookie in cookies:
        value = changed.get(cookie["name"], cookie["value"])
        chromium.add_cookie({"name": cookie["name"], "value": value, "path": "/", "secure": True, "httpOnly": True})


def test_a_login_ends_on_a_page_that_called_the_api(chromium, edge):
    sign_in(chromium, edge)
    assert chromium.current_url == edge.url + PAGE
    status, body = answer(chromium)
    assert status == 200 and body["records"]
    # The session lasts, and scripts cannot read it.
    chromium.get(edge.url + PAGE)
    assert chromium.current_url == edge.url + PAGE and answer(chromium)[0] == 200
    assert chromium.execute_script("return document.cookie") == ""
    assert all(cookie["secure"] and cookie["httpOnly"] for cookie in chromium.get_cookies())


def test_after_the_logout_there_is_no_session(chromium, edge):
    sign_in(chromium, edge)
    assert answer(chromium)[0] == 200
    forget_provider(chromium, edge)
    chromium.get(edge.url + "/oauth2/logout")
    chromium.get(edge.url + PAGE)
    wait(chromium, is_at_provider(edge))


def test_a_wrong_state_is_refused(chromium, edge):
    chromium.get(edge.url + PAGE)
    wait(chromium, is_at_provider(edge))
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(chromium.current_url).query))
    assert asked["code_challenge_method"] == "S256" and asked["state"]
    for state in (asked["state"][:-4] + "AAAA", "none", ""):
        chromium.get(edge.url + "/oauth2/callback?" + urllib.parse.urlencode({"code": "stolen", "state": state}))
        assert '"status":401' in chromium.page_source.replace(" ", ""), chromium.page_source
    chromium.get(edge.url + CONTACTS)
    wait(chromium, is_at_provider(edge))


def is_served(chromium, edge):
    """Whether the page is shown while nobody is there who could log in or renew a session."""
    try:
        chromium.get(edge.url + PAGE)
    except WebDriverException as error:
        assert "ERR_CONNECTION_REFUSED" in error.msg, "sent to the provider, who is not there"
    return bool(chromium.find_elements(By.ID, "answer"))


def test_a_cookie_of_anothers_making_is_no_session(chromium, platform, tmp_path):
    """Without the provider: it would renew a session whose refresh token is good, whatever became of the other cookies."""
    provider = Provider(tmp_path / "mortal").start()
    edge = edge_of(platform, provider, tmp_path, "browser-forgery", {"url": provider.url + "/.well-known/jwks.json"})
    try:
        sign_in(chromium, edge)
        assert answer(chromium)[0] == 200
        kept = forget_provider(chromium, edge)
        session = {cookie["name"]: cookie["value"] for cookie in kept}
        provider.stop()
        changes = {
            "OauthHMAC": session["OauthHMAC"][:-4] + "AAA=", "OauthExpires": str(int(session["OauthExpires"]) + 86_400),
            "BearerToken": session["BearerToken"][:-8] + "AAAAAAAA", "RefreshToken": session["RefreshToken"][:-8] + "AAAAAAAA"}
        for name, value in changes.items():
            restore(chromium, edge, kept)
            assert is_served(chromium, edge) and answer(chromium)[0] == 200, "as they were they are a session"
            restore(chromium, edge, kept, **{name: value})
            assert not is_served(chromium, edge), name
    finally:
        stopped(edge)
        provider.stop()


def test_a_session_ends_with_its_token_unless_it_can_be_renewed(chromium, platform, tmp_path):
    provider = Provider(tmp_path / "brief", minutes=1).start()
    edge = edge_of(platform, provider, tmp_path, "browser-brief", {"url": provider.url + "/.well-known/jwks.json"})
    other = browser.driver(tmp_path / "other")
    try:
        for one in (chromium, other):
            sign_in(one, edge)
            assert answer(one)[0] == 200
        kept = forget_provider(other, edge)
        session = {cookie["name"]: cookie["value"] for cookie in kept}
        time.sleep(max(0, int(session["OauthExpires"]) - time.time()) + 6)
        chromium.get(edge.url + PAGE)
        assert chromium.current_url == edge.url + PAGE and answer(chromium)[0] == 200
        assert chromium.get_cookie("BearerToken")["value"] != session["BearerToken"], "another token"
        # With nobody there who could renew it, a session whose time is over is none, whatever its cookies say.
        provider.stop()
        restore(other, edge, kept)
        assert not is_served(other, edge)
    finally:
        other.quit()
        stopped(edge)
        provider.stop()


def test_a_token_of_another_signature_reaches_no_service(chromium, platform, provider, tmp_path):
    """Envoy takes what the provider gives; the gateway holds it against keys of the same name that are not the provider's."""
    keys = provider.keys()
    other = rsa.generate_private_key(65_537, 2048).public_key().public_numbers().n
    for key in keys["keys"]:
        key["n"] = base64.urlsafe_b64encode(other.to_bytes(256, "big")).rstrip(b"=").decode()
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    edge = edge_of(platform, provider, tmp_path, "browser-forged", {"file": str(tmp_path / "keys.json")})
    try:
        sign_in(chromium, edge)
        status, problem = answer(chromium)
        assert status == 401 and problem["type"].endswith("/unauthorized")
    finally:
        stopped(edge)
