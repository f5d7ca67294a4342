"""Flags against GO Feature Flag's own engine, which its provider for Python brings as WebAssembly, on generated flags and contexts.

FLAG_CASES=100000 asks as often; the number is small by default. Every flag is a seed: a disagreement names the one that repeats it.
"""

import datetime
import json
import os
import random
import time

from gofeatureflag_python_provider.wasm import EvaluateWasm, WasmFlagContext, WasmInput
from probe import ask

CASES = int(os.environ.get("FLAG_CASES", "3000"))
CONTEXTS_PER_FLAG = 10
NAMES = ["tenantId", "userId", "role", "module", "anonymous", "level", "roles.admin", "roles.guest", "missing", "targetingKey", "ratio"]
TEXTS = ["acme", "Acme", "globex", "ada", "GRACE", "admin", "crm", "a", ""]
DAY = datetime.timedelta(days=1)


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.now = datetime.datetime.now(datetime.UTC)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def date(self, past=None):
        past = self.chance(50) if past is None else past
        days = self.random.randint(1, 400)
        return (self.now + (-days if past else days) * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")

    def text(self):
        return json.dumps(self.random.choice(TEXTS))

    def comparison(self):
        name, roll = self.random.choice(NAMES), self.random.random()
        if roll < 0.1:
            return f"{name} pr"
        if roll < 0.2:
            return f"{name} {self.random.choice(['in', 'IN'])} [{', '.join(self.text() for _ in range(self.random.randint(1, 3)))}]"
        if roll < 0.3:
            return f"{name} {self.random.choice(['eq', 'ne'])} {self.random.choice(['true', 'false', 'null'])}"
        if roll < 0.45:
            number = self.random.choice(["0", "1", "5", "-3", "2.5", "0.5", "-1.5"])
            return f"{name} {self.random.choice(['eq', 'ne', 'gt', 'ge', 'lt', 'le', '==', '!=', '>', '>=', '<', '<='])} {number}"
        operators = ["eq", "ne", "gt", "ge", "lt", "le", "co", "sw", "ew", "EQ", "NE", "CO", "SW", "EW", "=="]
        return f"{name} {self.random.choice(operators)} {self.text()}"

    def query(self, depth=2):
        if depth == 0 or self.chance(40):
            return self.comparison()
        parts = [self.query(depth - 1) for _ in range(self.random.randint(2, 3))]
        joined = parts[0]
        for part in parts[1:]:
            part = f"({part})" if " or " in part or " and " in part else part
            joined += f" {self.random.choice(['and', 'or'])} {part}"
        roll = self.random.random()
        return f"not ({joined})" if roll < 0.2 else f"({joined})" if roll < 0.5 else joined

    def percentages(self, variations):
        # The engine adds them up in any order, which with odd fractions makes one person in a hundred thousand another each time.
        chosen = self.random.sample(variations, self.random.randint(1, len(variations)))
        shares = {name: self.random.choice([0, 5, 10, 33.5, 12.5, 50, 99.75]) for name in chosen}
        if not any(shares.values()):
            shares[chosen[0]] = 20
        return shares

    def outcome(self, variations):
        roll = self.random.random()
        if roll < 0.4:
            return {"variation": self.random.choice(variations)}
        if roll < 0.75:
            return {"percentage": self.percentages(variations)}
        begin, end = sorted([self.date(), self.date()])
        if begin == end:
            return {"variation": variations[0]}
        steps = [{"variation": self.random.choice(variations), "date": date} for date in (begin, end)]
        for step in steps:
            if self.chance(50):
                step["percentage"] = self.random.choice([0, 10, 37.5, 80, 100])
        return {"progressiveRollout": dict(zip(("initial", "end"), steps))}

    def rule(self, variations, number):
        rule = {"name": f"rule {number}", **self.outcome(variations)}
        if self.chance(90):
            rule["query"] = self.query()
        if self.chance(10):
            rule["disable"] = self.chance(70)
        return rule

    def flag(self):
        names = self.random.sample(["on", "off", "A", "b", "zed"], self.random.randint(2, 4))
        flag = {
            "variations": {name: self.random.choice([True, False, 1, 2.5, "x", {"y": [1]}, None]) for name in names},
            "targeting": [self.rule(names, number) for number in range(self.random.randint(0, 3))],
            "defaultRule": self.outcome(names)}
        if self.chance(10):
            flag["disable"] = self.chance(50)
        if self.chance(15):
            flag["bucketingKey"] = self.random.choice(["tenantId", "userId", "level", "missing", ""])
        if self.chance(15):
            flag["experimentation"] = {edge: self.date() for edge in ("start", "end") if self.chance(70)}
        if self.chance(20):
            flag["scheduledRollout"] = [self.step(names) for _ in range(self.random.randint(1, 3))]
        return flag

    def step(self, names):
        step = {"date": self.date()}
        if self.chance(50):
            step["defaultRule"] = self.outcome(names)
        if self.chance(50):
            step["targeting"] = [self.rule(names, self.random.randint(0, 4))]
        if self.chance(20):
            step["disable"] = self.chance(50)
        if self.chance(15):
            step["experimentation"] = {"start": self.date(), "end": self.date()}
        return step

    def context(self):
        context = {"targetingKey": self.random.choice(["ada", "Grace", f"user-{self.random.randint(0, 10**6)}"])}
        for name in ("tenantId", "userId", "role", "module"):
            if self.chance(70):
                context[name] = self.random.choice(TEXTS)
        # The engine adds it where it is missing; the gateway always has it.
        context["anonymous"] = self.chance(50)
        if self.chance(50):
            context["level"] = self.random.choice([0, 1, 5, -3, 7])
        if self.chance(50):
            context["ratio"] = self.random.choice([0.5, 2.5, 2.9, -1.5, 1.0])
        # Of an object that is missing the engine takes the value it looked at last, whatever that was; the gateway always has this one.
        context["roles"] = {name: True for name in ("admin", "guest") if self.chance(50)}
        return context


def case(seed):
    generator = Generator(seed)
    return generator.flag(), [generator.context() for _ in range(CONTEXTS_PER_FLAG)]


def test_agrees_with_the_engine():
    engine = EvaluateWasm(pool_size=1)
    engine.initialize()
    cases = [case(seed) for seed in range(max(1, CASES // CONTEXTS_PER_FLAG))]
    now = int(time.time() * 1000)
    answers = ask([
        {"op": "flags", "document": {"flags": {"flag": flag}}, "now": now,
         "asks": [{"flag": "flag", "context": context} for context in contexts]}
        for flag, contexts in cases])
    found, chosen = [], 0
    for seed, ((flag, contexts), answer) in enumerate(zip(cases, answers)):
        assert not answer["findings"], f"seed {seed}: {json.dumps(flag)}: {answer['findings']}"
        for context, own in zip(contexts, answer["answers"]):
            theirs = engine.evaluate(WasmInput(
                flagKey="flag", flag=flag, evalContext=context, flagContext=WasmFlagContext(defaultSdkValue="none")))
            expected = "none" if theirs.variationType == "SdkDefault" else theirs.variationType
            variation = own if own == "none" else own["variation"]
            chosen += expected != "none"
            if variation != expected or (own != "none" and own["value"] != flag["variations"][variation]):
                found.append(f"seed {seed}: {json.dumps(flag)} {json.dumps(context)}: expected {expected}, got {own}")
    print(f"{len(cases) * CONTEXTS_PER_FLAG} cases, {chosen} with an answer, {len(found)} disagreements")
    assert not found, "\n".join(found[:5])
    assert chosen > CASES // 2


def test_refuses_what_the_engine_guesses_at():
    queries = [
        "tenantId", "tenantId eq", 'tenantId not in ["a"]', 'not tenantId eq "a"', "version eq 1.2.3", 'tenantId eq "a\\"b"', "(a eq 1", "a eq 1)",
        "a eq 1 xor b eq 2", "a in []", "_a eq 1", "a eq 'x'", "eq", "true", 'a in ["x", 1]', "(" * 40 + "a pr" + ")" * 40,
        " or ".join(["a pr"] * 300), "a eq 1e5", "a..b pr", "a. pr", "a pr AND b pr", "a gt true", "a co null", "a sw 1", {"==": [1, 1]}]
    flags = {
        f"f{number}": {"variations": {"on": True}, "targeting": [{"query": query, "variation": "on"}], "defaultRule": {"variation": "on"}}
        for number, query in enumerate(queries)}
    answer = ask([{"op": "flags", "document": flags, "now": 0, "asks": [{"flag": name, "context": {"targetingKey": "k"}} for name in flags]}])[0]
    assert answer["answers"] == [None] * len(queries), list(zip(queries, answer["answers"]))
    assert len(answer["findings"]) == len(queries)
