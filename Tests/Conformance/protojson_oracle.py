"""Python protobuf as the oracle of `test_protojson.py`: types, random messages, what it makes of JSON and of wire bytes."""

import base64
import json
import math
import pathlib
import random
import struct

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor as F

DESCRIPTORS = (pathlib.Path(__file__).parent / "protojson" / "everything.binpb").read_bytes()
POOL = descriptor_pool.DescriptorPool()
for file in descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS).file:
    POOL.AddSerializedFile(file.SerializeToString())

TYPES = [
    "three.Scalars", "three.Optionals", "three.Lists", "three.Maps", "three.Choice", "three.Names", "three.Known", "three.Tree",
    "two.Old", "editions.Modern", "delimited.Whole",
]
REFUSED = object()


def new(name):
    return message_factory.GetMessageClass(POOL.FindMessageTypeByName(name))()


# What Python makes of either form.


def parsed(name, text, **options):
    """The message of a JSON text, or REFUSED."""
    try:
        return json_format.Parse(text, new(name), descriptor_pool=POOL, **options)
    except (json_format.ParseError, RecursionError):
        return REFUSED


def read(name, wire):
    """The message of wire bytes, or REFUSED."""
    message = new(name)
    try:
        message.MergeFromString(wire)
    except Exception:  # noqa: BLE001 - the runtimes raise errors of their own
        return REFUSED
    return message


def printed(message, **options):
    """The JSON tree of a message, or REFUSED."""
    try:
        return json.loads(json_format.MessageToJson(message, descriptor_pool=POOL, **options))
    except Exception:  # noqa: BLE001
        return REFUSED


def wire_bytes(message):
    """The same bytes in every run."""
    return message.SerializePartialToString(deterministic=True)


def canonical(message):
    """Bytes that are equal for equal messages: maps sorted, the contents of every Any written anew."""
    copy = type(message)()
    copy.CopyFrom(message)
    _settle(copy)
    return wire_bytes(copy)


def _settle(message):
    message.DiscardUnknownFields()
    inner = unpacked(message)
    if inner is not None:
        message.value = canonical(inner)
    for part in parts(message):
        _settle(part)


def unpacked(message):
    """What an Any holds; None for another message and an empty one."""
    if message.DESCRIPTOR.full_name != "google.protobuf.Any" or not message.type_url:
        return None
    inner = new(message.type_url.rsplit("/", 1)[-1])
    inner.MergeFromString(message.value)
    return inner


def parts(message):
    """The messages in the fields of a message."""
    for field, value in message.ListFields():
        if is_map(field):
            if field.message_type.fields_by_name["value"].message_type:
                yield from (value[key] for key in value)
        elif field.message_type:
            yield from value if field.is_repeated else [value]


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


# Trees of JSON, compared as values.


def tree(text):
    """What a JSON text holds; refuses what RFC 8259 does not know and names given twice."""

    def unique(members):
        assert len({name for name, _ in members}) == len(members), "a name twice"
        return dict(members)

    def unknown(word):
        raise ValueError(word)

    # Python reads `-0` as the integer, which has no sign.
    return json.loads(
        text, object_pairs_hook=unique, parse_constant=unknown, parse_int=lambda digits: -0.0 if digits == "-0" else int(digits))


def same(left, right):
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    return type(left) is type(right) and left == right


# Random messages.

INTEGERS = {
    **dict.fromkeys([F.TYPE_INT32, F.TYPE_SINT32, F.TYPE_SFIXED32], (-2**31, 2**31 - 1)),
    **dict.fromkeys([F.TYPE_INT64, F.TYPE_SINT64, F.TYPE_SFIXED64], (-2**63, 2**63 - 1)),
    **dict.fromkeys([F.TYPE_UINT32, F.TYPE_FIXED32], (0, 2**32 - 1)),
    **dict.fromkeys([F.TYPE_UINT64, F.TYPE_FIXED64], (0, 2**64 - 1)),
}
# Not the largest one, which Python writes and does not read, and no denormal, which it does not write at its shortest.
SINGLES = [0.0, -0.0, 1.0, -1.5, 0.1, 16777216.0, 3.4028233e38, 1.17549435e-38, 1e10, 1e20, 123456.79]
DOUBLES = SINGLES + [5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 0.30000000000000004, 1e21, 1e16, 9007199254740993.0]
TEXTS = [
    "", "a", "plain text", 'quote " and \\ and /', "\n\t\r\b\f\x00\x01\x1f\x7f", "é世界😀", "\u2028\u2029", "\ufffd\uffff", "x" * 130,
]


class Writer:
    """Fills messages; the same seed gives the same messages."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def message(self, name, depth=2):
        message = new(name)
        self.fill(message, depth)
        return message

    def fill(self, message, depth):
        descriptor = message.DESCRIPTOR
        known = getattr(self, "known_" + descriptor.name, None)
        if known and descriptor.full_name.startswith("google.protobuf."):
            return known(message, depth)
        fields = [field for field in descriptor.fields if self.random.random() < self.share(descriptor)]
        for field in fields:
            if not field.message_type or depth > 0:
                self.set(message, field, depth)
        if descriptor.is_extendable and self.random.random() < 0.5:
            for field in sorted(POOL.FindAllExtensions(descriptor), key=lambda one: one.number):
                if self.random.random() < 0.4 and (not field.message_type or depth > 0):
                    self.set_extension(message, field, depth)

    def share(self, descriptor):
        return self.random.choice([0.1, 0.5, 1]) if len(descriptor.fields) < 30 else 0.3

    def set(self, message, field, depth):
        if is_map(field):
            key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            entries = getattr(message, field.name)
            for _ in range(self.random.randint(0, 3)):
                if value.message_type:
                    self.fill(entries[self.scalar(key)], depth - 1)
                else:
                    entries[self.scalar(key)] = self.scalar(value)
        elif field.is_repeated:
            self.extend(getattr(message, field.name), field, depth)
        elif field.message_type:
            inner = getattr(message, field.name)
            inner.SetInParent()
            self.fill(inner, depth - 1)
        else:
            setattr(message, field.name, self.scalar(field))

    def set_extension(self, message, field, depth):
        if field.is_repeated:
            self.extend(message.Extensions[field], field, depth)
        elif field.message_type:
            message.Extensions[field].SetInParent()
            self.fill(message.Extensions[field], depth - 1)
        else:
            message.Extensions[field] = self.scalar(field)

    def extend(self, values, field, depth):
        for _ in range(self.random.choice([0, 1, 2, 5])):
            if field.message_type:
                self.fill(values.add(), depth - 1)
            else:
                values.append(self.scalar(field))

    def scalar(self, field):
        choose = self.random.choice
        if field.type in INTEGERS:
            low, high = INTEGERS[field.type]
            return choose([0, 1, low, high, self.random.randint(low, high), self.random.randint(max(low, -300), 300)])
        if field.type == F.TYPE_DOUBLE:
            return choose(DOUBLES + [math.inf, -math.inf, math.nan, self.real(300)])
        if field.type == F.TYPE_FLOAT:
            value = choose(SINGLES + [math.inf, -math.inf, math.nan, self.real(37)])
            return struct.unpack("<f", struct.pack("<f", value))[0]
        if field.type == F.TYPE_BOOL:
            return choose([True, False])
        if field.type == F.TYPE_STRING:
            return choose(TEXTS + ["".join(choose('ab"\\\né世😀 ') for _ in range(self.random.randint(0, 40)))])
        if field.type == F.TYPE_BYTES:
            return self.random.randbytes(self.random.choice([0, 1, 2, 3, 4, 50, 200]))
        assert field.type == F.TYPE_ENUM, field.full_name
        numbers = [value.number for value in field.enum_type.values]
        if not field.enum_type.is_closed and field.enum_type.name != "NullValue":
            numbers += [99, 2**31 - 1, -2**31]
        return choose(numbers)

    def real(self, decades):
        return self.random.uniform(-1, 1) * 10.0 ** self.random.randint(-decades, decades)

    # The types with a form of their own.

    def known_Timestamp(self, message, _):
        first, last = -62135596800, 253402300799
        message.seconds = self.random.choice([0, -1, first, last, 951782400, 1709164800, self.random.randint(first, last)])
        message.nanos = self.random.choice([0, 0, 1, 1000, 10**6, 999_999_999, 120_000_000, self.random.randrange(10**9)])

    def known_Duration(self, message, _):
        sign = self.random.choice([1, -1])
        message.seconds = sign * self.random.choice([0, 1, 315_576_000_000 - 1, self.random.randrange(10**6)])
        message.nanos = sign * self.random.choice([0, 0, 1, 1000, 10**6, 999_999_999, 500_000_000])

    def known_FieldMask(self, message, _):
        paths = ["a", "foo_bar", "a.b_c.d", "x1", "f_double", "long_name_of_a_field"]
        message.paths.extend(self.random.sample(paths, self.random.randint(0, 4)))

    def known_Value(self, message, depth):
        json_format.ParseDict(self.value(max(0, depth)), message)

    def known_Struct(self, message, depth):
        json_format.ParseDict({self.random.choice(TEXTS): self.value(depth) for _ in range(self.random.randint(0, 3))}, message)

    def known_ListValue(self, message, depth):
        json_format.ParseDict([self.value(depth) for _ in range(self.random.randint(0, 4))], message)

    def known_Any(self, message, depth):
        if self.random.random() < 0.1 or depth < 0:
            return
        name = self.random.choice(TYPES + ["google.protobuf." + known for known in (
            "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue", "Empty", "Any", "Int64Value", "StringValue",
            "BytesValue", "DoubleValue", "BoolValue")])
        inner = new(name)
        self.fill(inner, depth - 1)
        message.type_url = self.random.choice(["type.googleapis.com/", "/", "example.com/a/b/"]) + name
        message.value = wire_bytes(inner)

    def value(self, depth):
        kind = self.random.randint(0, 5 if depth > 0 else 3)
        if kind == 4:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 3))]
        if kind == 5:
            return {self.random.choice(TEXTS): self.value(depth - 1) for _ in range(self.random.randint(0, 3))}
        choices = [[None], [0, -0.0, 1.5, -3e20, 2**53], TEXTS, [True, False]]
        return self.random.choice(choices[kind])


class Speller:
    """Writes a message's JSON in one of the many ways a client may."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, message):
        names, numbers = self.random.random() < 0.3, self.random.random() < 0.3
        value = printed(message, preserving_proto_field_name=names, use_integers_for_enums=numbers)
        assert value is not REFUSED
        value = self.shuffled(value)
        indent = self.random.choice([None, None, 1])
        text = json.dumps(value, ensure_ascii=self.random.random() < 0.5, indent=indent)
        if indent:
            text = self.random.choice(["", " ", "\t\r\n"]) + text + self.random.choice(["", "\n "])
        return text

    def shuffled(self, value):
        if isinstance(value, dict):
            members = list(value.items())
            self.random.shuffle(members)
            return {name: self.shuffled(member) for name, member in members}
        if isinstance(value, (list, tuple)):
            return [self.shuffled(element) for element in value]
        return value


# Spoiled input.

VALUES = [
    None, True, False, 0, 1, -1, 1.5, -0.0, 1e3, 2**31, -2**31 - 1, 2**32, 2**63, 2**64, 1e40, 1e300, "", "a", "1", "-1", "1.0",
    "1e2", " 1", "1 ", "+1", "0x1", "01", "NaN", "Infinity", "-Infinity", "nan", "inf", "true", "false", "null", "AAEC", "_-8",
    "_-8=", "A", "A===", "COLOUR_RED", "ONE", "colour_red", "2024-02-29T12:00:00Z", "2023-02-29T12:00:00Z",
    "2024-01-01T00:00:00.123456789+05:30", "2024-01-01T24:00:00Z", "1.5s", "-0.5s", "1s", "s", "fooBar,b", "foo_bar", "é", [],
    [1], ["a"], [None], [[]], {}, {"a": 1}, {"1": "1"}, {"true": 1}, {"value": 1}, {"@type": "a/three.Tree"},
    {"@type": "a/google.protobuf.Empty"}, {"@type": "nothing"}, {"nothing": None},
]
NAMES = [
    "a", "1", "true", "value", "@type", "fString", "f_string", "[two.ext_text]", "[two.Old.nested_extension]", "[three.none]", "name",
    "text",
]


class Spoiler:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def json(self, value):
        """The tree with one value replaced or added, and that value."""
        value = json.loads(json.dumps(value))
        places = list(self.places(value))
        if not places:
            changed = self.random.choice(VALUES)
            return changed, changed
        container, key = self.random.choice(places)
        way = self.random.randrange(6)
        if way < 4 or isinstance(container, list):
            container[key] = changed = self.random.choice(VALUES)
        else:
            changed = container[key] if way == 4 else self.random.choice(VALUES)
            container[self.random.choice(NAMES)] = changed
        return value, changed

    def places(self, value):
        for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            yield value, key
            yield from self.places(value[key])

    def wire(self, wire, other):
        """The bytes with something changed; `other` is another message of the type."""
        at = self.random.randrange(len(wire) + 1)
        way = self.random.randrange(9)
        if way == 0:
            return wire[:at]
        if way == 1 and wire:
            at = self.random.randrange(len(wire))
            return wire[:at] + bytes([wire[at] ^ 1 << self.random.randrange(8)]) + wire[at + 1:]
        if way == 2:
            return wire[:at] + self.random.randbytes(self.random.randint(1, 3)) + wire[at:]
        if way == 3:
            return wire[:at] + wire[at + self.random.randint(1, 3):]
        if way == 4:
            return wire + other
        if way == 5:
            return other + wire
        records = list(split(wire)) + (list(split(other)) if way == 8 else [])
        if way == 6 and records:
            records.append(self.random.choice(records))
        if way == 7:
            records.insert(self.random.randrange(len(records) + 1), self.random.choice(UNKNOWN))
        self.random.shuffle(records)
        return b"".join(records)


def varint(value):
    value &= 2**64 - 1
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def tag(number, kind):
    return varint(number << 3 | kind)


def field(number, contents):
    return tag(number, 2) + varint(len(contents)) + contents


UNKNOWN = [
    tag(777, 0) + varint(5), tag(777, 1) + b"12345678", field(777, b"abc"), tag(777, 5) + b"1234",
    tag(777, 3) + tag(1, 0) + varint(1) + tag(2, 3) + tag(2, 4) + tag(777, 4), tag(777, 3) + tag(777, 4),
]


def split(wire):
    """The fields of a well-formed message, each with its tag."""
    at = 0
    while at < len(wire):
        start = at
        at = skip(wire, at)
        yield wire[start:at]


def skip(wire, at):
    key, at = number(wire, at)
    kind = key & 7
    if kind == 0:
        return number(wire, at)[1]
    if kind == 1:
        return at + 8
    if kind == 5:
        return at + 4
    if kind == 2:
        length, at = number(wire, at)
        return at + length
    while True:
        inner, _ = number(wire, at)
        if inner & 7 == 4:
            return number(wire, at)[1]
        at = skip(wire, at)


def number(wire, at):
    value = shift = 0
    while True:
        byte = wire[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def base64_of(data):
    return base64.b64encode(data).decode()
