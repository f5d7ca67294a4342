"""Proto JSON beside Python protobuf: the same messages both ways, spoiled ones, and a table of edges.

The types are those of `protojson/*.proto`. Where the gateway and Python disagree on purpose, the reason stands here with the words of
https://protobuf.dev/programming-guides/json ("the guide") or what the other runtimes do.
"""

import base64
import collections
import json
import struct

import protojson_oracle as oracle
import pytest
from google.protobuf import descriptor_pb2, unknown_fields
from probe import ask
from protojson_oracle import REFUSED, canonical, field, parsed, printed, read, same, tag, tree, varint

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
    questions = [of_wire(name, message.SerializePartialToString(deterministic=True), **options) for name, message, options, _ in cases]
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
    for (name, value, changed), text, answer in zip(cases, texts, answers([of_json(case[0], text) for case, text in zip(cases, texts)])):
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
        wire, other = message.SerializePartialToString(deterministic=True), writer.message(name).SerializePartialToString(deterministic=True)
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
    return own or any(map(loses_entries, oracle.parts(message)))


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


# Edges, one by one. JSON texts that both take, and make the same message of.
TAKEN = {
    "three.Scalars": [
        "{}", " {\n} ", '{"fDouble":-0.0}', '{"fDouble":"-0"}', '{"fDouble":5e-324}', '{"fDouble":1.7976931348623157e308}', '{"fDouble":"NaN"}',
        '{"fDouble":"Infinity"}', '{"fDouble":"-Infinity"}', '{"fDouble":"1e3"}', '{"fDouble":1E+2}', '{"fFloat":1e-46}', '{"fFloat":3.4028234e38}',
        '{"fFloat":"0.1"}', '{"fInt32":2147483647}', '{"fInt32":"-2147483648"}', '{"fInt32":1e5}', '{"fInt32":100000.000}', '{"fInt32":-0}',
        '{"fInt32":"1e3"}', '{"fInt32":"1.0"}', '{"fUint32":4294967295}', '{"fInt64":"9223372036854775807"}', '{"fInt64":-9223372036854775808}',
        '{"fUint64":"18446744073709551615"}', '{"fUint64":18446744073709551615}', '{"fFixed64":"0"}', '{"fSfixed64":"-1"}', '{"fBool":true}',
        '{"fString":"\\ud83d\\ude00 \\u0000 \\/ \\b"}', '{"fBytes":"AQI="}', '{"fBytes":"AQI"}', '{"fBytes":"-_8="}', '{"fBytes":"-_8"}',
        '{"fBytes":"+/8="}', '{"fBytes":"+_8"}', '{"fBytes":""}', '{"fEnum":"COLOUR_RED"}', '{"fEnum":1}', '{"fEnum":1.0}', '{"fEnum":-5}', '{"fEnum":99}',
        '{"fAlias":"ALIAS_SECOND"}', '{"fAlias":7}', '{"f_double":1,"fFloat":2}', '{"fInt32":null,"fString":null,"fEnum":null,"fBytes":null}',
        '{"\\u0066Int32":3}',
    ],
    "three.Optionals": ['{"fInt64":"0","fString":"","fBool":false,"fDouble":0,"fBytes":"","fEnum":0,"fMessage":{}}', '{"fInt64":null,"fMessage":null}'],
    "three.Lists": ['{"fInt32":[],"fMessage":[]}', '{"fInt32":null}', '{"fInt32":["1",2,3e0]}', '{"fMessage":[{},{"fInt32":1}]}', '{"fEnum":["COLOUR_RED",2,99]}'],
    "three.Maps": [
        '{"kInt32":{"-1":"a","1e0":"b"}}', '{"kInt64":{"-9223372036854775808":"AA=="}}', '{"kBool":{"true":1,"false":0}}', '{"kString":{"":""}}',
        '{"kFixed64":{"18446744073709551615":"COLOUR_GREEN"}}', '{"vValue":{"a":null,"b":[null]}}', '{"kSfixed32":{"0":{}}}', '{"kInt32":null}', '{"kInt32":{}}',
        '{"kString":{"\\u0061":"x"}}', '{"vWrapped":{"a":"0"}}', '{"vAny":{"a":{}}}',
    ],
    "three.Choice": [
        '{"text":""}', '{"nothing":null}', '{"anything":null}', '{"text":null,"number":1}', '{"number":1,"text":null}', '{"empty":{}}', '{"colour":0}',
        '{"wrapped":false}', '{"wrapped":null,"flag":false}', '{"left":"a","text":"b"}', '{"scalars":{}}',
    ],
    "three.Names": [
        '{"snakeCaseName":"a"}', '{"snake_case_name":"a"}', '{"@other name":"a"}', '{"renamed":"a"}', '{"Leading":"a"}', '{"_leading":"a"}',
        '{"with2Digits":"a"}', '{"trailing":"a"}', '{"camelCase":"a"}', '{"aB":"a"}', '{"a__b":"a"}', '{"UPPERCASE":"a"}', '{"two":"first","one":"second"}',
        '{"swapped_one":"first"}', '{"a\\"b\\\\c\\n\\u00e9":"q"}',
    ],
    "three.Known": [
        '{"time":"1970-01-01T00:00:00Z"}', '{"time":"0001-01-01T00:00:00Z"}', '{"time":"9999-12-31T23:59:59.999999999Z"}',
        '{"time":"2024-02-29T23:59:59.5+23:59"}', '{"time":"2024-02-29T00:00:00-08:00"}', '{"time":"2000-02-29T00:00:00.000000001Z"}', '{"span":"0s"}',
        '{"span":"-0.000000001s"}', '{"span":"315576000000s"}', '{"span":"-315576000000s"}', '{"span":"1.5s"}', '{"span":"-1.000340012s"}', '{"mask":""}',
        '{"mask":"a"}', '{"mask":"fooBar,a.bC.d"}', '{"object":{}}', '{"object":{"a":null,"b":{"c":[1,"x",true]}}}', '{"value":null}', '{"value":[]}',
        '{"value":{"":0}}', '{"value":"a"}', '{"value":1e300}', '{"list":[null,[],{}]}', '{"values":[null,1,null]}', '{"empty":{}}', '{"empty":null}',
        '{"any":{}}', '{"any":{"@type":"type.googleapis.com/three.Scalars","fInt32":1}}', '{"any":{"fInt32":1,"@type":"/three.Scalars"}}',
        '{"any":{"@type":"x/google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"}}', '{"any":{"value":null,"@type":"x/google.protobuf.Value"}}',
        '{"any":{"@type":"x/google.protobuf.Any","value":{"@type":"x/google.protobuf.Duration","value":"1s"}}}',
        '{"any":{"@type":"x/google.protobuf.Any","value":{}}}', '{"any":{"@type":"x/google.protobuf.Empty"}}',
        '{"any":{"@type":"x/google.protobuf.Struct","value":{"@type":"a"}}}', '{"any":{"@type":"x/two.Old","[two.ext_text]":"e","detail":{"note":"n"}}}',
        '{"any":{"@type":"x/editions.Modern","delimited":{"leaf":{"name":"n"}}}}', '{"wInt64":"1","wUint64":2,"wDouble":"NaN"}', '{"wBytes":"-_8"}',
        '{"wString":"","wBool":false,"wInt32":0}', '{"wString":null}', '{"nothing":null}', '{"maybeNothing":null}',
    ],
    "two.Old": [
        '{"number":0,"flag":false,"name":""}', '{"closed":"TWO","closedList":["ONE",-1]}', '{"detail":{"note":"","values":[],"deeper":{"depth":"1"}}}',
        '{"item":[{},{"count":1}]}', '{"grouped":{"inside":1}}', '{"chosen":"NONE"}', '{"[two.ext_text]":""}', '{"[two.ext_number]":"5"}',
        '{"[two.ext_packed]":[1,2],"[two.ext_loose]":[3]}', '{"[two.ext_closed_list]":["ONE","TWO"]}', '{"[two.extgroup]":{"inside":"x"}}',
        '{"[two.Old.nested_extension]":{"[two.Old.nested_extension]":{}}}', '{"[two.ext_known]":{"time":"1970-01-01T00:00:01Z"}}', '{"[two.ext_text]":null}',
        '{"[two.ext_far]":"AAA="}', '{"open":77}', '{"closedMap":{"a":"ONE"}}', '{"nestedMap":{"1":{"number":1}}}',
    ],
    "editions.Modern": [
        '{"explicitNumber":0,"implicitNumber":0,"implicitText":"","explicitText":""}', '{"packed":[1],"expanded":[1,2]}', '{"open":5,"closed":"CLOSED_ONE"}',
        '{"delimited":{"delimited":{}},"delimitedList":[{},{"explicitNumber":1}]}', '{"byName":{"a":{"delimited":{}}}}', '{"leaf":{"name":"x"}}',
        '{"time":"1970-01-01T00:00:01Z"}', '{"value":[1,null]}', '{"[editions.ext_delimited]":{"name":"a"}}', '{"[editions.ext_leaf]":{}}', '{"implicitOpen":0}',
        '{"[editions.ext_closeds]":["CLOSED_ONE"]}', '{"chosen":"CLOSED_TWO"}',
    ],
    "delimited.Whole": ['{"byName":{"a":{"self":{}}},"states":{"1":"STATE_ON"},"stateList":[0,1],"numbers":[1,-1],"inner":{"big":"0","text":""},"unset":0}'],
}

# JSON texts that both refuse.
REFUSED_BY_BOTH = {
    "three.Scalars": [
        "", "null", "1", '"a"', "{", '{"fInt32":1', '{"fInt32":1}}', '{"fInt32":1} {}', '{"fInt32":1,}', '{fInt32:1}', "{'fInt32':1}", '{"fInt32":01}',
        '{"fInt32":1,"fInt32":2}', '{"nope":1}', '{"fInt32":2147483648}', '{"fInt32":-2147483649}', '{"fInt32":1.5}', '{"fInt32":"1.5"}', '{"fInt32":""}',
        '{"fInt32":"0x1"}', '{"fInt32":true}', '{"fInt32":{}}', '{"fInt32":[1]}', '{"fUint32":-1}', '{"fUint32":4294967296}', '{"fInt64":"9223372036854775808"}',
        '{"fUint64":"18446744073709551616"}', '{"fUint64":-1}', '{"fFixed32":"-1"}', '{"fFloat":3.5e38}', '{"fDouble":1e309}', '{"fDouble":"1e"}',
        '{"fDouble":"abc"}', '{"fDouble":""}', '{"fDouble":"nan"}', '{"fDouble":NaN}', '{"fDouble":Infinity}', '{"fBool":"true"}', '{"fBool":1}', '{"fBool":"x"}',
        '{"fString":1}', '{"fString":["a"]}', '{"fString":"\\ud800"}', '{"fString":"\\udc00\\ud800"}', '{"fBytes":"A"}', '{"fBytes":1}', '{"fEnum":"RED"}',
        '{"fEnum":"colour_red"}', '{"fEnum":{}}', '{"[three.x]":1}', '{"FINT32":1}', '{"fint32":1}',
    ],
    "three.Lists": ['{"fInt32":1}', '{"fInt32":{}}', '{"fInt32":[null]}', '{"fInt32":[[1]]}', '{"fMessage":[null]}', '{"fMessage":{}}', '{"fInt32":["a"]}'],
    "three.Maps": [
        '{"kInt32":[]}', '{"kInt32":{"a":"b"}}', '{"kInt32":{"1":null}}', '{"kInt32":{"2147483648":"x"}}', '{"kBool":{"1":1}}', '{"kBool":{"True":1}}',
        '{"kString":{"a":1}}', '{"kString":{"a":"1","a":"2"}}', '{"kUint32":{"-1":1}}', '{"kInt32":{"":"x"}}', '{"vTime":{"a":null}}',
    ],
    "three.Choice": ['{"text":"a","number":1}', '{"left":"a","right":"a"}', '{"nothing":1,"text":""}'],
    "three.Known": [
        '{"time":"2023-02-29T00:00:00Z"}', '{"time":"0000-01-01T00:00:00Z"}', '{"time":"10000-01-01T00:00:00Z"}', '{"time":"1970-01-01T00:00:00"}', '{"time":0}',
        '{"time":"1970-01-01"}', '{"time":"1970-01-01 00:00:00Z"}', '{"time":"1970-13-01T00:00:00Z"}', '{"time":"1970-01-01T00:60:00Z"}',
        '{"time":"1970-01-01T00:00:00.1234567891Z"}', '{"time":"1970-01-01T00:00:00z"}', '{"time":"1970-01-01t00:00:00Z"}', '{"span":"1"}', '{"span":1}',
        '{"span":"315576000001s"}', '{"span":"-315576000001s"}', '{"span":"s"}', '{"span":"1.s1"}', '{"mask":"foo_bar"}', '{"mask":1}', '{"object":[]}',
        '{"object":1}', '{"list":{}}', '{"empty":{"a":1}}', '{"any":{"fInt32":1}}', '{"any":{"@type":"x/three.None"}}',
        '{"any":{"@type":"x/google.protobuf.Timestamp"}}', '{"any":{"@type":"x/google.protobuf.Timestamp","value":1}}', '{"any":{"@type":1}}', '{"any":[]}',
        '{"any":{"@type":"x/three.Scalars","@type":"x/three.Scalars"}}', '{"any":{"@type":"x/three.Scalars","nope":1}}', '{"wInt64":"a"}', '{"wInt64":{}}',
        '{"wrapped":[null]}', '{"times":[null]}', '{"wBool":"true"}', '{"time":{}}',
    ],
    "two.Old": [
        '{"closed":5}', '{"closed":"FOUR"}', '{"closedList":[7]}', '{"closedMap":{"a":9}}', '{"[two.none]":1}', '{"ext_text":"a"}', '{"two.ext_text":"a"}',
        '{"[two.ext_text]":1}', '{"Detail":{}}', '{"[three.Scalars]":{}}', '{"[two.ext_closed]":3}',
    ],
    "editions.Modern": ['{"closed":0}', '{"closed":"OPEN_ONE"}', '{"text":"a","leaf":{}}', '{"[editions.ext_closeds]":[3]}', '{"[two.ext_text]":""}'],
}

# What Python takes and the gateway refuses, or the other way round: type, JSON, the gateway's fault or wire bytes, why.
OWN_WAY = [
    ("three.Scalars", '{"fFloat":3.4028235e38}', b"\x15\xff\xff\x7f\x7f", "the largest float at its shortest; Python refuses what it writes itself"),
    ("three.Scalars", '{"fFloat":"1e39"}', "out-of-range", "the same as the number, which both refuse"),
    ("three.Scalars", '{"fFloat":true}', "wrong-type", "the guide: a number or a string"),
    ("three.Scalars", '{"fDouble":false}', "wrong-type", "the guide: a number or a string"),
    ("three.Scalars", '{"fEnum":true}', "wrong-type", "the guide: a name or an integer"),
    ("three.Scalars", '{"fEnum":1.5}', "not-an-integer", "the guide: a name or an integer"),
    ("three.Scalars", '{"fEnum":"1"}', "unknown-enum-value", "the guide: a name or an integer"),
    ("three.Scalars", '{"fEnum":4294967296}', "out-of-range", "an enum has 32 bits"),
    ("three.Scalars", '{"fInt32":"+1"}', "not-an-integer", "no number of JSON"),
    ("three.Scalars", '{"fInt32":"1_000"}', "not-an-integer", "a literal of Python"),
    ("three.Scalars", '{"fInt32":"\u0661"}', "not-an-integer", "digits of JSON are ASCII"),
    ("three.Scalars", '{"fDouble":" 1"}', "invalid-number", "no number of JSON"),
    ("three.Scalars", '{"fDouble":"inf"}', "invalid-number", "the guide: Infinity"),
    ("three.Scalars", '{"fBytes":"AQ==="}', "invalid-base64", "more padding than base64 has"),
    ("three.Scalars", '{"fBytes":"A.Q."}', "invalid-base64", "characters of neither alphabet"),
    ("three.Scalars", '{"fInt32":1,"f_int32":2}', "duplicate-field", "one field by its two names"),
    ("three.Choice", '{"nothing":null,"text":"a"}', "oneof-conflict", "null is the value of a NullValue, so two members are set"),
    ("three.Known", '{"values":[{"a":1},null]}', None, "both take it"),
    ("three.Known", '{"any":{"@type":"three.Scalars"}}', "unknown-type", "any.proto: a type URL has at least one slash"),
    ("three.Known", '{"any":{"@type":"x/google.protobuf.Empty","value":{}}}', field(8, field(1, b"x/google.protobuf.Empty")),
     "Go counts Empty among the types with a form of their own and writes it so"),
    ("three.Known", '{"any":{"@type":"x/google.protobuf.Duration","value":"1s","more":1}}', "unknown-field", "a member nobody reads"),
    ("three.Known", '{"span":"1.0000000001s"}', "invalid-duration", "the guide: nanosecond precision"),
    ("three.Known", '{"span":" 1s"}', "invalid-duration", "the guide: digits, then s"),
    ("three.Known", '{"mask":"a,,b"}', "invalid-field-mask", "an empty path names no field"),
    ("two.Old", '{"closed":"2"}', "unknown-enum-value", "the guide: a name or an integer"),
    ("three.Scalars", "[]", "expected-object", "the guide: a message is an object"),
    ("three.Known", '{"value":NaN}', "unexpected-byte", "RFC 8259 section 6: no number of JSON"),
]


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


# Wire bytes that a serializer would not write, read by both to the same message.
ODD_WIRE = [
    ("three.Scalars", tag(5, 0) + varint(1) + tag(5, 0) + varint(2)),
    ("three.Scalars", tag(9, 2) + b"\x01a" + tag(5, 0) + b"\x01" + tag(9, 2) + b"\x01b"),
    ("three.Scalars", tag(5, 0) + b"\x81\x80\x80\x00"),
    ("three.Scalars", tag(5, 0) + varint(2**40 + 7)),
    ("three.Scalars", tag(8, 0) + varint(2**63)),
    ("three.Scalars", tag(8, 0) + varint(2)),
    ("three.Scalars", tag(12, 0) + varint(2**32 + 1)),
    ("three.Scalars", tag(5, 5) + b"\x01\x00\x00\x00"),
    ("three.Scalars", tag(9, 0) + b"\x01" + tag(5, 2) + b"\x01\x05"),
    ("three.Scalars", b"".join(oracle.UNKNOWN) + tag(5, 0) + b"\x01" + b"".join(oracle.UNKNOWN)),
    ("three.Scalars", b"\xa8\x80\x80\x80\x00\x01"),
    ("three.Lists", tag(5, 0) + b"\x01" + field(5, b"\x02\x03") + tag(5, 0) + b"\x04" + field(5, b"")),
    ("three.Lists", field(18, b"\x01\x02") + tag(18, 0) + b"\x03"),
    ("three.Lists", field(1, b"12345678" * 2) + tag(1, 1) + b"87654321"),
    ("three.Lists", field(5, b"\x01") + field(9, b"x") + field(5, b"\x02") + field(9, b"y")),
    ("three.Optionals", field(8, tag(5, 0) + b"\x01") + field(8, tag(11, 0) + b"\x02") + field(8, tag(5, 0) + b"\x03")),
    ("three.Optionals", field(8, field(9, b"a")) + field(5, b"b") + field(8, b"")),
    ("three.Maps", field(1, tag(1, 0) + b"\x01" + field(2, b"a")) + field(1, tag(1, 0) + b"\x01" + field(2, b"b"))),
    ("three.Maps", field(1, field(2, b"a") + tag(1, 0) + b"\x01")),
    ("three.Maps", field(1, b"") + field(9, b"") + field(14, b"")),
    ("three.Maps", field(1, tag(1, 0) + b"\x01" + tag(1, 0) + b"\x02" + field(2, b"a") + field(2, b"b"))),
    ("three.Maps", field(9, tag(1, 5) + b"\x01\x00\x00\x00" + field(2, tag(5, 0) + b"\x05") + field(2, field(9, b"s")))),
    ("three.Maps", b"".join(field(12, field(1, b"k%d" % (i % 40)) + field(2, b"%d" % i)) for i in range(200))),
    ("three.Maps", b"".join(field(5, tag(1, 0) + varint(i % 50) + tag(2, 0) + varint(i)) for i in range(200))),
    ("three.Choice", field(1, b"a") + tag(2, 0) + b"\x05"),
    ("three.Choice", tag(2, 0) + b"\x05" + field(1, b"")),
    ("three.Choice", field(3, field(9, b"x")) + tag(2, 0) + b"\x01" + field(3, tag(5, 0) + b"\x01")),
    ("three.Choice", field(3, field(9, b"x")) + field(3, tag(5, 0) + b"\x01")),
    ("three.Choice", tag(4, 0) + b"\x00"),
    ("three.Choice", tag(4, 0) + b"\x05"),
    ("three.Choice", field(5, tag(1, 0) + b"\x00") + field(10, b"l") + field(11, b"r")),
    ("three.Known", field(1, tag(1, 0) + b"\x05") + field(1, tag(2, 0) + varint(5000000))),
    ("three.Known", field(5, b"")),
    ("three.Known", field(5, field(3, b"a") + tag(4, 0) + b"\x01")),
    ("three.Known", field(5, field(5, field(1, field(1, b"a") + field(2, tag(4, 0) + b"\x01")))) * 2),
    ("three.Known", field(5, field(6, field(1, b""))) + field(5, field(6, field(1, tag(4, 0) + b"\x01")))),
    ("three.Known", field(8, field(1, b"x/three.Scalars") + field(2, tag(5, 0) + b"\x01")) + field(8, field(2, tag(5, 0) + b"\x02"))),
    ("three.Known", field(8, field(2, tag(5, 0) + b"\x02") + field(1, b"x/three.Scalars"))),
    ("three.Known", field(8, field(1, b"x/three.Scalars"))),
    ("three.Known", field(11, tag(1, 0) + b"\x05" + tag(1, 0) + b"\x06") + field(16, b"")),
    ("three.Known", field(3, field(1, b"a_b") + field(1, b"c"))),
    ("two.Old", tag(4, 0) + b"\x63" + tag(1, 0) + b"\x01"),
    ("two.Old", tag(4, 0) + b"\x01" + tag(4, 0) + b"\x63"),
    ("two.Old", tag(8, 0) + b"\x63" + tag(8, 0) + b"\x01" + field(8, b"\x63\x02\x00")),
    ("two.Old", tag(22, 0) + b"\x63" + field(20, b"a") + tag(22, 0) + b"\x63"),
    ("two.Old", field(10, field(1, b"a") + tag(2, 0) + b"\x01") + field(10, field(1, b"b") + tag(2, 0) + b"\x63")),
    ("two.Old", field(10, field(1, b"a") + tag(2, 0) + b"\x63")),
    ("two.Old", tag(13, 3) + field(1, b"a") + tag(13, 4) + tag(13, 3) + tag(2, 0) + b"\x05" + tag(13, 4)),
    ("two.Old", tag(13, 3) + tag(3, 3) + tag(1, 0) + b"\x05" + tag(3, 4) + tag(50, 3) + tag(50, 4) + tag(13, 4)),
    ("two.Old", field(13, field(1, b"a"))),
    ("two.Old", tag(21, 3) + tag(1, 0) + b"\x01" + tag(21, 4) + field(20, b"x")),
    ("two.Old", tag(102, 0) + b"\x01" + field(102, b"\x02\x03") + tag(103, 0) + b"\x04"),
    ("two.Old", field(100, b"a") + field(1000, b"unknown") + field(100, b"b")),
    ("two.Old", field(150, tag(1, 0) + b"\x01") + field(150, field(2, b"n"))),
    ("editions.Modern", tag(11, 3) + tag(1, 0) + b"\x01" + tag(11, 4) + tag(11, 3) + tag(2, 0) + b"\x02" + tag(11, 4)),
    ("editions.Modern", tag(5, 0) + b"\x01" + field(6, b"\x01\x02")),
    ("editions.Modern", tag(8, 0) + b"\x05" + tag(7, 0) + b"\x05"),
    ("editions.Modern", tag(2, 0) + b"\x00" + field(3, b"") + tag(1, 0) + b"\x00" + field(4, b"")),
    ("editions.Modern", tag(18, 3) + tag(1, 0) + b"\x05" + tag(18, 4) + tag(19, 3) + tag(2, 1) + b"\x00" * 8 + tag(19, 4)),
    ("delimited.Whole", field(4, field(1, b"a") + field(2, tag(1, 0) + b"\x01")) + field(7, b"\x01\x05\x00")),
]

# Wire bytes that both refuse.
BROKEN_WIRE = [
    ("three.Scalars", b"\x08"), ("three.Scalars", b"\x28\x80"), ("three.Scalars", b"\x00\x01"), ("three.Scalars", b"\x07"), ("three.Scalars", b"\x2e\x01"),
    ("three.Scalars", tag(9, 2) + b"\x05ab"), ("three.Scalars", tag(1, 1) + b"1234567"), ("three.Scalars", tag(2, 5) + b"123"),
    ("three.Scalars", tag(77, 3)), ("three.Scalars", tag(77, 4)), ("three.Scalars", tag(77, 3) + tag(78, 4)), ("three.Scalars", b"\x28" + b"\x80" * 10 + b"\x01"),
    ("three.Scalars", field(9, b"\xff")), ("three.Scalars", field(9, b"\xed\xa0\x80")), ("three.Scalars", field(9, b"\xc0\x80")),
    ("three.Scalars", field(9, b"\xf5\x80\x80\x80")), ("three.Scalars", tag(9, 2) + b"\xff\xff\xff\xff\x0f"), ("three.Lists", field(5, b"\x80")),
    ("three.Lists", field(1, b"1234567")), ("three.Lists", field(9, b"\x80")), ("three.Maps", field(12, field(1, b"\xff"))), ("three.Maps", field(1, b"\x08")),
    ("three.Known", field(1, tag(1, 0) + varint(253402300800))), ("three.Known", field(1, tag(1, 0) + varint(-62135596801))),
    ("three.Known", field(1, tag(2, 0) + varint(10**9))), ("three.Known", field(1, tag(2, 0) + varint(-1))),
    ("three.Known", field(2, tag(1, 0) + varint(315576000001))), ("three.Known", field(2, tag(1, 0) + b"\x01" + tag(2, 0) + varint(-1))),
    ("three.Known", field(5, tag(2, 1) + b"\x00\x00\x00\x00\x00\x00\xf8\x7f")), ("three.Known", field(5, tag(2, 1) + b"\x00\x00\x00\x00\x00\x00\xf0\x7f")),
    ("three.Known", field(8, field(1, b"x/three.None"))), ("three.Known", field(8, field(1, b"x/three.Scalars") + field(2, b"\x08"))),
    ("three.Known", field(3, field(1, b"aB"))), ("three.Known", field(3, field(1, b"a__b"))), ("two.Old", tag(13, 3) + b"\x08"),
    ("two.Old", tag(13, 3) + tag(14, 4)), ("editions.Modern", tag(11, 3) + tag(1, 0) + b"\x01"), ("editions.Modern", tag(11, 4)),
]


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
        of_json("three.Tree", trees), of_json("editions.Modern", groups), of_wire("three.Tree", wire), of_wire("editions.Modern", delimited),
    ])
    assert [("error" not in answer) for answer in found] == [taken] * 4, found
    assert (parsed("three.Tree", trees) is not REFUSED) == taken


def test_unknown_members_are_dropped_when_told():
    cases = [
        ("three.Scalars", '{"nope":{"a":[1,null]},"fInt32":5,"fEnum":"NONE"}'), ("three.Lists", '{"fEnum":["COLOUR_RED","NONE",2]}'),
        ("three.Maps", '{"kFixed64":{"1":"NONE","2":"COLOUR_RED"}}'), ("two.Old", '{"[two.none]":1,"[two.ext_closed]":"NEW","number":1}'),
        ("three.Known", '{"any":{"@type":"x/three.Scalars","nope":1,"fInt32":2},"nope":null}'), ("editions.Modern", '{"chosen":"NEW"}'),
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
    answer, = ask([{"op": "protojson", "descriptors": oracle.base64_of(files.SerializeToString()), "message": "old.Set", "json": "{}"}])
    assert "message_set_wire_format" in answer["error"]
