"""What every problem document must be."""

import re

BASE = "https://septemcore.com/problems/"


def assert_problem(response, status, slug, instance=None):
    assert response.status == status, response
    assert response.header("content-type").split(";")[0] == "application/problem+json", response
    document = response.json()
    assert document["type"] == BASE + slug, document
    assert document["status"] == status, document
    assert document["title"] == response.reason, document
    assert document["detail"], document
    assert re.fullmatch(r"[0-9a-f]{32}", document["traceId"]) and set(document["traceId"]) != {"0"}, document
    if instance is not None:
        assert document["instance"] == instance, document
    return document
