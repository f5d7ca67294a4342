"""Writes cases.jsonl: what Python protobuf makes of JSON and of wire bytes.

Run beside everything.binpb: python3 make_cases.py > cases.jsonl

Rows: {"kind": "encode", type, json, wire}    JSON text -> wire bytes (hex), map entries in any order
      {"kind": "decode", type, wire, json}    wire bytes (hex) -> JSON text, compared as a tree
      {"kind": "refuse", type, json}          JSON text that is refused
      {"kind": "garbage", type, wire}         wire bytes that are refused
"""
import json
import random
import struct

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

random.seed(20241122)
files = descriptor_pb2.FileDescriptorSet.FromString(open("everything.binpb", "rb").read())
pool = descriptor_pool.DescriptorPool()
for file in files.file:
    pool.Add(file) if hasattr(pool, "Add") else pool.AddSerializedFile(file.SerializeToString())
classes = message_factory.GetMessageClassesForFiles([f.name for f in files.file], pool)


def row(**members):
    print(json.dumps(members, ensure_ascii=False))


def encode(kind, text):
    message = json_format.Parse(text, classes[kind](), descriptor_pool=pool)
    row(kind="encode", type=kind, json=text, wire=message.SerializePartialToString(deterministic=True).hex())


def decode(kind, wire):
    message = classes[kind]()
    message.ParseFromString(wire) if not kind.startswith("test.legacy") else message.MergeFromString(wire)
    text = json_format.MessageToJson(message, indent=None, descriptor_pool=pool, ensure_ascii=False)
    row(kind="decode", type=kind, wire=wire.hex(), json=text)


def refuse(kind, text):
    try:
        json_format.Parse(text, classes[kind](), descriptor_pool=pool)
    except json_format.ParseError:
        row(kind="refuse", type=kind, json=text)
    else:
        raise SystemExit(f"accepted: {kind} {text}")


def strict(kind, text):
    """The proto3 JSON mapping refuses it, Python does not."""
    row(kind="refuse", type=kind, json=text)


def garbage(kind, wire):
    try:
        json_format.MessageToJson(classes[kind].FromString(wire), descriptor_pool=pool)
    except Exception:
        row(kind="garbage", type=kind, wire=wire.hex())
    else:
        raise SystemExit(f"accepted: {kind} {wire.hex()}")


def varint(value):
    out = b""
    value &= (1 << 64) - 1
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def tag(number, kind):
    return varint(number << 3 | kind)


def field(number, contents):
    return tag(number, 2) + varint(len(contents)) + contents


S, O, L, M, C = "test.Scalars", "test.Optionals", "test.Lists", "test.Maps", "test.Choice"
N, T, W, X, D = "test.Names", "test.Tree", "test.WellKnown", "test.Wide", "test.legacy.Old"

# Integers: every kind, both sides of each boundary, as number and string.
bounds = {
    "i32": (-2**31, 2**31 - 1), "s32": (-2**31, 2**31 - 1), "sf32": (-2**31, 2**31 - 1), "u32": (0, 2**32 - 1),
    "f32": (0, 2**32 - 1), "i64": (-2**63, 2**63 - 1), "s64": (-2**63, 2**63 - 1), "sf64": (-2**63, 2**63 - 1),
    "u64": (0, 2**64 - 1), "f64": (0, 2**64 - 1),
}
for name, (low, high) in bounds.items():
    for value in (low, high, 0, 1, 127, 128, 300):
        encode(S, f'{{"{name}":{value}}}')
        encode(S, f'{{"{name}":"{value}"}}')
    for value in (low - 1, high + 1):
        refuse(S, f'{{"{name}":{value}}}')
        refuse(S, f'{{"{name}":"{value}"}}')
    for value in ("1.5", '"1.5"', '""', '" 1"', '"1 "', '"0x10"', "true", "[]", "{}", '"abc"', '"--1"'):
        refuse(S, f'{{"{name}":{value}}}')
    if not name.endswith("64"):
        encode(S, f'{{"{name}":1e2}}')
        encode(S, f'{{"{name}":7.0}}')
for value in ("0", "-0.0", "1", "-1.5", "1e10", "1.7976931348623157e308", "5e-324", "0.1", "123456789.123456789", '"NaN"',
              '"Infinity"', '"-Infinity"', '"1.25"', '"-3e-2"'):
    encode(S, f'{{"d":{value}}}')
for value in ("0", "1.5", "3.4028234e38", "-3.4028234e38", "1e-45", "0.1", '"NaN"', '"Infinity"', '"-Infinity"', '"2.5"'):
    encode(S, f'{{"f":{value}}}')
for value in ("1e39", "-1e39", '"abc"', '""'):
    refuse(S, f'{{"f":{value}}}')
for value in ('"abc"', '""', "[1]", "{}"):
    refuse(S, f'{{"d":{value}}}')
for value in ("true", "false"):
    encode(S, f'{{"flag":{value}}}')
for value in ("1", "0", '"yes"', "[]", '""'):
    refuse(S, f'{{"flag":{value}}}')
for value in ('""', '"a"', '"\\u00e9\\n\\t\\"\\\\\\/"', '"\\ud83d\\ude00"', '"h\u00e9llo \u4e16\u754c \U0001f600"', '"' + "x" * 200 + '"', '"\\u0000"'):
    encode(S, f'{{"text":{value}}}')
for value in ("1", "true", "[]", "{}"):
    refuse(S, f'{{"text":{value}}}')
for value in ('""', '"AA=="', '"AAE="', '"AAEC"', '"_-8="', '"/+8="', '"AAE"', '"AA"', '"' + "QUJD" * 60 + '"'):
    encode(S, f'{{"data":{value}}}')
for value in ("1", "true"):
    refuse(S, f'{{"data":{value}}}')
for value in ('"RED"', '"COLOR_UNSPECIFIED"', "1", "-1", '"NEGATIVE"', "99", "0"):
    encode(S, f'{{"color":{value}}}')
for value in ('"PINK"', '""', "[]"):
    refuse(S, f'{{"color":{value}}}')
encode(S, '{"alias":"SECOND"}')
encode(S, '{"alias":"FIRST","i32":5}')
for text in ('{"nope":1}', '"x"', "1", "null", '{"i32":1,"i32":2}', '{"text":null,"text":"a"}'):
    refuse(S, text)
encode(S, "{}")
encode(S, " { \"i32\" : 1 ,\n\"text\":\t\"a\" } ")
encode(S, '{"i32":null,"text":null,"color":null,"data":null,"d":null,"flag":null}')

for text in ('{"f":"1e39"}', '{"f":true}', '{"d":true}', '{"color":true}', '{"color":1.5}', '{"color":4294967296}', "[]"):
    strict(S, text)
strict(C, '{"nothing":null,"text":"a"}')
strict(N, '{"snakeCaseName":"a","snake_case_name":"b"}')
for text in ('{"span":"1.0000000001s"}', '{"span":"1 s"}', '{"any":{"@type":"test.Scalars"}}'):
    strict(W, text)

# Presence.
encode(O, '{"i32":0,"text":"","flag":false,"d":0,"color":"COLOR_UNSPECIFIED","data":"","scalars":{}}')
encode(O, '{"i32":null,"scalars":null}')
encode(O, '{"scalars":{"i32":0,"text":"","u64":"7"}}')
decode(O, classes[O](i32=0, text="", flag=False, d=0, color=0, data=b"", scalars=classes[S]()).SerializeToString())

# Lists.
encode(L, '{"i32":[1,2,"3",-4],"text":["","a"],"flag":[true,false],"color":["RED",2,0],"data":["","AA=="],"unpacked":[0,1,300]}')
encode(L, '{"scalars":[{},{"i32":1},{"text":"x"}],"d":["NaN",1.5],"s64":["-1",-2],"f32":[1,2]}')
encode(L, '{"i32":[],"text":null,"scalars":[]}')
for text in ('{"i32":[1,null]}', '{"i32":1}', '{"text":"a"}', '{"i32":[[1]]}', '{"i32":{}}', '{"text":[null]}', '{"scalars":[null]}',
             '{"scalars":{}}', '{"i32":["x"]}', '{"color":["PINK"]}'):
    refuse(L, text)

# Maps.
for text in ('{"text":{"a":"b"}}', '{"text":{"":""}}', '{"i32":{"-1":"5"}}', '{"i64":{"9223372036854775807":true}}', '{"u32":{"1":0}}',
             '{"u64":{"18446744073709551615":"RED"}}', '{"flag":{"true":"AA=="}}', '{"flag":{"false":""}}', '{"scalars":{"x":{}}}',
             '{"scalars":{"x":{"i32":5}}}', '{"s32":{"-5":1.5}}', '{"value":{"n":null}}', '{"value":{"n":[1,{"a":false}]}}', '{"f64":{"5":"v"}}',
             '{"text":{}}', '{"text":null}', '{"nested":{"-3":{"nested":{"4":{"text":{"k":"v"}}}}}}', '{"text":{"a":"1","b":"2","c":"3"}}'):
    encode(M, text)
for text in ('{"text":{"a":null}}', '{"text":[]}', '{"i32":{"a":1}}', '{"i32":{"1.5":1}}', '{"flag":{"yes":""}}', '{"text":{"a":1}}',
             '{"u32":{"-1":1}}', '{"u64":{"1":"PINK"}}', '{"i32":{"":1}}', '{"text":"a"}'):
    refuse(M, text)

# Oneofs.
for text in ('{"text":""}', '{"number":0}', '{"scalars":{}}', '{"nothing":null}', '{"flag":false,"left":"x"}', '{"text":null,"number":3}',
             '{"right":"","outside":"o"}'):
    encode(C, text)
for text in ('{"text":"a","number":1}', '{"left":"a","right":""}', '{"scalars":{},"flag":true}'):
    refuse(C, text)

# Names.
encode(N, '{"snakeCaseName":"a","weird \\"name\\"":"b","Leading":"c","with2Digits":"d","trailing":"e","camelCase":"f","aB":"g"}')
encode(N, '{"snake_case_name":"a","renamed":"b","_leading":"c","with_2_digits":"d","trailing_":"e","a__b":"g"}')
encode(N, '{"snake\\u005fcase_name":"a"}')
for text in ('{"SnakeCaseName":"a"}', '{"":"a"}'):
    refuse(N, text)
decode(N, classes[N](snake_case_name="1", renamed="2", _leading="3", with_2_digits="4", trailing_="5", camelCase="6", a__b="7").SerializeToString())

# Well-known types.
for text in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z",
             "2024-02-29T12:34:56.123Z", "2024-02-29T12:34:56.123456Z", "2000-02-29T00:00:00+01:00", "2024-06-30T23:59:59-08:30"):
    encode(W, f'{{"time":"{text}"}}')
for value in ('""', "1", '"2024-02-30T00:00:00Z"', '"2023-02-29T00:00:00Z"', '"2024-01-01T24:00:00Z"', '"2024-01-01T00:00:00"',
              '"2024-01-01 00:00:00Z"', '"2024-13-01T00:00:00Z"', '"0000-01-01T00:00:00Z"', '"10000-01-01T00:00:00Z"', '"2024-01-01T00:00:00z"',
              '"2024-01-01T00:60:00Z"', '"x"', '"2024-01-01T00:00:00.1234567891Z"'):
    refuse(W, f'{{"time":{value}}}')
for text in ("0s", "1s", "-1s", "1.5s", "-0.5s", "-1.000000001s", "315576000000s", "-315576000000s", "0.000001s", "3.100s"):
    encode(W, f'{{"span":"{text}"}}')
for value in ('"1"', '""', '"s"', "1", '"315576000001s"', '"-315576000001s"', '"x s"'):
    refuse(W, f'{{"span":{value}}}')
for text in ("", "a", "fooBar", "a,b", "fooBar.bazQux,x1"):
    encode(W, f'{{"mask":"{text}"}}')
for value in ('"foo_bar"', "1", "[]"):
    refuse(W, f'{{"mask":{value}}}')
for text in ('{"structure":{}}', '{"structure":{"a":1}}', '{"structure":{"a":{"b":[1,"x",null,true,{"c":{}}]}}}', '{"value":null}', '{"value":1.5}', '{"value":"s"}',
             '{"value":false}', '{"value":{}}', '{"value":[]}', '{"value":[[],[null]]}', '{"list":[]}', '{"list":[1,"a",null,[2]]}',
             '{"structure":null,"list":null}', '{"values":[null,1,[null]]}', '{"nothing":null}', '{"empty":{}}', '{"empty":null}',
             '{"d":1.5,"f":2.5,"i64":"-7","u64":7,"i32":0,"u32":1,"flag":false,"text":"","data":"AAE="}', '{"d":null,"i64":null,"text":null}',
             '{"numbers":[1,"0",2]}', '{"times":["1970-01-01T00:00:01Z"]}'):
    encode(W, text)
for text in ('{"structure":[]}', '{"structure":1}', '{"list":{}}', '{"list":1}', '{"empty":{"a":1}}', '{"i64":"x"}', '{"flag":1}', '{"text":1}',
             '{"numbers":[null]}', '{"times":[null]}', '{"i64":{"value":1}}'):
    refuse(W, text)
for text in ('{"any":{"@type":"type.googleapis.com/test.Scalars","i32":5,"text":"x"}}', '{"any":{"@type":"x/test.Scalars"}}',
             '{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1.5s"}}',
             '{"any":{"value":[1,2],"@type":"type.googleapis.com/google.protobuf.Value"}}',
             '{"any":{"i32":5,"@type":"type.googleapis.com/test.Scalars"}}',
             '{"any":{"@type":"type.googleapis.com/google.protobuf.Any","value":{"@type":"a/test.Tree","name":"t"}}}',
             '{"anys":[{"@type":"a/google.protobuf.Int64Value","value":"5"},{"@type":"a/test.Tree","left":{"name":"l"}}]}'):
    encode(W, text)
for text in ('{"any":{"@type":"type.googleapis.com/test.Missing"}}', '{"any":{"i32":1}}',
             '{"any":{"@type":"x/test.Scalars","nope":1}}', '{"any":{"@type":5}}', '{"any":1}'):
    refuse(W, text)

# Wire oddities: order, splitting, replacement, packing, unknown fields.
decode(S, tag(9, 2) + b"\x01b" + tag(5, 0) + b"\x07" + tag(9, 2) + b"\x01c")
decode(S, tag(5, 0) + b"\x07" + tag(5, 0) + b"\x00")
decode(S, tag(5, 0) + varint(-1) + tag(13, 0) + varint(2**40 + 5) + tag(8, 0) + varint(300) + tag(14, 0) + varint(2**32 + 1))
decode(S, tag(50, 0) + b"\x07" + tag(51, 2) + b"\x02hi" + tag(52, 5) + b"1234" + tag(53, 1) + b"12345678" + tag(54, 3) + tag(54, 4) + tag(5, 0) + b"\x01")
decode(S, tag(5, 2) + b"\x01\x01" + tag(9, 0) + b"\x01" + tag(8, 0) + b"\x01")
decode(S, tag(15, 5) + b"\xff\xff\xff\xff" + tag(16, 1) + b"\xff" * 8 + tag(17, 0) + varint(2**32 - 1) + tag(18, 0) + varint(2**64 - 1))
decode(L, tag(5, 0) + b"\x01" + tag(9, 2) + b"\x01a" + tag(5, 2) + b"\x02\x02\x03" + tag(9, 2) + b"\x01b" + tag(5, 0) + b"\x04")
decode(L, tag(21, 2) + b"\x02\x02\x03" + tag(21, 0) + b"\x04")
decode(L, tag(5, 2) + b"\x00")
decode(L, tag(5, 2) + b"\x00" + tag(9, 2) + b"\x00" + tag(5, 2) + b"\x00")
decode(T, field(2, field(1, b"a")) + field(1, b"root") + field(2, field(3, field(1, b"r"))) + field(2, field(1, b"b")))
decode(T, field(2, b"") + field(2, b""))
decode(T, field(2, field(2, field(1, b"x"))) + field(2, field(2, field(3, b""))))
decode(C, field(1, b"a") + tag(2, 0) + b"\x05")
decode(C, field(3, field(9, b"x")) + tag(2, 0) + b"\x05" + field(3, tag(5, 0) + b"\x01"))
decode(C, field(3, field(9, b"x")) + field(3, tag(5, 0) + b"\x01"))
decode(C, field(12, b"o") + field(10, b"l") + field(1, b"t") + field(11, b"r"))
decode(C, tag(4, 0) + b"\x00")
decode(M, field(1, field(1, b"k") + field(2, b"1")) + field(1, field(1, b"k") + field(2, b"2")))
decode(M, field(1, field(2, b"v")) + field(1, field(1, b"k")) + field(1, field(2, b"v") + field(1, b"z")))
decode(M, field(1, b""))
decode(M, field(7, field(1, b"k") + field(2, field(9, b"x")) + field(2, tag(5, 0) + b"\x01")))
decode(M, field(7, field(1, b"k") + field(2, field(9, b"x"))) + field(7, field(1, b"k") + field(2, tag(5, 0) + b"\x01")))
decode(M, field(1, field(1, b"a") + field(2, b"1")) + field(2, tag(1, 0) + b"\x01" + tag(2, 0) + b"\x02") + field(1, field(1, b"a") + field(2, b"3")))
decode(M, b"".join(field(1, field(1, b"k%d" % (i % 30)) + field(2, b"%d" % i)) for i in range(100)))
decode(M, b"".join(field(2, tag(1, 0) + varint(i % 25 - 5) + tag(2, 0) + varint(i)) for i in range(80)))
decode(W, field(1, tag(1, 0) + varint(5)) + field(1, tag(2, 0) + varint(7000000)))
decode(W, field(5, field(3, b"a") + tag(4, 0) + b"\x01"))
decode(W, field(5, field(5, field(1, field(1, b"a") + field(2, tag(4, 0) + b"\x01")))) + field(5, field(5, field(1, field(1, b"b") + field(2, tag(4, 0) + b"\x00")))))
decode(W, field(6, field(1, field(3, b"a"))) + field(6, field(1, field(3, b"b"))))
decode(W, field(11, b"") + field(16, b"") + field(14, tag(1, 0) + b"\x05" + tag(1, 0) + b"\x06") + field(7, b"") + field(3, b"") + field(8, b""))
decode(X, tag(1000, 2) + b"\x02" + tag(1, 0) + b"\x05" + tag(65, 0) + b"\x01" + tag(66, 0) + b"\x02" + tag(100000, 2) + b"\x01f" + tag(536870911, 0) + b"\x09")
encode(X, '{"f64":1,"f65":2,"deeper":{"f66":3,"f01":1},"far":"x","farthest":-1}')
refuse(X, '{"f65":1,"f66":2}')
refuse(X, '{"f64":1,"f64":2}')

# proto2.
old = classes[D](id=1, name="n", numbers=[1, 2], run=[3, 4], closed=2, list=[1, 2])
old.detail.note = "x"
old.detail.values.extend([1, 2])
old.item.add(count=5)
old.item.add()
old.map["a"] = 1
decode(D, old.SerializePartialToString())
decode(D, tag(1, 0) + b"\x00" + tag(2, 2) + b"\x00")
decode(D, tag(5, 0) + b"\x63" + tag(6, 0) + b"\x63" + tag(6, 0) + b"\x01" + tag(5, 0) + b"\x01" + tag(5, 0) + b"\x63")
decode(D, tag(7, 3) + tag(1, 2) + b"\x01a" + tag(7, 4) + tag(7, 3) + tag(2, 0) + b"\x05" + tag(7, 4))
encode(D, '{"id":0,"name":"","numbers":[1,2],"run":[3,4],"closed":"TWO","list":["ONE"],"detail":{"note":"x","values":[1]},"item":[{"count":5},{}]}')

# Broken wire.
for wire in (b"\x08", b"\x28", b"\x28\x80", tag(9, 2) + b"\x05ab", b"\x00", b"\x07", tag(1, 1) + b"123", tag(2, 5) + b"123", tag(54, 3), tag(54, 4),
             tag(54, 3) + tag(55, 4), tag(9, 2) + b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", tag(9, 2) + b"\x02\xc3\x28", b"\x80" * 11 + b"\x01"):
    garbage(S, wire)
garbage(L, tag(5, 2) + b"\x01\x80")
garbage(L, tag(1, 2) + b"\x03123")
garbage(W, field(1, tag(1, 0) + varint(253402300800)))
garbage(W, field(1, tag(2, 0) + varint(1000000000)))
garbage(W, field(1, tag(2, 0) + varint(-1)))
garbage(W, field(2, tag(1, 0) + varint(1) + tag(2, 0) + varint(-1)))
garbage(W, field(2, tag(1, 0) + varint(315576000001)))
garbage(W, field(8, field(1, b"x/test.Missing")))
garbage(W, field(5, tag(2, 1) + struct.pack("<d", float("nan"))))

# Random messages, both ways.


def text():
    return "".join(random.choice('ab"\\\n\u00e9\u4e16\U0001f600/<') for _ in range(random.choice([0, 1, 3, 9, 30])))


def scalar(kind, enum):
    f = descriptor_pb2.FieldDescriptorProto
    if kind in (f.TYPE_INT32, f.TYPE_SINT32, f.TYPE_SFIXED32):
        return random.choice([0, 1, -1, 2**31 - 1, -2**31, random.randint(-1000, 1000)])
    if kind in (f.TYPE_INT64, f.TYPE_SINT64, f.TYPE_SFIXED64):
        return random.choice([0, 1, -1, 2**63 - 1, -2**63, random.randint(-10**12, 10**12)])
    if kind in (f.TYPE_UINT32, f.TYPE_FIXED32):
        return random.choice([0, 1, 2**32 - 1, random.randint(0, 1000)])
    if kind in (f.TYPE_UINT64, f.TYPE_FIXED64):
        return random.choice([0, 1, 2**64 - 1, random.randint(0, 10**12)])
    if kind == f.TYPE_BOOL:
        return random.random() < 0.5
    if kind == f.TYPE_STRING:
        return text()
    if kind == f.TYPE_BYTES:
        return random.randbytes(random.choice([0, 1, 2, 3, 20]))
    if kind == f.TYPE_ENUM:
        return random.choice(enum.values).number
    value = random.choice([0.0, -0.0, 1.5, float("inf"), float("-inf"), random.gauss(0, 1), random.uniform(-1, 1) * 10 ** random.randint(-30, 30)])
    return struct.unpack("<f", struct.pack("<f", value))[0] if kind == f.TYPE_FLOAT else value


def fill(message, depth):
    done = set()
    for fd in message.DESCRIPTOR.fields:
        if random.random() < 0.45 or (fd.containing_oneof and fd.containing_oneof.name in done):
            continue
        if fd.message_type and fd.message_type.full_name.startswith("google.protobuf."):
            continue
        if fd.message_type and fd.message_type.GetOptions().map_entry:
            key, value = fd.message_type.fields_by_name["key"], fd.message_type.fields_by_name["value"]
            target = getattr(message, fd.name)
            for _ in range(random.randint(0, 3)):
                if value.message_type:
                    if value.message_type.full_name == "google.protobuf.Value" or depth <= 0:
                        continue
                    fill(target[scalar(key.type, None)], depth - 1)
                else:
                    target[scalar(key.type, None)] = scalar(value.type, value.enum_type)
        elif fd.message_type:
            if depth <= 0:
                continue
            if fd.is_repeated:
                for _ in range(random.randint(0, 3)):
                    fill(getattr(message, fd.name).add(), depth - 1)
            else:
                getattr(message, fd.name).SetInParent()
                fill(getattr(message, fd.name), depth - 1)
        elif fd.is_repeated:
            getattr(message, fd.name).extend(scalar(fd.type, fd.enum_type) for _ in range(random.randint(0, 4)))
        else:
            setattr(message, fd.name, scalar(fd.type, fd.enum_type))
        if fd.containing_oneof:
            done.add(fd.containing_oneof.name)


for name in (S, O, L, M, C, T, X, D):
    for _ in range(25):
        message = classes[name]()
        fill(message, 2)
        wire = message.SerializePartialToString(deterministic=True)
        decode(name, wire)
        encode(name, json_format.MessageToJson(message, indent=None, ensure_ascii=random.random() < 0.5, descriptor_pool=pool))


def value(depth):
    kind = random.randint(0, 5 if depth else 3)
    if kind == 4:
        return [value(depth - 1) for _ in range(random.randint(0, 3))]
    if kind == 5:
        return {text(): value(depth - 1) for _ in range(random.randint(0, 3))}
    return [None, random.choice([0, 1.5, -3e20, 7]), text(), True][kind]


for _ in range(25):
    members = {"value": value(3), "list": [value(2) for _ in range(3)], "structure": {text(): value(2)}}
    message = json_format.ParseDict(members, classes[W]())
    message.time.FromNanoseconds(random.randint(-62135596800, 253402300799) * 10**9 + random.choice([0, 1, 1000, 10**6, 999999999]))
    message.span.FromNanoseconds(random.randint(-10**15, 10**15))
    wire = message.SerializeToString(deterministic=True)
    decode(W, wire)
    encode(W, json_format.MessageToJson(message, indent=None))
