"""The schema compiler against Python's jsonschema on generated schemas and values.

SCHEMA_CASES=100000 runs as many; the number is small by default. Every case is a seed: a disagreement names the one that repeats it.
"""

import json
import os

from jsonschema import Draft202012Validator
from probe import ask
from schema_generator import Generator

CASES = int(os.environ.get("SCHEMA_CASES", "3000"))
VALUES_PER_SCHEMA = 10
SCHEMAS_PER_PROCESS = 1000


def case(seed):
    generator = Generator(seed)
    return generator.document(), [generator.value() for _ in range(VALUES_PER_SCHEMA)]


def disagreements(seeds):
    cases = [case(seed) for seed in seeds]
    answers = ask({"op": "schema", "schema": schema, "instances": values} for schema, values in cases)
    for seed, (schema, values), answer in zip(seeds, cases, answers):
        validator = Draft202012Validator(schema)
        for value, verdict in zip(values, answer.get("valid", [answer] * len(values))):
            expected = validator.is_valid(value)
            if verdict != expected:
                yield f"seed {seed}: {json.dumps(schema)} {json.dumps(value)}: expected {expected}, got {verdict}"


def test_agrees_with_jsonschema():
    seeds = range(0, max(1, CASES // VALUES_PER_SCHEMA))
    found, count = [], 0
    for start in range(0, len(seeds), SCHEMAS_PER_PROCESS):
        part = seeds[start:start + SCHEMAS_PER_PROCESS]
        count += len(part) * VALUES_PER_SCHEMA
        found += disagreements(part)
    print(f"{count} cases, {len(found)} disagreements")
    assert found[:3] == []
