"""The JSON Schema test suite: draft 2020-12 whole, and of draft 4 what OpenAPI 3.0 has.

Every schema of the required tests is understood, and every value is judged as the suite says. What is judged otherwise is listed
with its reason.
"""

import json

from probe import ask, data

REMOTE = "http://localhost:1234"


def remotes(folder, draft):
    base = folder / "remotes"
    paths = sorted((base / draft).rglob("*.json"))
    # The older drafts share documents of no draft.
    paths += sorted(base.glob("*.json")) + sorted(base.glob("baseUri*/*.json"))
    return {f"{REMOTE}/{path.relative_to(base)}": json.loads(path.read_text()) for path in paths}


def judge(folder, draft, files, dialect, **options):
    """Each test of the files: its file, group and name, what is expected, and the probe's answer."""
    known = remotes(folder, draft)
    cases, questions = [], []
    for file in sorted((folder / "tests" / draft).glob(files)):
        for group in json.loads(file.read_text()):
            needs = known if REMOTE in json.dumps(group["schema"]) else {}
            asked = {"op": "schema", "dialect": dialect, "schema": group["schema"], "remotes": needs} | options
            for test in group["tests"]:
                cases.append((file.stem, group["description"], test["description"], test["valid"]))
                questions.append(asked | {"instance": test["data"]})
    return list(zip(cases, ask(questions)))


def check(title, judged, exceptions):
    """Prints passed/total. Whatever fails must be an exception, and every exception must still fail."""
    failed = [(case, answer) for case, answer in judged if answer.get("valid") != case[3]]
    refused = sum("refused" in answer for _, answer in failed)
    print(f"{title}: {len(judged) - len(failed)}/{len(judged)} passed, {refused} refused")
    excepted = {(file, group) for groups in exceptions.values() for file, group in groups}
    assert [(case, answer) for case, answer in failed if case[:2] not in excepted] == []
    assert excepted - {case[:2] for case, _ in failed} == set(), "exceptions that pass now"


def test_draft_2020_12():
    judged = judge(data("json-schema"), "draft2020-12", "*.json", "2020-12")
    assert len(judged) == 1299
    check("draft2020-12, required", judged, {})


# Optional tests that are not passed, by reason.
OPTIONAL_EXCEPTIONS = {
    "only 2020-12 is implemented; a schema of another draft is refused, not guessed at": [
        ("cross-draft", "refs to historic drafts are processed as historic drafts"),
    ],
}


def test_draft_2020_12_optional():
    judged = judge(data("json-schema"), "draft2020-12", "optional/*.json", "2020-12")
    check("draft2020-12, optional", judged, OPTIONAL_EXCEPTIONS)


def test_formats():
    judged = judge(data("json-schema"), "draft2020-12", "optional/format/*.json", "2020-12", formats=True)
    check("draft2020-12, optional/format", judged, {})


# Draft 4 in the dialect of OpenAPI 3.0, by what the schema object of OpenAPI 3.0 does otherwise.
OAS30_EXCEPTIONS = {
    "items is one schema, never a list, and there is no additionalItems: refused": [
        ("additionalItems", "additionalItems as schema"),
        ("additionalItems", "array of items with no additionalItems permitted"),
        ("additionalItems", "additionalItems are allowed by default"),
        ("additionalItems", "additionalItems does not look in applicators, invalid case"),
        ("additionalItems", "items validation adjusts the starting index for additionalItems"),
        ("additionalItems", "additionalItems with heterogeneous array"),
        ("items", "an array of schemas for items"),
        ("items", "items and subitems"),
        ("items", "array-form items with null instance elements"),
        ("ref", "relative pointer ref to array"),
        ("uniqueItems", "uniqueItems with an array of items"),
        ("uniqueItems", "uniqueItems with an array of items and additionalItems=false"),
        ("uniqueItems", "uniqueItems=false with an array of items"),
        ("uniqueItems", "uniqueItems=false with an array of items and additionalItems=false"),
    ],
    "there is no type null, but nullable: refused": [
        ("additionalProperties", "additionalProperties with null valued instance properties"),
        ("allOf", "allOf with base schema"),
        ("allOf", "nested allOf, to check validation semantics"),
        ("anyOf", "nested anyOf, to check validation semantics"),
        ("items", "items with null instance elements"),
        ("oneOf", "nested oneOf, to check validation semantics"),
        ("properties", "properties with null valued instance properties"),
        ("type", "null type matches only the null object"),
    ],
    "type is one name, never a list: refused": [
        ("not", "not multiple types"),
        ("type", "multiple types can be specified in an array"),
        ("type", "type as array with one item"),
        ("type", "type: array or object"),
        ("type", "type: array, object or null"),
    ],
    "there is no patternProperties: ignored with a warning": [
        ("additionalProperties", "additionalProperties being false does not allow other properties"),
        ("additionalProperties", "non-ASCII pattern with additionalProperties"),
        ("patternProperties", "patternProperties validates properties matching a regex"),
        ("patternProperties", "multiple simultaneous patternProperties are validated"),
        ("patternProperties", "regexes are not anchored by default and are case sensitive"),
        ("properties", "properties, patternProperties, additionalProperties interaction"),
    ],
    "there is no dependencies: ignored with a warning": [
        ("dependencies", "dependencies"),
        ("dependencies", "multiple dependencies"),
        ("dependencies", "multiple dependencies subschema"),
        ("dependencies", "dependencies with escaped characters"),
        ("dependencies", "dependent subschema incompatible with root"),
    ],
    "there is no id; references are relative to the document they stand in: refused where nothing is found": [
        ("ref", "$ref prevents a sibling id from changing the base uri"),
        ("ref", "Recursive references between schemas"),
        ("ref", "Location-independent identifier"),
        ("ref", "Location-independent identifier with base URI change in subschema"),
        ("ref", "id must be resolved against nearest parent, not just immediate parent"),
        ("refRemote", "base URI change"),
        ("refRemote", "base URI change - change folder"),
        ("refRemote", "base URI change - change folder in subschema"),
        ("refRemote", "root ref in remote ref"),
        ("refRemote", "Location-independent identifier in remote ref"),
    ],
    "the metaschema of draft 4 is not known: refused": [
        ("definitions", "validate definition against metaschema"),
        ("ref", "remote ref, containing refs itself"),
    ],
}


def test_draft_4_as_openapi_3_0():
    judged = judge(data("json-schema"), "draft4", "*.json", "oas3.0")
    check("draft4 as OpenAPI 3.0", judged, OAS30_EXCEPTIONS)
