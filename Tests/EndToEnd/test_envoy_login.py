"""Login of browsers through a real Envoy: to the provider, back with tokens in cookies, on to the gateway, and out."""

import base64
import hashlib
import http.server
import json
import threading
import urllib.parse

import pytest

from envoy_server import Envoy, with_edge
from problems import assert_problem
from wire import once

CONTACTS = "/api/v1/data/crm/contacts"
CLIENT, SECRET = "septem", "s3cret of the client"


class Provider:
    """The two endpoints that Envoy needs of a provider, for a user of the platform."""

    def __init__(self, token):
        self.codes, self.asked = {}, []
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                provider.asked.append(form)
                status, answer = provider.trade(form, self.headers.get("Authorization", ""), token)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def authorize(self, location):
        """What a browser is sent back to after its user logged in."""
        url = urllib.parse.urlsplit(location)
        asked = dict(urllib.parse.parse_qsl(url.query))
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT and asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        back = urllib.parse.urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urllib.parse.urlencode({'code': code, 'state': asked['state']})}"

    def trade(self, form, authorization, token):
        given = base64.b64encode(f"{CLIENT}:{urllib.parse.quote_plus(SECRET)}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization not in (f"Basic {given}", f"Basic {plain}"):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code"), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Browser:
    """Keeps cookies and follows nothing."""

    def __init__(self, port):
        self.port = port
        self.cookies = {}

    def get(self, path, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = once(self.port, "GET", path, headers)
        for line in answer.all("set-cookie"):
            name, value = line.split(";")[0].split("=", 1)
            if value and value != "deleted":
                assert {"httponly", "secure"} <= {part.strip().lower() for part in line.split(";")}, line
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer


@pytest.fixture(scope="module")
def edge(platform, tmp_path_factory):
    folder = tmp_path_factory.mktemp("login")
    (folder / "secret").write_text(SECRET + "\n")
    (folder / "cookies").write_text("0123456789abcdef0123456789abcdef\n")
    provider = Provider(platform.token("admin@acme"))
    login = {
        "paths": [CONTACTS], "authorization_endpoint": provider.url + "/authorize", "token_endpoint": provider.url + "/token",
        "end_session_endpoint": provider.url + "/end", "client_id": CLIENT, "client_secret_file": str(folder / "secret"),
        "cookie_key_file": str(folder / "cookies"),
    }
    with platform.gateways(["login"], lambda configuration: with_edge(configuration, login=login)) as (gateway,):
        envoy = Envoy(gateway, "login-envoy").start()
        envoy.provider = provider
        yield envoy
        envoy.stop()
    provider.stop()


def login(edge, path=CONTACTS):
    browser = Browser(edge.port)
    first = browser.get(path)
    assert first.status == 302 and first.header("location").startswith(edge.provider.url + "/authorize?")
    back = browser.get(edge.provider.authorize(first.header("location")))
    return browser, back


def test_a_browser_logs_in_and_is_whom_the_provider_says(edge):
    browser, back = login(edge, CONTACTS + "?pageSize=1")
    assert back.status == 302 and urllib.parse.urlsplit(back.header("location"))[2:4] == (CONTACTS, "pageSize=1")
    answer = browser.get(CONTACTS)
    assert answer.status == 200 and answer.json()["records"]
    # Nobody else is logged in by it, and a session of others' making is none.
    assert Browser(edge.port).get(CONTACTS).status == 302
    thief = Browser(edge.port)
    thief.cookies = {name: value[:-2] + "AA" for name, value in browser.cookies.items()}
    assert thief.get(CONTACTS).status == 302


def test_the_session_ends(edge):
    browser, _ = login(edge)
    assert browser.get(CONTACTS).status == 200
    out = browser.get("/oauth2/logout")
    assert out.status == 302
    assert browser.get(CONTACTS).status == 302


def test_a_code_is_not_taken_twice_nor_from_elsewhere(edge):
    browser, other = Browser(edge.port), Browser(edge.port)
    back = edge.provider.authorize(browser.get(CONTACTS).header("location"))
    edge.provider.authorize(other.get(CONTACTS).header("location"))
    assert other.get(back).status == 401, "a state of another browser"
    assert browser.get(back).status == 302
    assert Browser(edge.port).get(back).status == 401
    assert_problem(Browser(edge.port).get("/oauth2/callback"), 401, "unauthorized")


def test_those_with_tokens_and_other_paths_pass_untouched(edge, admin):
    assert once(edge.port, "GET", CONTACTS, admin).status == 200
    assert_problem(once(edge.port, "GET", CONTACTS, {"Authorization": "Bearer a.b.c"}), 401, "unauthorized")
    assert once(edge.port, "GET", "/api/v1/lab/echo").status == 200
    assert once(edge.port, "GET", "/live").status == 200
    assert_problem(once(edge.port, "GET", "/nowhere"), 404, "not-found")
    assert_problem(once(edge.port, "GET", "/api/v1/files"), 401, "unauthorized")


def test_what_a_script_asks_for_is_refused_and_not_redirected(edge):
    answer = Browser(edge.port).get(CONTACTS, Sec_Fetch_Mode="cors")
    assert_problem(answer, 401, "unauthorized", CONTACTS)
