"""The ten-minute tour of the README, as a client sees it."""

import hashlib
import os

import pytest

from problems import assert_problem
from wire import once

CONTACTS = "/api/v1/data/crm/contacts"
JSON = {"Content-Type": "application/json"}


def test_lists_the_contacts_of_the_crm_module(call, admin):
    answer = call("GET", CONTACTS, admin)
    assert answer.status == 200, answer
    assert answer.header("content-type").startswith("application/json")
    records = answer.json()["records"]
    assert "Ada Lovelace" in [record["data"]["name"] for record in records]
    assert all(record["module"] == "crm" and record["model"] == "contacts" for record in records)
    assert records[0]["version"] == "1", "64-bit integers are strings in proto3 JSON"


def test_creates_reads_changes_and_removes_a_contact(call, admin):
    created = call("POST", CONTACTS + "?id=alan", admin | JSON, b'{"name":"Alan Turing","email":"alan@example.com"}')
    assert created.status == 200, created
    record = created.json()
    assert (record["id"], record["version"], record["data"]["name"]) == ("alan", "1", "Alan Turing")

    read = call("GET", CONTACTS + "/alan", admin)
    assert read.status == 200 and read.json() == record

    changed = call("PATCH", CONTACTS + "/alan", admin | JSON, b'{"company":"Bletchley Park","email":null}')
    assert changed.status == 200, changed
    assert changed.json()["data"] == {"name": "Alan Turing", "company": "Bletchley Park"}
    assert changed.json()["version"] == "2"

    removed = call("DELETE", CONTACTS + "/alan", admin)
    assert removed.status == 200 and removed.json() == {}, removed
    assert_problem(call("GET", CONTACTS + "/alan", admin), 404, "not-found", CONTACTS + "/alan")


def test_walks_through_pages(call, admin):
    for number in range(5):
        answer = call("POST", f"/api/v1/data/crm/notes?id=note-{number}", admin | JSON, b'{"text":"%d"}' % number)
        assert answer.status == 200, answer
    seen, token = [], ""
    for _ in range(3):
        page = call("GET", f"/api/v1/data/crm/notes?pageSize=2&pageToken={token}", admin).json()
        seen += [record["id"] for record in page["records"]]
        token = page.get("nextPageToken", "")
    assert seen == [f"note-{number}" for number in range(5)] and token == ""


def test_filters_by_a_repeated_query_parameter(call, admin):
    page = call("GET", CONTACTS + "?filter=name%3DGrace+Hopper&filter=email%3Dgrace@example.com", admin).json()
    assert [record["id"] for record in page["records"]] == ["grace"]


def test_tenants_do_not_see_each_other(call, platform):
    globex = {"Authorization": f"Bearer {platform.token('admin@globex')}"}
    answer = call("GET", CONTACTS, globex)
    assert answer.status == 200 and answer.json().get("records", []) == []


@pytest.mark.parametrize("forged", ["X-Tenant-ID", "x-tenant-id", "X-TENANT-ID"])
def test_a_client_cannot_choose_its_tenant(call, platform, forged):
    globex = {"Authorization": f"Bearer {platform.token('admin@globex')}", forged: "acme", "X-User-Roles": "admin"}
    assert call("GET", CONTACTS, globex).json().get("records", []) == []


def test_a_second_record_of_the_same_id_is_a_conflict(call, admin):
    answer = call("POST", CONTACTS + "?id=ada", admin | JSON, b'{"name":"Another Ada"}')
    assert answer.status == 409, answer
    document = answer.json()
    assert document["status"] == 409 and document["reason"] == "RECORD_EXISTS", document
    assert document["domain"] == "data.septemcore.com"


def test_a_stale_version_is_a_conflict(call, admin):
    answer = call("PATCH", CONTACTS + "/ada?expectedVersion=99", admin | JSON, b'{"x":1}')
    assert answer.status == 409 and answer.json()["reason"] == "VERSION_MISMATCH", answer


def test_a_body_against_the_schema_is_refused_with_the_field(call, admin):
    answer = call("POST", CONTACTS, admin | JSON, b'{"email":"nobody@example.com"}')
    document = assert_problem(answer, 400, "validation-failed", CONTACTS)
    assert document["errors"], document


def test_a_service_field_violation_becomes_an_error_entry(call, admin):
    answer = call("GET", "/api/v1/data/crm/things?filter=nonsense", admin)
    assert answer.status == 400, answer
    assert "filter" in [error.get("field") for error in answer.json()["errors"]], answer


def test_files_go_up_and_come_down(call, admin):
    content = os.urandom(300_000)
    stored = call("PUT", "/api/v1/files/tour.bin", admin, content)
    assert stored.status in (200, 201), stored
    assert stored.json()["size"] == len(content)

    whole = call("GET", "/api/v1/files/tour.bin", admin)
    assert whole.status == 200 and whole.body == content

    head = call("HEAD", "/api/v1/files/tour.bin", admin)
    assert head.status == 200 and head.header("content-length") == str(len(content)) and head.body == b""

    part = call("GET", "/api/v1/files/tour.bin", admin | {"Range": "bytes=100-199"})
    assert part.status == 206 and part.body == content[100:200]
    assert part.header("content-range") == f"bytes 100-199/{len(content)}"

    beyond = call("GET", "/api/v1/files/tour.bin", admin | {"Range": "bytes=400000-"})
    assert beyond.status == 416 and beyond.header("content-range") == f"bytes */{len(content)}"

    same = call("GET", "/api/v1/files/tour.bin", admin | {"If-None-Match": whole.header("etag")})
    assert same.status == 304 and same.body == b""

    assert "tour.bin" in [file["name"] for file in call("GET", "/api/v1/files", admin).json()["files"]]
    assert call("DELETE", "/api/v1/files/tour.bin", admin).status == 204
    assert call("GET", "/api/v1/files/tour.bin", admin).status == 404


def test_a_post_names_its_file_in_the_query(call, admin):
    stored = call("POST", "/api/v1/files?name=posted.txt", admin | {"Content-Type": "text/plain"}, b"hello")
    assert stored.status in (200, 201), stored
    assert call("GET", "/api/v1/files/posted.txt", admin).body == b"hello"


def test_without_a_token(call):
    answer = call("GET", CONTACTS)
    assert_problem(answer, 401, "unauthorized", CONTACTS)
    assert answer.header("www-authenticate").startswith("Bearer")


def test_a_path_nobody_serves(call, admin):
    assert_problem(call("GET", "/api/v1/nowhere", admin), 404, "not-found", "/api/v1/nowhere")


def test_a_method_the_path_does_not_have(call, admin):
    answer = call("PUT", CONTACTS, admin, b"{}")
    assert_problem(answer, 405, "method-not-allowed", CONTACTS)
    assert {"GET", "POST"} <= {method.strip() for method in answer.header("allow").split(",")}


def test_live_and_ready_ask_for_nothing(call):
    for path, body in (("/live", {"status": "ok"}), ("/livez", {"status": "ok"}),
                       ("/ready", {"status": "ready"}), ("/readyz", {"status": "ready"})):
        answer = call("GET", path)
        assert answer.status == 200 and answer.json() == body, (path, answer)


def test_health_wants_an_admin(call, admin, member):
    assert_problem(call("GET", "/health"), 401, "unauthorized", "/health")
    assert_problem(call("GET", "/health", member), 403, "forbidden", "/health")
    answer = call("GET", "/health", admin)
    assert answer.status in (200, 207), answer
    report = answer.json()
    assert set(report) >= {"status", "version", "uptime", "components"}, report
    assert all(set(part) >= {"status", "latencyMs"} for part in report["components"].values()), report


def test_a_member_may_read_and_not_write(call, member):
    assert call("GET", CONTACTS, member).status == 200
    answer = call("POST", CONTACTS, member | JSON, b'{"name":"Not allowed"}')
    assert_problem(answer, 403, "forbidden", CONTACTS)


def test_metrics_are_on_the_admin_listener_only(platform, call):
    answer = once(platform.gateway.admin_port, "GET", "/metrics")
    assert answer.status == 200 and answer.header("content-type").startswith("text/plain"), answer
    assert b"# TYPE" in answer.body
    assert call("GET", "/metrics").status == 404


def test_trace_context_comes_in_and_goes_out(call):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = call("GET", "/api/v1/nowhere", {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert answer.json()["traceId"] == trace
    echo = call("GET", "/api/v1/lab/echo", {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "tracestate": "a=1,b=2"})
    sent = {name.lower(): value for name, value in echo.json()["headers"]}
    version, same, parent, flags = sent["traceparent"].split("-")
    assert (version, same, flags) == ("00", trace, "01") and parent != "00f067aa0ba902b7"
    assert sent["tracestate"] == "a=1,b=2"


def test_a_bad_traceparent_starts_a_new_trace(call):
    answer = call("GET", "/api/v1/nowhere", {"traceparent": "00-" + "0" * 32 + "-00f067aa0ba902b7-01"})
    assert set(answer.json()["traceId"]) != {"0"}


def test_the_same_bytes_come_back_whatever_their_size(call):
    for size in (0, 1, 16 * 1024 - 1, 16 * 1024, 1_000_003):
        content = os.urandom(size)
        report = call("POST", "/api/v1/lab/echo", {}, content).json()
        assert (report["length"], report["sha256"]) == (size, hashlib.sha256(content).hexdigest())
