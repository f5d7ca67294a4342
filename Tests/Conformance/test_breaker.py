"""The circuit breakers against a model that keeps every call and looks through all of them at each decision.

The model is written from the contract alone: five failures in a row within 30 s, of two tenants or with nobody else served; a tenant with
twenty calls in 60 s of which more than half failed; 30 s of refusal, then one probe at a time.
"""

import random

import pytest
from probe import ask

DEFAULTS = {
    "failures": 5, "windowMs": 30_000, "openMs": 30_000, "tenantRequests": 20, "tenantFailurePercent": 50,
    "tenantWindowMs": 60_000, "tenantOpenMs": 30_000, "probeLeaseMs": 6_000,
}


class Breaker:
    """One breaker's phase: closed, or refusing until a time, or with a probe out that has until a time."""

    def __init__(self):
        self.until = None
        self.probing = False
        self.first_call = 0

    def phase(self, now):
        if self.until is None:
            return "closed"
        return "half-open" if self.probing or now >= self.until else "open"

    def refuse(self, until):
        self.until, self.probing = until, False

    def finish(self, failed, until, calls):
        """The probe's end; what happened before it is forgotten."""
        self.refuse(until if failed else None)
        self.first_call = calls


class Model:
    def __init__(self, config):
        self.numbers = DEFAULTS | config
        self.calls = []
        self.service = Breaker()
        self.tenants = {}
        self.probes = {}

    def tenant(self, name):
        return self.tenants.setdefault(name, Breaker())

    def step(self, now, name, do):
        out = self.probes.get(name)
        if out and (do != "ask" or now >= out["end"]):
            del self.probes[name]
        call = out if out and do != "ask" and now < out["end"] else self.admit(now, name)
        if call and do != "ask":
            self.report(now, name, do == "fail", call["of"])
        elif call and call["of"]:
            self.probes[name] = call
        return {"allowed": bool(call), "state": self.service.phase(now), "tenantState": self.tenant(name).phase(now)}

    def admit(self, now, name):
        asked = [self.tenant(name), self.service]
        if any(breaker.until is not None and now < breaker.until for breaker in asked):
            return None
        probed = [breaker for breaker in asked if breaker.until is not None]
        end = now + self.numbers["probeLeaseMs"]
        for breaker in probed:
            breaker.until, breaker.probing = end, True
        return {"of": probed, "end": end}

    def report(self, now, name, failed, probed):
        self.calls.append((now, name, failed))
        tenant, numbers = self.tenant(name), self.numbers
        if tenant in probed:
            tenant.finish(failed, now + numbers["tenantOpenMs"], len(self.calls))
        elif name and self.tenant_fails(now, name):
            tenant.refuse(now + numbers["tenantOpenMs"])
        if self.service in probed:
            self.service.finish(failed, now + numbers["openMs"], len(self.calls))
        elif failed and self.service_fails(now):
            self.service.refuse(now + numbers["openMs"])

    def tenant_fails(self, now, name):
        own = [failed for at, of, failed in self.calls[self.tenant(name).first_call:]
               if of == name and now - at <= self.numbers["tenantWindowMs"]]
        return len(own) >= self.numbers["tenantRequests"] and 100 * sum(own) > self.numbers["tenantFailurePercent"] * len(own)

    def service_fails(self, now):
        window = self.numbers["windowMs"]
        last = self.calls[self.service.first_call:][-self.numbers["failures"]:]
        if len(last) < self.numbers["failures"] or not all(failed and now - at <= window for at, _, failed in last):
            return False
        names = {of for _, of, _ in last}
        served = {of for at, of, failed in self.calls if not failed and now - at <= window}
        return len(names) > 1 or not served - names


def random_sequence(seed):
    """Steps that keep to at most 61 different times in a tenant's window, within which the breakers are exact."""
    dice = random.Random(seed)
    config = {} if seed % 3 == 0 else {
        "failures": dice.randint(1, 6), "windowMs": dice.randint(500, 5_000), "openMs": dice.randint(200, 2_000),
        "tenantRequests": dice.randint(2, 12), "tenantFailurePercent": dice.randint(0, 99),
        "tenantWindowMs": dice.randint(1_000, 4_000), "tenantOpenMs": dice.randint(200, 4_000), "probeLeaseMs": dice.randint(50, 900),
    }
    window = (DEFAULTS | config)["tenantWindowMs"]
    tenants = {name: dice.random() for name in ["", "a", "b", "c", "d"][:dice.randint(1, 5)]}
    now, steps = dice.choice([0, dice.randrange(1 << 50)]), []
    for _ in range(120):
        now += dice.choice([0, dice.randrange(window // 20), dice.randrange(window // 4)])
        name = dice.choice(list(tenants))
        do = "ask" if dice.random() < 0.1 else "fail" if dice.random() < tenants[name] else "ok"
        steps.append({"at": now, "tenant": name, "do": do})
    return config, steps


def run(steps, config=None):
    return ask([{"op": "breaker", "config": config or {}, "steps": steps}])[0]["outcomes"]


def at(time, *calls):
    """Steps `tenant:do*times` at one time."""
    return [{"at": time, "tenant": name, "do": do}
            for call in calls for name, _, action in [call.partition(":")] for do, _, times in [action.partition("*")]
            for _ in range(int(times or 1))]


def test_property():
    sequences = [random_sequence(seed) for seed in range(600)]
    answers = ask([{"op": "breaker", "config": config, "steps": steps} for config, steps in sequences])
    seen = set()
    for seed, ((config, steps), answer) in enumerate(zip(sequences, answers)):
        model = Model(config)
        for index, (step, outcome) in enumerate(zip(steps, answer["outcomes"], strict=True)):
            expected = model.step(step["at"], step["tenant"], step["do"])
            assert outcome == expected, f"sequence {seed}, step {index}: {step}"
            seen.add(tuple(outcome.values()))
    # Every state of both was met, or the sequences would prove little.
    assert len({state for _, state, _ in seen}) == 3 and len({state for _, _, state in seen}) == 3


@pytest.mark.parametrize("failures, state", [(4, "closed"), (5, "open"), (6, "open")])
def test_opens_on_the_fifth(failures, state):
    outcomes = run(at(0, f"a:fail*{failures}"))
    assert outcomes[-1]["state"] == state
    assert [outcome["allowed"] for outcome in outcomes] == [True] * min(failures, 5) + [False] * (failures - 5)


@pytest.mark.parametrize("age, state", [(29_999, "open"), (30_001, "closed")])
def test_window_edge(age, state):
    assert run(at(0, "a:fail") + at(10_000, "a:fail*3") + at(age, "a:fail"))[-1]["state"] == state


def test_one_probe():
    steps = at(0, "a:fail*5") + at(29_999, "a:ask") + at(30_000, "a:ask", "b:ask", "b:ok", "a:ok", "b:ok")
    outcomes = run(steps)[5:]
    assert [outcome["allowed"] for outcome in outcomes] == [False, True, False, False, True, True]
    assert [outcome["state"] for outcome in outcomes] == ["open"] + ["half-open"] * 3 + ["closed"] * 2


def test_noisy_tenant():
    steps = at(0, *(f"quiet-{number}:ok" for number in range(9)))
    for second in range(1, 120):
        steps += at(second * 1_000, *(call for number in range(9) for call in ("noisy:fail*5", f"quiet-{number}:ok")))
    outcomes = run(steps)
    assert all(outcome["state"] == "closed" for outcome in outcomes)
    assert all(outcome["allowed"] for step, outcome in zip(steps, outcomes) if step["tenant"] != "noisy")
    allowed = sum(outcome["allowed"] for step, outcome in zip(steps, outcomes) if step["tenant"] == "noisy")
    assert allowed == 20 + 3


@pytest.mark.parametrize("question", [
    {}, {"steps": [{}]}, {"steps": [{"at": 0}]}, {"steps": [{"at": -1, "do": "ok"}]}, {"steps": [{"at": 1 << 60, "do": "ok"}]},
    {"steps": [{"at": 0, "do": "no"}]}, {"steps": [{"at": 0, "do": "ok", "tenant": 1}]}, {"steps": [], "config": {"openMs": "1"}},
])
def test_refused(question):
    assert isinstance(ask([{"op": "breaker"} | question])[0]["error"], str)


def test_extreme_numbers():
    for number in (-(1 << 63), -1, 0, 1, (1 << 63) - 1):
        assert len(run(at(0, "a:fail*50") + at(5, "a:ok*50"), {name: number for name in DEFAULTS})) == 100
