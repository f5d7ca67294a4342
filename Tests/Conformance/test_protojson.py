"""Proto JSON beside Python protobuf: the same messages both ways, spoiled ones, and a table of edges.

The types are those of `protojson/*.proto`. Where the gateway and Python disagree on purpose, the reason stands here or in
`protojson_edges.py`: the words of https://protobuf.dev/programming-guides/json ("the guide"), or what the other runtimes do.
"""

import base64
import collections
import json
import struct

import protojson_oracle as oracle
import pytest
from google.protobuf import descriptor_pb2, unknown_fields
from probe import ask
from protojson_edges import BROKEN_WIRE, ODD_WIRE, OWN_WAY, REFUSED_BY_BOTH, TAKEN
from protojson_oracle import REFUSED, canonical, field, parsed, printed, read, same, tag, tree, wire_bytes

MESSAGES_A_TYPE = 60
SPOILED_A_MESSAGE = 8


def answers(questions):
    """The probe's answers; the first question brings the types of all."""
    first = {"descriptors": oracle.base64_of(oracle.DESCRIPTORS)}
    return ask([{"op": "protojson"} | (first if number == 0 else {}) | question for number, question in enumerate(questions)])


def of_json(name, text, **options):
    return {"message": name, "json": text} | options


def of_wire(name, wire, **options):
    return {"message": name, "wire": oracle.base64_of(wire)} | options


def wire_of(answer):
    return base64.b64decode(answer["wire"])


@pytest.fixture(scope="module")
def messages():
    writer = oracle.Writer(20241122)
    return [(name, writer.message(name)) for name in oracle.TYPES for _ in range(MESSAGES_A_TYPE)]


def test_wire_to_json(messages):
    ways = [
        ({}, {}), ({"protoNames": True}, {"preserving_proto_field_name": True}),
        ({"emitDefaults": True}, {"always_print_fields_with_no_presence": True}),
    ]
    cases = [(name, message, *way) for name, message in messages for way in ways]
    questions = [of_wire(name, wire_bytes(message), **options) for name, message, options, _ in cases]
    wrong = []
    for (name, message, options, python), answer in zip(cases, answers(questions)):
        wanted = printed(message, **python)
        assert wanted is not REFUSED, name
        if not same(tree(answer.get("json", '"refused"')), wanted):
            wrong.append((name, options, answer, wanted))
        elif not options and canonical(parsed(name, json.dumps(tree(answer["json"])))) != canonical(message):
            wrong.append((name, "Python reads another message", answer))
    print(f"{len(cases)} messages, {len(wrong)} differ")
    assert not wrong


def test_json_to_wire(messages):
    speller = oracle.Speller(7)
    cases = [(name, message, speller.text(message)) for name, message in messages for _ in range(3)]
    wrong = []
    for (name, _, text), answer in zip(cases, answers([of_json(name, text) for name, _, text in cases])):
        wanted = parsed(name, text)
        assert wanted is not REFUSED, text
        found = read(name, wire_of(answer)) if "wire" in answer else REFUSED
        if found is REFUSED or canonical(found) != canonical(wanted):
            wrong.append((name, text, answer))
    print(f"{len(cases)} texts, {len(wrong)} differ")
    assert not wrong


# Spoiled JSON that Python takes and the gateway refuses: code -> (whether the changed value explains it, why).
STRICTER = {
    # "JSON value will be a decimal number", "true, false" for bool alone: Python calls int() and float() on both.
    "wrong-type": lambda value: isinstance(value, bool),
    # "either numbers or strings are accepted": the grammar of JSON numbers, which Python's int() and float() widen.
    "not-an-integer": lambda value: value in ("01", "+1", "1 ", " 1") or value == 1.5,
    "invalid-number": lambda value: value in ("01", "+1", "1 ", " 1", "inf", "nan"),
    # "Parsers accept both enum names and integer values": a number in a string is neither.
    "unknown-enum-value": lambda value: isinstance(value, str) or value == {"1": "1"},
    # An open enum holds 32 bits; Python cuts larger numbers off.
    "out-of-range": lambda value: value in (2**32, 2**63, 2**64, 1e40, 1e300, -2**31 - 1),
    # "standard or URL-safe base64 encoding": Python skips characters of neither alphabet.
    "invalid-base64": lambda value: isinstance(value, str),
    # "JSON object": Python takes everything it can iterate over nothing of.
    "expected-object": lambda value: value in ("", [], [[]]),
    # `null` is the value of a NullValue, so beside another member of its oneof there are two; Python does not count it.
    "oneof-conflict": lambda value: True,
    # Both names of one field: the protobuf conformance suite (FieldNameDuplicateDifferentCasing) wants it refused.
    "duplicate-field": lambda value: True,
    # "lowerCamel" names of fields, which are ASCII.
    "invalid-field-mask": lambda value: isinstance(value, str),
    # Beside `@type` and `value` an Any of a type with its own form has no members; Python looks at none but these.
    "unknown-field": lambda value: True,
}


def test_spoiled_json(messages):
    spoiler = oracle.Spoiler(11)
    cases = []
    for name, message in messages:
        value = json.loads(json.dumps(printed(message), sort_keys=True))
        cases += [(name, *spoiler.json(value)) for _ in range(SPOILED_A_MESSAGE)]
    texts = [json.dumps(value) for _, value, _ in cases]
    wrong, stricter, taken = [], collections.Counter(), 0
    questions = [of_json(name, text) for (name, _, _), text in zip(cases, texts)]
    for (name, _, changed), text, answer in zip(cases, texts, answers(questions)):
        wanted = parsed(name, text)
        if "wire" not in answer:
            if wanted is REFUSED:
                continue
            stricter[answer["error"]] += 1
            if not STRICTER.get(answer["error"], lambda _: False)(changed):
                wrong.append((name, text, changed, answer))
        else:
            taken += 1
            found = read(name, wire_of(answer))
            if wanted is REFUSED or found is REFUSED or canonical(found) != canonical(wanted):
                wrong.append((name, text, changed, answer))
    print(f"{len(cases)} spoiled texts, {taken} taken by both, {len(wrong)} differ; stricter than Python: {dict(stricter)}")
    assert not wrong and taken > len(cases) / 10


def test_spoiled_wire(messages):
    spoiler, writer = oracle.Spoiler(13), oracle.Writer(17)
    cases = []
    for name, message in messages:
        wire, other = wire_bytes(message), wire_bytes(writer.message(name))
        cases += [(name, spoiler.wire(wire, other)) for _ in range(SPOILED_A_MESSAGE)]
    wrong, taken, reasons = [], 0, collections.Counter()
    for (name, wire), answer in zip(cases, answers([of_wire(*case) for case in cases])):
        message = read(name, wire)
        wanted = REFUSED if message is REFUSED else printed(message)
        found = tree(answer["json"]) if "json" in answer else REFUSED
        taken += found is not REFUSED and wanted is not REFUSED
        if wanted is found or (REFUSED not in (wanted, found) and same(found, wanted)):
            continue
        reason = why(wire, message, wanted, found, answer)
        reasons[reason] += 1
        if reason is None:
            wrong.append((name, wire.hex(), answer, wanted))
    print(f"{len(cases)} spoiled messages, {taken} read by both, {len(wrong)} differ; explained: {dict(reasons)}")
    assert not wrong and taken > len(cases) / 2


def why(wire, message, wanted, found, answer):
    """Why the gateway and Python may differ about these bytes, or None."""
    if found is REFUSED:
        if answer["error"] == "malformed-message" and overlong(wire):
            return "varint above 64 bits"
        # "a.b_c": a path that is no field's name has no form in JSON that could be read back.
        holds_mask = b"FieldMask" in wire or "FieldMask" in str(type_names(message))
        return "field mask" if answer["error"] == "unrepresentable" and holds_mask else None
    if wanted is REFUSED:
        return "not UTF-8" if message is not REFUSED and "\ufffd" in answer["json"] else None
    return "map entry" if loses_entries(message) else explain(wanted, found)


def overlong(wire):
    """Whether a varint may hold more than 64 bits: Go refuses such, as the gateway does; Python, C++ and Java cut it off."""
    run = 0
    for byte in wire:
        if run == 9 and byte > 1:
            return True
        run = run + 1 if byte > 127 else 0
    return False


def type_names(message):
    """The types of a message and all inside it."""
    names = {message.DESCRIPTOR.full_name}
    for part in oracle.parts(message):
        names |= type_names(part)
    return names


def loses_entries(message):
    """Whether Python took an entry of a map for an unknown field, as it does when the entry has further fields in it.

    C++, Java, Go and the gateway ignore the further fields alone.
    """
    maps = {field.number for field in message.DESCRIPTOR.fields if oracle.is_map(field)}
    own = any(unknown.field_number in maps for unknown in unknown_fields.UnknownFieldSet(message))
    inner = oracle.unpacked(message)
    return own or (inner is not None and loses_entries(inner)) or any(map(loses_entries, oracle.parts(message)))


def explain(wanted, found):
    """Why the two trees may differ, or None."""
    if isinstance(wanted, str) and isinstance(found, str):
        # Text of proto2 need not be UTF-8. JSON must be: U+FFFD stands for what is not; Python shows a repr of the bytes.
        return "not UTF-8" if wanted.startswith(("b'", 'b"')) else None
    if isinstance(wanted, float) and isinstance(found, float):
        # Python writes a float that is not normal with more digits than tell it from its neighbours.
        return "not normal" if struct.pack("<f", wanted) == struct.pack("<f", found) else None
    if isinstance(wanted, dict) and isinstance(found, dict) and wanted.keys() == found.keys():
        reasons = [explain(wanted[name], found[name]) for name in wanted if not same(wanted[name], found[name])]
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        reasons = [explain(*pair) for pair in zip(wanted, found) if not same(*pair)]
    else:
        return None
    return reasons[0] if reasons and all(reasons) else None


def edges(table):
    return [(name, text) for name, texts in table.items() for text in texts]


def test_taken_edges():
    cases = edges(TAKEN)
    wrong = []
    for (name, text), answer in zip(cases, answers([of_json(*case) for case in cases])):
        wanted = parsed(name, text)
        found = read(name, wire_of(answer)) if "wire" in answer else REFUSED
        if wanted is REFUSED or found is REFUSED or canonical(found) != canonical(wanted):
            wrong.append((name, text, answer, "Python refuses it" if wanted is REFUSED else wanted))
    print(f"{len(cases)} texts to take, {len(wrong)} differ")
    assert not wrong


def test_refused_edges():
    cases = edges(REFUSED_BY_BOTH)
    wrong = []
    for (name, text), answer in zip(cases, answers([of_json(*case) for case in cases])):
        if "wire" in answer or parsed(name, text) is not REFUSED:
            wrong.append((name, text, answer))
    print(f"{len(cases)} texts to refuse, {len(wrong)} differ")
    assert not wrong


def test_own_way():
    wrong = []
    for (name, text, wanted, reason), answer in zip(OWN_WAY, answers([of_json(name, text) for name, text, _, _ in OWN_WAY])):
        python = parsed(name, text)
        if isinstance(wanted, str):
            # A row that Python came round to refuse belongs to the table above.
            agreed = answer.get("error") == wanted and python is not REFUSED
        else:
            agreed = "wire" in answer and (wanted is None or wire_of(answer) == wanted)
        if not agreed:
            wrong.append((name, text, wanted, answer, reason, python is REFUSED))
    assert not wrong


def test_odd_wire():
    wrong = []
    for (name, wire), answer in zip(ODD_WIRE, answers([of_wire(*case) for case in ODD_WIRE])):
        wanted = printed(read(name, wire))
        assert wanted is not REFUSED, (name, wire)
        if "json" not in answer or not same(tree(answer["json"]), wanted):
            wrong.append((name, wire.hex(), answer, wanted))
    print(f"{len(ODD_WIRE)} odd messages, {len(wrong)} differ")
    assert not wrong


def test_broken_wire():
    wrong = []
    for (name, wire), answer in zip(BROKEN_WIRE, answers([of_wire(*case) for case in BROKEN_WIRE])):
        message = read(name, wire)
        if "json" in answer or (message is not REFUSED and printed(message) is not REFUSED):
            wrong.append((name, wire.hex(), answer))
    print(f"{len(BROKEN_WIRE)} broken messages, {len(wrong)} differ")
    assert not wrong


@pytest.mark.parametrize("levels", [99, 100, 101, 150])
def test_nesting(levels):
    """A hundred messages deep and no deeper, for every way of nesting; groups and length-delimited messages alike."""
    taken = levels <= 100
    trees = '{"left":' * (levels - 1) + "{}" + "}" * (levels - 1)
    groups, wire, delimited = "{}", b"", b""
    for _ in range(levels - 1):
        groups = '{"delimited":' + groups + "}"
        wire = field(2, wire)
        delimited = tag(11, 3) + delimited + tag(11, 4)
    found = answers([
        of_json("three.Tree", trees), of_json("editions.Modern", groups),
        of_wire("three.Tree", wire), of_wire("editions.Modern", delimited),
    ])
    assert [("error" not in answer) for answer in found] == [taken] * 4, found
    assert (parsed("three.Tree", trees) is not REFUSED) == taken


def test_unknown_members_are_dropped_when_told():
    cases = [
        ("three.Scalars", '{"nope":{"a":[1,null]},"fInt32":5,"fEnum":"NONE"}'),
        ("three.Lists", '{"fEnum":["COLOUR_RED","NONE",2]}'),
        ("three.Maps", '{"kFixed64":{"1":"NONE","2":"COLOUR_RED"}}'),
        ("two.Old", '{"[two.none]":1,"[two.ext_closed]":"NEW","number":1}'),
        ("three.Known", '{"any":{"@type":"x/three.Scalars","nope":1,"fInt32":2},"nope":null}'),
        ("editions.Modern", '{"chosen":"NEW"}'),
    ]
    wrong = []
    for (name, text), answer in zip(cases, answers([of_json(*case, ignoreUnknown=True) for case in cases])):
        wanted = parsed(name, text, ignore_unknown_fields=True)
        if "wire" not in answer or canonical(read(name, wire_of(answer))) != canonical(wanted):
            wrong.append((name, text, answer, wanted))
    assert not wrong


def test_message_sets_are_refused_at_load():
    files = descriptor_pb2.FileDescriptorSet()
    message = files.file.add(name="set.proto", package="old").message_type.add(name="Set")
    message.options.message_set_wire_format = True
    message.extension_range.add(start=4, end=2**31 - 1)
    question = {"op": "protojson", "descriptors": oracle.base64_of(files.SerializeToString())}
    answer, = ask([question | of_json("old.Set", "{}")])
    assert "message_set_wire_format" in answer["error"]
