"""Schemas of JSON Schema 2020-12 and values for them, from a seed.

Names and values come from small sets, so that rules and values meet. Numbers are ones that binary fractions hold exactly, and
patterns mean the same in every engine: what is compared is JSON Schema.
"""

import random

NAMES = ["a", "b", "c", "ab", "bc", "foo", "x-y", "é"]
TEXTS = ["", "a", "b", "ab", "abc", "foo", "éa", "x-y", "a longer text"]
NUMBERS = [0, 1, 2, 3, 5, -1, -2, 7, 10, 0.5, 1.5, -0.25, 2.0, 1e3, 2**53 + 1, 10**20]
PATTERNS = ["^a", "b", "^[a-c]+$", "o{2}", "^.{2}$", "-"]
TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"]
DEFINITIONS = 4
BASE = "https://example.com/schemas/root"


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, values):
        return self.random.choice(values)

    def some(self, values, most=3):
        return self.random.sample(values, self.random.randint(1, min(most, len(values))))

    # Schemas

    def document(self):
        """A schema with definitions, of which one is a resource of its own."""
        root = self.schema(3, 0)
        if root is True or root is False:
            root = {"allOf": [root]}
        root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        root["$id"] = BASE
        definitions = {}
        for number in range(DEFINITIONS):
            schema = self.schema(2, number + 1)
            if isinstance(schema, bool):
                schema = {"not": {"not": schema}}
            if number == 1:
                schema["$anchor"] = "second"
            if number == 2:
                schema["$id"] = "third"
            definitions[f"d{number}"] = schema
        definitions["node"] = {"$dynamicAnchor": "node"} | self.rules(1, DEFINITIONS + 1)
        # A resource whose dynamic anchor the root may bend.
        definitions["list"] = {
            "$id": "list", "type": ["array", "object"], "items": {"$dynamicRef": "#node"},
            "properties": {"a": {"$dynamicRef": "#node"}},
            "$defs": {"node": {"$dynamicAnchor": "node", "type": "integer"}},
        }
        root["$defs"] = definitions
        return root

    def reference(self, above):
        """A reference to one of the definitions from `above` on, written in one of the ways there are."""
        number = self.random.randrange(above, DEFINITIONS + 1) if above <= DEFINITIONS else None
        if number is None:
            return None
        if number == DEFINITIONS:
            return {"$ref": self.pick(["/schemas/list", BASE + "#/$defs/list"])} if above == 0 else None
        if number == 1 and self.chance(0.5):
            return {"$ref": BASE + "#second"}
        if number == 2 and self.chance(0.5):
            return {"$ref": "/schemas/third"}
        return {"$ref": f"{BASE}#/$defs/d{number}"}

    def schema(self, depth, above):
        """Any schema; references in place lead only to definitions from `above` on, so that none goes in circles."""
        if self.chance(0.06):
            return self.pick([True, True, False])
        if depth == 0:
            return self.pick([{}, {"type": self.pick(TYPES)}, {"const": self.value(1)}, self.number_rules(), self.text_rules()])
        return self.rules(depth, above)

    def part(self, depth):
        """A schema for a part of the value: there circles make progress."""
        if self.chance(0.15):
            return self.reference(0) or {}
        return self.schema(depth, 0)

    def rules(self, depth, above):
        schema = {}
        for _ in range(self.random.randint(1, 3)):
            schema |= self.pick([
                self.type_rules, self.object_rules, self.object_rules, self.array_rules, self.text_rules, self.number_rules,
                self.constant_rules, self.in_place_rules, self.in_place_rules, self.unevaluated_rules,
            ])(depth, above)
        return schema

    def type_rules(self, *_):
        return {"type": self.pick(TYPES) if self.chance(0.5) else self.some(TYPES, 4)}

    def constant_rules(self, *_):
        if self.chance(0.5):
            return {"const": self.value(2)}
        return {"enum": [self.value(2) for _ in range(self.random.randint(1, 4))]}

    def text_rules(self, *_):
        return self.pick([
            {"minLength": self.random.randint(0, 3)}, {"maxLength": self.random.randint(0, 4)}, {"pattern": self.pick(PATTERNS)}])

    def number_rules(self, *_):
        bound = self.pick(NUMBERS)
        return self.pick([
            {"minimum": bound}, {"maximum": bound}, {"exclusiveMinimum": bound}, {"exclusiveMaximum": bound},
            {"multipleOf": self.pick([1, 2, 3, 0.5, 0.25])}])

    def object_rules(self, depth, above):
        rules = {
            "properties": lambda: {name: self.part(depth - 1) for name in self.some(NAMES)},
            "required": lambda: self.some(NAMES, 2),
            "additionalProperties": lambda: self.part(depth - 1),
            "patternProperties": lambda: {pattern: self.part(depth - 1) for pattern in self.some(PATTERNS, 2)},
            "propertyNames": lambda: self.pick([self.text_rules(), {"enum": self.some(NAMES, 6)}, {"not": {"const": "a"}}]),
            "minProperties": lambda: self.random.randint(0, 3),
            "maxProperties": lambda: self.random.randint(0, 4),
            "dependentRequired": lambda: {name: self.some(NAMES, 2) for name in self.some(NAMES, 2)},
            "dependentSchemas": lambda: {name: self.schema(depth - 1, above) for name in self.some(NAMES, 2)},
        }
        names = self.some(["properties", "properties", *rules], 3)
        return {name: rules[name]() for name in names}

    def array_rules(self, depth, above):
        rules = {
            "items": lambda: self.part(depth - 1),
            "prefixItems": lambda: [self.part(depth - 1) for _ in range(self.random.randint(1, 3))],
            "contains": lambda: self.part(depth - 1),
            "minItems": lambda: self.random.randint(0, 3),
            "maxItems": lambda: self.random.randint(0, 4),
            "uniqueItems": lambda: True,
            "minContains": lambda: self.random.randint(0, 2),
            "maxContains": lambda: self.random.randint(0, 3),
        }
        return {name: rules[name]() for name in self.some(list(rules), 3)}

    def in_place_rules(self, depth, above):
        def some():
            return [self.schema(depth - 1, above) for _ in range(self.random.randint(1, 3))]

        kind = self.pick(["allOf", "anyOf", "oneOf", "not", "if", "$ref"])
        if kind == "$ref":
            return self.reference(max(above, 1)) or {}
        if kind == "not":
            return {"not": self.schema(depth - 1, above)}
        if kind == "if":
            rules = {"if": self.schema(depth - 1, above)}
            for name in ("then", "else"):
                if self.chance(0.7):
                    rules[name] = self.schema(depth - 1, above)
            return rules
        return {kind: some()}

    def unevaluated_rules(self, depth, above):
        name = self.pick(["unevaluatedProperties", "unevaluatedItems"])
        return {name: False if self.chance(0.6) else self.part(depth - 1)} | self.in_place_rules(depth, above)

    # Values

    def value(self, depth=3):
        kind = self.pick(["object", "object", "array", "array", "text", "number", "other"] if depth > 0 else ["text", "number", "other"])
        if kind == "object":
            names = self.random.sample(NAMES, self.random.randint(0, 4))
            return {name: self.value(depth - 1) for name in names}
        if kind == "array":
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 4))]
        return self.pick({"text": TEXTS, "number": NUMBERS, "other": [True, False, None]}[kind])
