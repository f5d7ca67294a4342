"""Styles of OpenAPI parameters, from the tests of an independent implementation."""

import json

from probe import ask, data

# The reference hands a value in a style it does not know on with a warning. A document with such a style is refused here.
REFUSED_STYLE = {"test_unsupported", "test_combination_not_available"}
# The reference looks these up in what a framework parsed and does not find them. Here the document is refused for a style its
# location does not have, or the parameter is missing or not written in its style.
ABSENT = {"test_name_not_found"}
# The data names the location alone; these are the values of the specification's table of styles.
COLOR = {"R": "100", "G": "200", "B": "150"}
FORM = [
    (False, "string", ["param=blue"], "blue"), (True, "string", ["param=blue"], "blue"),
    (False, "array", ["param=blue,black,brown"], ["blue", "black", "brown"]),
    (True, "array", ["param=blue", "param=black", "param=brown"], ["blue", "black", "brown"]),
    (False, "object", ["param=R,100,G,200,B,150"], COLOR), (True, "object", ["R=100", "G=200", "B=150"], COLOR),
]


def question(location, style, explode, kind, raw):
    return {"op": "param", "in": location, "name": "param", "style": style, "explode": explode,
            "schema": {"type": kind}, "raw": raw}


def cases(row):
    """The questions of a row, each with the value it has to be read as; None where there must be an error."""
    test = row["test"]
    location = row.get("location_name") or row.get("in")
    if test == "test_form_valid":
        separator = "&" if location == "query" else "; "
        return [(question(location, "form", explode, kind, separator.join(pairs)), expected)
                for explode, kind, pairs, expected in FORM]
    if test in REFUSED_STYLE | ABSENT:
        raw = row.get("value", "") if "value" in row else "&".join(f"{name}={value}" for name, value in row["location"].items())
        return [(question(location, row["style"], row.get("explode", True), row.get("schema_type", "string"), raw), None)]
    raw = row["value"] if "value" in row else next(iter(row["location"].values()))
    if location == "query":
        raw = f"param={raw}"
    style = row.get("style", "simple")
    return [(question(location, style, row["explode"], row["schema_type"], raw), row["expected"])]


def test_styles():
    rows = [json.loads(line) for line in (data("openapi-styles") / "openapi-styles.jsonl").read_text().splitlines()]
    wanted = [case for row in rows for case in cases(row)]
    answers = ask([question for question, _ in wanted])
    wrong = [(question, answer) for (question, expected), answer in zip(wanted, answers)
             if ("error" not in answer if expected is None else answer.get("value") != expected)]
    print(f"{len(wanted)} values of {len(rows)} rows, {len(wrong)} differ")
    assert not wrong
