"""The gateway's checks of JSON bodies beside orjson with jsonschema-rs and encoding/json with kin-openapi, by turns on the same texts.

usage: compare.py PROGRAM KIN-OPENAPI FOLDER [ROUNDS]      a table, and exit 1 when a median ratio is below its floor
       compare.py --write FOLDER                           only writes the texts and their schemas
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time

# What every size holds on a busy machine; the aims are 5 and 20.
RUST_FLOOR, GO_FLOOR = 3.5, 15
SECONDS_PER_TURN = 0.05
ORDERS_PER_PAGE = 118

MONEY = {
    "type": "object", "required": ["amount", "currency"], "additionalProperties": False,
    "properties": {
        "amount": {"type": "integer", "minimum": 0, "maximum": 100_000_000},
        "currency": {"enum": ["CHF", "EUR", "GBP", "PLN", "SEK", "USD"]},
    },
}
ITEM = {
    "type": "object", "required": ["id", "name", "quantity", "price"], "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^item-[0-9]+$"},
        "name": {"type": "string", "minLength": 1, "maxLength": 120},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 1000},
        "price": {"$ref": "#/$defs/money"},
        "active": {"type": "boolean"},
        "colour": {"type": ["string", "null"], "maxLength": 30},
        "tags": {"type": "array", "maxItems": 10, "uniqueItems": True, "items": {"type": "string", "maxLength": 30}},
        "discount": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    },
}
ADDRESS = {
    "type": "object", "required": ["name", "street", "city", "postcode", "country"], "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 100},
        "street": {"type": "string", "minLength": 1, "maxLength": 200},
        "city": {"type": "string", "minLength": 1, "maxLength": 100},
        "postcode": {"type": "string", "pattern": "^[A-Z0-9 -]{3,10}$"},
        "country": {"type": "string", "minLength": 2, "maxLength": 2},
        "phone": {"type": "string", "maxLength": 20},
    },
}
ORDER = {
    "type": "object", "required": ["id", "customer", "createdAt", "status", "lines", "billing", "totals"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "customer": {
            "type": "object", "required": ["id", "email"],
            "properties": {"id": {"type": "string", "format": "uuid"}, "email": {"type": "string", "format": "email"},
                           "vip": {"type": "boolean"}},
        },
        "createdAt": {"type": "string", "format": "date-time"},
        "updatedAt": {"type": "string", "format": "date-time"},
        "status": {"enum": ["draft", "placed", "paid", "shipped", "delivered", "cancelled"]},
        "lines": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/$defs/item"}},
        "billing": {"$ref": "#/$defs/address"},
        "shipping": {"anyOf": [{"$ref": "#/$defs/address"}, {"type": "null"}]},
        "totals": {
            "type": "object", "required": ["net", "tax", "gross"],
            "properties": {name: {"$ref": "#/$defs/money"} for name in ("net", "tax", "gross")},
        },
        "labels": {"type": "object", "maxProperties": 20, "additionalProperties": {"type": "string", "maxLength": 100}},
        "note": {"type": "string", "maxLength": 1000},
    },
}
DEFINITIONS = {"money": MONEY, "item": ITEM, "address": ADDRESS, "order": ORDER}


def item(number):
    return {
        "id": f"item-{10_000 + number}", "name": "Blue kettle, 1.7 litres", "quantity": 1 + number % 9,
        "price": {"amount": 2495 + number, "currency": "EUR"}, "active": True, "colour": None, "tags": ["kitchen", "gift"],
        "discount": 0.15,
    }


def address(number):
    return {
        "name": "Ada Lovelace", "street": f"Straße des 17. Juni {number}", "city": "Berlin", "postcode": "10623",
        "country": "DE", "phone": "+49 30 1234567",
    }


def order(number):
    money = {"amount": 129_900, "currency": "EUR"}
    return {
        "id": f"0f8fad5b-d9cb-469f-a165-70867728{1000 + number}",
        "customer": {"id": f"7c9e6679-7425-40de-944b-e07fc1f9{1000 + number}", "email": "ada@example.com", "vip": False},
        "createdAt": "2026-03-01T08:30:06.283Z", "updatedAt": "2026-03-02T10:00:00+01:00", "status": "paid",
        "lines": [item(number + index) for index in range(5)], "billing": address(number), "shipping": address(number + 1),
        "totals": {"net": money, "tax": money, "gross": money},
        "labels": {"channel": "web", "campaign": "autumn", "region": "eu-central-1"},
        "note": "Please ring twice \"loudly\"\nand leave it at the door",
    }


def schema(name):
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": f"#/$defs/{name}", "$defs": DEFINITIONS}


PAGE = {"type": "object", "required": ["orders"], "properties": {
    "orders": {"type": "array", "items": {"$ref": "#/$defs/order"}}, "next": {"type": "string"}}}
SUBJECTS = {
    "small": (schema("item"), item(1)),
    "typical": (schema("order"), order(1)),
    "large": (schema("page") | {"$defs": DEFINITIONS | {"page": PAGE}},
              {"orders": [order(number) for number in range(ORDERS_PER_PAGE)], "next": "CiAKGjBpNDd2"}),
}


def openapi_30(rules):
    """The same rules in the dialect of OpenAPI 3.0, which is the only one that kin-openapi of Debian has."""
    if isinstance(rules, list):
        return [openapi_30(part) for part in rules]
    if not isinstance(rules, dict):
        return rules
    rules = {name: openapi_30(part) for name, part in rules.items()}
    if isinstance(rules.get("$ref"), str):
        rules["$ref"] = rules["$ref"].replace("#/$defs/", "#/components/schemas/")
    if isinstance(rules.get("type"), list):
        rules |= {"type": rules["type"][0], "nullable": True}
    if isinstance(rules.get("anyOf"), list):
        alternatives = [part for part in rules.pop("anyOf") if part != {"type": "null"}]
        rules |= {"allOf": alternatives, "nullable": True}
    if not isinstance(rules.get("exclusiveMinimum", {}), dict):
        rules |= {"minimum": rules["exclusiveMinimum"], "exclusiveMinimum": True}
    return rules


def write(folder):
    """Writes each text and its schema; answers the texts."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {}
    for name, (rules, value) in SUBJECTS.items():
        texts[name] = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        (folder / f"{name}.json").write_bytes(texts[name])
        (folder / f"{name}.schema.json").write_text(json.dumps(rules))
        schemas = {name: {"allOf": [{"$ref": rules["$ref"]}]}, **rules["$defs"]}
        document = {"openapi": "3.0.3", "info": {"title": name, "version": "1"}, "paths": {},
                    "components": {"schemas": openapi_30(schemas)}}
        (folder / f"{name}.openapi.json").write_text(json.dumps(document))
    return texts


def rival(rules, text):
    """Nanoseconds of CPU time of one of `count` checks by orjson and jsonschema-rs."""
    import jsonschema_rs
    import orjson

    is_valid = jsonschema_rs.Draft202012Validator(rules, validate_formats=True).is_valid
    loads = orjson.loads

    def cost(count):
        start = time.thread_time_ns()
        for _ in range(count):
            if not is_valid(loads(text)):
                sys.exit("not valid")
        return (time.thread_time_ns() - start) / count

    return cost


def other(process, name):
    """Nanoseconds that a process answers for one of `count` checks."""

    def cost(count):
        process.stdin.write(f"{name} {count}\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    return cost


def start(*command):
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main(program, kin_openapi, folder, rounds=15):
    texts = write(pathlib.Path(folder))
    processes = [start(program, folder), start(kin_openapi, folder)]
    print("                 input      gateway    orjson + jsonschema-rs    encoding/json + kin-openapi     gateway")
    failed = False
    for name, text in texts.items():
        contestants = [other(processes[0], name), rival(SUBJECTS[name][0], text), other(processes[1], name)]
        counts = [max(1, int(SECONDS_PER_TURN * 1e9 / cost(10))) for cost in contestants]
        turns = [[cost(count) for cost, count in zip(contestants, counts)] for _ in range(int(rounds))]
        own, rust, go = (statistics.median(column) for column in zip(*turns))
        to_rust, to_go = (statistics.median(turn[index] / turn[0] for turn in turns) for index in (1, 2))
        print(f"{name:10} {len(text):8} B {own:9.0f} ns {rust:14.0f} ns {to_rust:5.2f} x {go:19.0f} ns {to_go:5.1f} x "
              f"{len(text) * 1e3 / own:6.0f} MB/s", flush=True)
        failed = failed or to_rust < RUST_FLOOR or to_go < GO_FLOOR
    for process in processes:
        process.stdin.close()
        process.wait(10)
    print(f"floors {RUST_FLOOR} x and {GO_FLOOR} x, aims 5 x and 20 x")
    return failed


if __name__ == "__main__":
    if sys.argv[1] == "--write":
        write(pathlib.Path(sys.argv[2]))
    else:
        sys.exit(main(*sys.argv[1:]))
