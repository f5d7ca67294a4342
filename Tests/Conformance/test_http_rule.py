"""`google.api.http`: templates and requests recorded from the reference implementation."""

import json

from probe import ask, data

# Tests of the reference that did not look at the verb; the data says "" where the grammar says "verb".
VERB_NOT_CHECKED = {"CustomVerbTests"}
# A test of the reference that looked at the verb alone; the data says no variables for `/a/{b=*}/**:verb`.
VARIABLES_NOT_CHECKED = {"ParseVerbTest4"}
# Its path is built in a loop; the data kept only the beginning, twice, with two different outcomes.
NOT_REPEATABLE = {"WildCardMatchesManyWithoutStackOverflow"}
# The data gives `%2B+%20` as "+ ", one space short of what it encodes.
BINDINGS_MISCOPIED = {"QueryParameterUnescapePlus"}


def rows(name):
    return [json.loads(line) for line in (data("http-rule") / name).read_text().splitlines()]


def test_templates():
    wanted = rows("http-rule-templates.jsonl")
    answers = ask([{"op": "template", "template": row["template"]} for row in wanted])
    wrong = []
    for row, answer in zip(wanted, answers):
        checks = [("valid", True)]
        if row["valid"]:
            checks += [("segments", True), ("verb", row["test"] not in VERB_NOT_CHECKED)]
            checks += [("variables", row["test"] not in VARIABLES_NOT_CHECKED)]
        wrong += [(row["test"], row["template"], name, answer.get(name)) for name, counts in checks
                  if counts and answer.get(name) != row[name]]
    print(f"{len(wanted)} templates, {len(wrong)} differ")
    assert not wrong


def test_paths():
    wanted = [row for row in rows("http-rule-paths.jsonl") if row["test"] not in NOT_REPEATABLE]
    answers = ask([question(row) for row in wanted])
    wrong = []
    for row, answer in zip(wanted, answers):
        if "invalid_template" in row:
            if answer["valid"]:
                wrong.append((row["test"], row["invalid_template"]))
            continue
        if answer.get("match") != row["want"]:
            wrong.append((row["test"], row["path"], answer))
        bindings = [[binding["field"], binding["value"]] for binding in answer.get("bindings", [])]
        if row["want"] and row["bindings"] is not None and row["test"] not in BINDINGS_MISCOPIED and bindings != row["bindings"]:
            wrong.append((row["test"], row["path"], bindings, row["bindings"]))
    print(f"{len(wanted)} requests, {len(wrong)} differ")
    assert not wrong


def question(row):
    if "invalid_template" in row:
        return {"op": "template", "template": row["invalid_template"]}
    return {"op": "route"} | {name: row[name] for name in ("routes", "method", "path", "query", "options")}
