"""The JSON Schema test suite, draft 2020-12, required tests.

A schema the compiler does not understand is refused, never half understood; every schema it accepts must judge every value as
the suite says.
"""

import collections
import json

from probe import ask, data

# Groups whose schema is refused: `pattern`, `patternProperties`, `unevaluated*`, `$dynamicRef`, embedded `$id`, `$anchor`,
# references to anything but a pointer into the schema or a remote document named whole. Lower it when one of them is
# implemented; it never rises.
MOST_REFUSED_GROUPS = 144


def remotes(folder):
    base = folder / "remotes"
    return {f"http://localhost:1234/{path.relative_to(base)}": json.loads(path.read_text())
            for path in sorted((base / "draft2020-12").rglob("*.json"))}


def test_draft_2020_12():
    folder = data("json-schema")
    known = remotes(folder)
    cases, questions = [], []
    for file in sorted((folder / "tests" / "draft2020-12").glob("*.json")):
        for group in json.loads(file.read_text()):
            needs = known if "http://localhost:1234" in json.dumps(group["schema"]) else {}
            asked = {"op": "schema", "dialect": "2020-12", "schema": group["schema"], "remotes": needs}
            for test in group["tests"]:
                cases.append(((file.stem, group["description"]), test["description"], test["valid"]))
                questions.append(asked | {"instance": test["data"]})
    refused, failed, passed = collections.defaultdict(set), [], 0
    for ((file, group), name, valid), answer in zip(cases, ask(questions)):
        if "refused" in answer:
            refused[file].add(group)
        elif answer.get("valid") == valid:
            passed += 1
        else:
            failed.append((file, group, name, answer))
    count = sum(map(len, refused.values()))
    groups = len({case[0] for case in cases})
    print(f"{len(cases)} tests: {passed} passed, {len(failed)} failed, {len(cases) - passed - len(failed)} in {count} refused")
    print(f"groups of {groups}:", ", ".join(f"{file} {len(names)}" for file, names in refused.items()))
    assert not failed
    assert count <= MOST_REFUSED_GROUPS
