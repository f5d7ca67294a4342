"""Requests and answers of an HTTP service held to its document, on every way a body can come."""

import hashlib
import json
import subprocess
import urllib.parse

import pytest
import yaml

from conftest import document, service_entry
from h2wire import H2Wire
from problems import assert_problem
from rig import BIN, Gateway, free_port
from wire import Wire

ITEM = {
    "type": "object", "required": ["id"], "additionalProperties": False,
    "properties": {"id": {"type": "integer"}, "name": {"type": "string", "maxLength": 8}, "tags": {"type": "array"}},
}
JSON = {"Content-Type": "application/json"}
GOOD, BAD = '{"id":1,"name":"x"}', '{"id":"value-of-it"}'
LARGEST = 4 << 20


def checked_document():
    answers = {
        "200": {
            "description": "The item.", "headers": {"X-Count": {"schema": {"type": "integer"}}},
            "content": {"application/json": {"schema": ITEM}, "application/octet-stream": {}}},
        "204": {"description": "Nothing."},
    }
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    scripted = {method: {"responses": answers} for method in ("get", "head")}
    echo = {"default": {"description": "What arrived."}}
    text = {"schema": {"type": "string"}}

    def form(**encoding):
        properties = {"age": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
                      "file": {"type": "string", "format": "binary"}}
        return {"schema": {"type": "object", "required": ["age"], "properties": properties}} | encoding

    def post(content, **more):
        return {"post": {"requestBody": {"content": content} | more, "responses": echo}}

    return document("checked", {
        "/enforced/{name}": {"parameters": [name], "x-validation": {"response": "enforce"}} | scripted,
        "/reported/{name}": {"parameters": [name]} | scripted,
        "/typed/{id}/echo": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                {"name": "sort", "in": "query", "required": True, "schema": {"enum": ["up", "down"]}},
                {"name": "ids", "in": "query", "explode": False, "schema": {"type": "array", "items": {"type": "integer"}}},
                {"name": "filter", "in": "query", "style": "deepObject", "schema": {
                    "type": "object", "properties": {"age": {"type": "integer"}}, "additionalProperties": False}},
                {"name": "X-Kind", "in": "header", "schema": {"enum": ["a", "b"]}},
                {"name": "session", "in": "cookie", "schema": text["schema"] | {"minLength": 4}}],
            "get": {"responses": echo}},
        "/form/echo": post({"application/x-www-form-urlencoded": form(), "multipart/form-data": form()}, required=True),
        "/json/echo": post({"application/json": {"schema": ITEM}, "application/vnd.items+json": {"schema": {"type": "array"}}}),
        "/any/echo": post({"application/octet-stream": {}}, required=True),
        "/seen/echo": {"x-validation": {"request": "report"}} | post({"application/json": {"schema": ITEM}}),
    }) | {"servers": [{"url": "/checked"}]}


@pytest.fixture(scope="module")
def gateway(platform, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checked")
    (folder / "checked.yaml").write_text(yaml.safe_dump(checked_document(), sort_keys=False))
    gateway = Gateway(folder, {
        "listen": {"host": "127.0.0.1", "port": free_port()}, "admin": {"host": "127.0.0.1", "port": free_port()},
        "loops": 1, "rate_limits": {"user": "off", "address": "off"}, "batch": {"enabled": False},
        "services": [service_entry("checked", "http", platform.lab.port, folder) | {"breaker": {"enabled": False}}],
    }).start()
    yield gateway
    gateway.stop()


@pytest.fixture
def client(gateway):
    with Wire(gateway.port) as wire:
        yield wire


def drift(gateway):
    """Rows of the drift report by operation, status, field, pointer and code."""
    answer = subprocess.run(
        [BIN / "gateway", "drift", "--admin", f"http://127.0.0.1:{gateway.admin_port}", "--output", "json"],
        capture_output=True, text=True, timeout=20)
    assert "value-of-it" not in answer.stdout
    return {
        (row["operation"], row.get("status"), row["field"], row["pointer"], row["code"]): row["count"]
        for row in json.loads(answer.stdout)["drift"]}


def scripted(client, mode, parts, method="GET"):
    return client.request(method, f"/checked/{mode}/scripted", {"X-Script": json.dumps(parts)})


def framings(body, fields=""):
    """The same answer in every way it can be framed and cut."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{fields}"
    sized = f"{head}Content-Length: {len(body)}\r\n\r\n"
    middle = len(body) // 2
    chunks = [f"{len(part):x}\r\n{part}\r\n" for part in (body[:middle], body[middle:])]
    chunked = f"{head}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    return {
        "at-once": [sized + body], "cut": [sized + body[:middle], body[middle:]], "head-first": [sized, body],
        "byte-wise": [sized, *body], "chunked": [chunked, *chunks, "0\r\nX-Sum: 7\r\n\r\n"],
        "chunked-at-once": [chunked + "".join(chunks) + "0\r\nX-Sum: 7\r\n\r\n"],
        "until-close": [head + "\r\n" + body, None],
    }


FRAMINGS = list(framings(GOOD))


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("mode", ["enforced", "reported"])
def test_an_answer_that_fits_arrives_as_it_was_sent(client, mode, framing):
    answer = scripted(client, mode, framings(GOOD, "X-Count: 3\r\n")[framing])
    assert answer.status == 200 and answer.body == GOOD.encode() and answer.header("x-count") == "3", answer
    assert answer.header("content-type") == "application/json"
    if "chunked" in framing:
        assert answer.trailers == [("x-sum", "7")] or answer.trailers == [("X-Sum", "7")]
    assert scripted(client, mode, framings(GOOD)["at-once"]).status == 200, "the connection goes on"


@pytest.mark.parametrize("framing", FRAMINGS)
def test_an_answer_that_does_not_fit_is_refused_where_that_is_wanted(gateway, client, framing):
    before = drift(gateway)
    answer = scripted(client, "enforced", framings(BAD)[framing])
    problem = assert_problem(answer, 502, "upstream-response-invalid", "/checked/enforced/scripted")
    assert b"value-of-it" not in answer.body and b"/id" not in answer.body and "errors" not in problem
    assert scripted(client, "enforced", framings(GOOD)[framing]).status == 200, "the connection goes on"
    key = ("checked.GET /enforced/{name}", 200, "body", "/id", "type")
    assert drift(gateway)[key] == before.get(key, 0) + 1, "and it is noted"


@pytest.mark.parametrize("framing", FRAMINGS)
def test_an_answer_that_does_not_fit_passes_where_it_is_only_reported(gateway, client, framing):
    key = ("checked.GET /reported/{name}", 200, "body", "/id", "type")
    before = drift(gateway).get(key, 0)
    answer = scripted(client, "reported", framings(BAD)[framing])
    assert answer.status == 200 and answer.body == BAD.encode()
    assert drift(gateway)[key] == before + 1


@pytest.mark.parametrize("framing", FRAMINGS)
def test_clients_of_http2_get_the_same(gateway, framing):
    with H2Wire(gateway.port) as wire:
        for script, status in ((GOOD, 200), (BAD, 502), (GOOD, 200)):
            answer = wire.request(
                "GET", "/checked/enforced/scripted", {"x-script": json.dumps(framings(script)[framing])})
            assert answer.status == status, answer
            assert (answer.body == GOOD.encode()) == (status == 200)


OTHERS = [
    ("201 Created", "application/json", GOOD, ("status", "", "undeclared")),
    ("200 OK", "text/html", "<p>value-of-it</p>", ("header.Content-Type", "", "undeclared")),
    ("200 OK", "application/json\r\nX-Count: value-of-it", GOOD, ("header.X-Count", "", "type")),
    ("200 OK", "application/json", "no json", ("body", "", "invalid-json")),
    ("500 Internal Server Error", "text/plain", "stack trace", ("status", "", "undeclared")),
]


@pytest.mark.parametrize("status, kind, body, fault", OTHERS, ids=["status", "type", "header", "json", "failure"])
def test_status_media_type_and_headers_are_held_to_the_document_too(gateway, client, status, kind, body, fault):
    script = [f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n", body]
    assert_problem(scripted(client, "enforced", script), 502, "upstream-response-invalid")
    answer = scripted(client, "reported", script)
    assert answer.status == int(status[:3]) and answer.body == body.encode()
    assert drift(gateway)[("checked.GET /reported/{name}", int(status[:3]), *fault)] >= 1


def test_what_has_no_body_or_is_no_json_is_not_held_back(client):
    assert scripted(client, "enforced", ["HTTP/1.1 204 No Content\r\n\r\n"]).status == 204
    head = ["HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n"]
    answer = scripted(client, "enforced", head, "HEAD")
    assert answer.status == 200 and answer.header("content-length") == "999"
    bytes_ = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 4\r\n\r\n"
    assert scripted(client, "enforced", [bytes_, "\xff\x00", "\x01\x02"]).body == b"\xff\x00\x01\x02"
    problem = '{"type":"about:blank","title":"Gone","status":410}'
    kind = "application/problem+json"
    gone = f"HTTP/1.1 410 Gone\r\nContent-Type: {kind}\r\nContent-Length: {len(problem)}\r\n\r\n{problem}"
    answer = scripted(client, "enforced", [gone])
    assert answer.status == 410 and answer.json()["title"] == "Gone" and answer.json()["traceId"]


def test_a_service_that_breaks_off_what_is_held_back_makes_a_problem_and_no_torn_answer(client):
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    assert_problem(scripted(client, "enforced", [head + "Content-Length: 50\r\n\r\n{", None]), 502, "bad-gateway")
    chunked = head + "Transfer-Encoding: chunked\r\n\r\n"
    assert_problem(scripted(client, "enforced", [chunked + "1\r\n{\r\n", None]), 502, "bad-gateway")
    assert_problem(scripted(client, "enforced", [chunked + "1\r\n{\r\n", "zzz\r\n"]), 502, "bad-gateway")
    assert scripted(client, "enforced", framings(GOOD)["at-once"]).status == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_too_large_to_be_held_is_refused_or_passes_unseen(gateway, client, chunked):
    name = "x" * 8
    body = json.dumps({"id": 1, "name": name, "tags": ["t" * 1000] * (LARGEST // 1000 + 10)}, separators=(",", ":"))
    size = 1 << 16
    parts = [body[at:at + size] for at in range(0, len(body), size)]
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    if chunked:
        script = [head + "Transfer-Encoding: chunked\r\n\r\n"] + [f"{len(p):x}\r\n{p}\r\n" for p in parts] + ["0\r\n\r\n"]
    else:
        script = [f"{head}Content-Length: {len(body)}\r\n\r\n", *parts]
    for mode, status in (("enforced", 502), ("reported", 200)):
        with LargeScript(script) as port_script, Wire(gateway.port, timeout=30) as wire:
            answer = wire.request("GET", f"/checked/{mode}/{port_script}")
            assert answer.status == status, answer.status
            assert status != 200 or answer.body == body.encode()


class LargeScript:
    """A script too large for a header, put into the lab for the time of a test."""

    def __init__(self, parts):
        self.parts = parts

    def __enter__(self):
        from lab_upstream import LabUpstream, drain

        def behave(lab, connection, stream, head):
            drain(stream, head)
            try:
                for part in self.parts:
                    connection.sendall(part.encode())
            except OSError:
                return False

        LabUpstream.do_large_script = behave
        return "large-script"

    def __exit__(self, *_):
        from lab_upstream import LabUpstream

        del LabUpstream.do_large_script


PARAMETERS = [
    ("7/echo?sort=up", {}, None),
    ("7/echo?sort=down&ids=1,2&filter[age]=3&other=1", {"X-Kind": "a", "Cookie": "session=abcd"}, None),
    ("seven/echo?sort=up", {}, ("path.id", "", "type")),
    ("7/echo", {}, ("query.sort", "", "required")),
    ("7/echo?sort=sideways", {}, ("query.sort", "", "enum")),
    ("7/echo?sort=up&ids=1,x", {}, ("query.ids", "/1", "type")),
    ("7/echo?sort=up&filter[age]=old", {}, ("query.filter", "/age", "type")),
    ("7/echo?sort=up&filter[name]=x", {}, ("query.filter", "/name", "additionalProperties")),
    ("7/echo?sort=%zz", {}, ("query.sort", "", "percent-encoding")),
    ("7/echo?sort=up", {"X-Kind": "c"}, ("header.X-Kind", "", "enum")),
    ("7/echo?sort=up", {"Cookie": "session=abc"}, ("cookie.session", "", "minLength")),
]


@pytest.mark.parametrize("target, headers, fault", PARAMETERS)
def test_parameters(client, target, headers, fault):
    answer = client.request("GET", f"/checked/typed/{target}", headers)
    if fault is None:
        assert answer.status == 200, answer
        assert answer.json()["target"].endswith(target)
        return
    problem = assert_problem(answer, 400, "validation-failed")
    assert (problem["errors"][0]["field"], problem["errors"][0]["pointer"], problem["errors"][0]["code"]) == fault
    assert client.request("GET", "/checked/typed/7/echo?sort=up").status == 200, "the connection goes on"


def test_all_faults_of_parameters_are_told_at_once(client):
    problem = assert_problem(client.request("GET", "/checked/typed/x/echo?ids=y", {"X-Kind": "c"}), 400, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == ["path.id", "query.sort", "query.ids", "header.X-Kind"]


def multipart(*parts):
    lines = []
    for disposition, kind, content in parts:
        lines += [b"--limit", b"Content-Disposition: form-data; " + disposition, *([b"Content-Type: " + kind] if kind else []),
                  b"", content]
    return b"\r\n".join(lines + [b"--limit--", b""])


FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=limit"
FORMS = [
    (FORM, b"age=3&tags=a&tags=b", None), (FORM, b"tags=a", ("body", "", "required")),
    (FORM, b"age=three", ("body", "/age", "type")), (FORM, b"age=3&tags=a&tags=long", ("body", "/tags/1", "maxLength")),
    (MULTIPART, multipart((b'name="age"', None, b"3"), (b'name="file"; filename="a"', b"image/png", b"\x00\xff" * 9)), None),
    (MULTIPART, multipart((b'name="age"', None, b"three")), ("body", "/age", "type")),
    (MULTIPART, b"--limit\r\nno end", ("body", "", "invalid-multipart")),
    ("multipart/form-data", multipart((b'name="age"', None, b"3")), ("body", "", "invalid-multipart")),
]


@pytest.mark.parametrize("kind, body, fault", FORMS)
def test_forms(client, kind, body, fault):
    answer = client.request("POST", "/checked/form/echo", {"Content-Type": kind}, body)
    if fault is None:
        assert answer.status == 200 and answer.json()["sha256"] == hashlib.sha256(body).hexdigest(), "it arrives byte for byte"
        return
    problem = assert_problem(answer, 400, "validation-failed")
    assert tuple(problem["errors"][0][key] for key in ("field", "pointer", "code")) == fault


def test_each_media_type_has_its_schema(client, gateway):
    def post(kind, body, path="json", **more):
        with Wire(gateway.port) as wire:
            return wire.request("POST", f"/checked/{path}/echo", ({"Content-Type": kind} if kind else {}) | more, body)

    assert post("application/json; charset=utf-8", GOOD.encode()).status == 200
    assert post("application/vnd.items+json", b"[1]").status == 200
    assert_problem(post("application/vnd.items+json", GOOD.encode()), 400, "validation-failed")
    assert_problem(post("application/other+json", b"[]"), 415, "unsupported-media-type")
    assert_problem(post(None, GOOD.encode()), 415, "unsupported-media-type")
    assert_problem(post("application/json", GOOD.encode(), **{"Content-Encoding": "gzip"}), 415, "unsupported-media-type")
    assert_problem(post("text/plain", b"x", "any"), 415, "unsupported-media-type")
    assert post(None, b"x", "any").status == 200, "no media type is application/octet-stream"
    assert client.request("POST", "/checked/json/echo", {"Content-Length": "0"}).status == 200, "the body is optional"
    assert_problem(client.request("POST", "/checked/form/echo", {"Content-Length": "0"}), 400, "validation-failed")


def chunked(body, size=1 << 15):
    parts = [body[at:at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("size", [LARGEST - 100, LARGEST + (1 << 20)])
def test_a_body_that_is_only_looked_at_passes_whatever_its_size(gateway, size, is_chunked):
    body = b'{"id":"' + b"x" * (size - 9) + b'"}'
    with Wire(gateway.port, timeout=30) as wire:
        if is_chunked:
            wire.send(
                b"POST /checked/seen/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body))
            answer = wire.response()
        else:
            answer = wire.request("POST", "/checked/seen/echo", JSON, body)
        assert answer.status == 200 and answer.json()["length"] == len(body)
        assert answer.json()["sha256"] == hashlib.sha256(body).hexdigest()
        assert wire.request("POST", "/checked/seen/echo", JSON, GOOD.encode()).status == 200


def test_a_body_that_is_needed_and_not_looked_at_streams(gateway):
    body = bytes(range(256)) * (1 << 13)
    with Wire(gateway.port, timeout=30) as wire:
        wire.send(b"POST /checked/any/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body))
        assert wire.response().json()["sha256"] == hashlib.sha256(body).hexdigest()
        assert wire.request("POST", "/checked/any/echo", {}, body).json()["sha256"] == hashlib.sha256(body).hexdigest()
        assert_problem(wire.request("POST", "/checked/any/echo", {"Content-Length": "0"}), 400, "validation-failed")


def test_a_body_that_must_fit_and_is_too_large_is_refused(gateway):
    with Wire(gateway.port, timeout=30) as wire:
        answer = wire.request("POST", "/checked/json/echo", JSON | {"Expect": "100-continue", "Content-Length": str(LARGEST + 1)})
        assert_problem(answer, 413, "payload-too-large")


def test_what_is_only_reported_of_requests_is_noted_with_its_place(gateway, client):
    for body, kind in ((BAD, "application/json"), ("{", "application/json"), ("x", "text/plain")):
        assert client.request("POST", "/checked/seen/echo", {"Content-Type": kind}, body.encode()).status == 200
    found = {key[2:] for key in drift(gateway) if key[0] == "checked.POST /seen/echo"}
    assert {("body", "/id", "type"), ("body", "", "invalid-json"), ("header.Content-Type", "", "undeclared")} <= found


def test_a_query_that_is_not_described_is_let_be_or_refused(platform, tmp_path):
    (tmp_path / "checked.yaml").write_text(yaml.safe_dump(checked_document(), sort_keys=False))
    service = service_entry("checked", "http", platform.lab.port, tmp_path) | {"unknown_parameters": "refuse"}
    gateway = Gateway(tmp_path, {
        "listen": {"host": "127.0.0.1", "port": free_port()}, "admin": {"host": "127.0.0.1", "port": free_port()},
        "loops": 1, "services": [service]}).start()
    try:
        with Wire(gateway.port) as wire:
            problem = assert_problem(
                wire.request("GET", "/checked/typed/1/echo?sort=up&" + urllib.parse.urlencode({"änder": 1})), 400,
                "validation-failed")
            assert [(error["field"], error["code"]) for error in problem["errors"]] == [("query.änder", "unknown")]
    finally:
        gateway.stop()
