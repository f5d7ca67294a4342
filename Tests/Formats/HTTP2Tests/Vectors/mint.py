"""Mints the vectors of this folder: header blocks by libnghttp2 and hyper's hpack, transcripts by hyper's h2.

    python3 -m venv venv && venv/bin/pip install hpack h2 && venv/bin/python mint.py
needs libnghttp2.so.14 (Debian: libnghttp2-14). Deterministic: the seed is fixed.
"""
import ctypes, os, random

import h2.config, h2.connection, h2.settings
from hpack import Encoder

HERE = os.path.dirname(os.path.abspath(__file__))
rng = random.Random(7541)


class NV(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p), ("namelen", ctypes.c_size_t),
                ("valuelen", ctypes.c_size_t), ("flags", ctypes.c_uint8)]


class NGHTTP2Encoder:
    def __init__(self):
        self.lib = ctypes.CDLL("libnghttp2.so.14")
        self.lib.nghttp2_hd_deflate_hd.restype = ctypes.c_ssize_t
        self.lib.nghttp2_hd_deflate_hd.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p,
                                                   ctypes.c_size_t]
        self.lib.nghttp2_hd_deflate_change_table_size.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        self.deflater = ctypes.c_void_p()
        assert self.lib.nghttp2_hd_deflate_new(ctypes.byref(self.deflater), ctypes.c_size_t(4096)) == 0

    def resize(self, size):
        self.lib.nghttp2_hd_deflate_change_table_size(self.deflater, size)

    def encode(self, fields):
        array = (NV * len(fields))()
        for i, (name, value, sensitive) in enumerate(fields):
            array[i] = NV(name, value, len(name), len(value), 1 if sensitive else 0)
        out = ctypes.create_string_buffer(1 << 16)
        n = self.lib.nghttp2_hd_deflate_hd(self.deflater, out, len(out), array, len(fields))
        assert n >= 0, n
        return out.raw[:n]


class HyperEncoder:
    def __init__(self, huffman):
        self.encoder, self.huffman = Encoder(), huffman

    def resize(self, size):
        self.encoder.header_table_size = size

    def encode(self, fields):
        return self.encoder.encode([(n, v, s) for n, v, s in fields], huffman=self.huffman)


NAMES = [b":status", b":path", b"content-type", b"grpc-status", b"grpc-message", b"x-request-id", b"x-tenant-id", b"cookie",
         b"date", b"server", b"accept-encoding", b"authorization", b"x-a", b"x-b"]
VALUES = [b"200", b"404", b"/", b"application/grpc", b"0", b"13", b"gzip, deflate", b"", b"nginx", b"not%20found"]


def value():
    kind = rng.randrange(6)
    if kind < 3:
        return rng.choice(VALUES)
    if kind == 3:
        return bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz0123456789-_") for _ in range(rng.randrange(1, 40)))
    if kind == 4:
        return bytes(rng.randrange(1, 256) for _ in range(rng.randrange(1, 60)))
    return bytes([rng.randrange(32, 127)]) * rng.randrange(1, 400)


def fields():
    return [(rng.choice(NAMES), value(), rng.randrange(8) == 0) for _ in range(rng.randrange(1, 12))]


def blocks():
    with open(os.path.join(HERE, "blocks.txt"), "w") as out:
        out.write("# N <encoder> starts a connection, B <block> a header block, F <name> <value> <sensitive> what it says; hex\n")
        for name, make in [("nghttp2", NGHTTP2Encoder), ("hyper-huffman", lambda: HyperEncoder(True)),
                           ("hyper-plain", lambda: HyperEncoder(False))]:
            encoder = make()
            out.write(f"N {name}\n")
            for i in range(60):
                if i in (20, 40):
                    encoder.resize(128 if i == 20 else 4096)
                if i == 30:
                    encoder.resize(0)
                    encoder.resize(2048)
                these = fields()
                if name != "nghttp2":
                    # hyper sends a sensitive field by its index when the table happens to hold it.
                    these = [(n, v, False) for n, v, _ in these]
                out.write(f"B {encoder.encode(these).hex()}\n")
                for n, v, s in these:
                    # nghttp2 never indexes these on its own account.
                    s = s or (name == "nghttp2" and (n == b"authorization" or n == b"cookie" and len(v) < 20))
                    out.write(f"F {n.hex()} {v.hex() or '-'} {int(s)}\n")


def transcripts():
    client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
    log = {"client": [], "server": []}

    def turn():
        for _ in range(6):
            for name, here, there in (("client", client, server), ("server", server, client)):
                data = here.data_to_send()
                if data:
                    log[name].append(data)
                    there.receive_data(data)

    request = [(":method", "POST"), (":scheme", "http"), (":path", "/a.B/C"), (":authority", "x"), ("te", "trailers")]
    client.initiate_connection()
    server.initiate_connection()
    turn()
    client.send_headers(1, request)
    client.send_data(1, b"hello", pad_length=7)
    client.send_data(1, b"", end_stream=True)
    turn()
    server.send_headers(1, [(":status", "103"), ("link", "</a>")])
    server.send_headers(1, [(":status", "200"), ("content-type", "application/grpc")])
    server.send_data(1, b"reply" * 10, pad_length=0)
    server.send_headers(1, [("grpc-status", "0"), ("x-long", "v" * 20000)], end_stream=True)
    turn()
    client.send_headers(3, request + [("x-big", "y" * 20000)])
    client.prioritize(5, weight=9)
    client.send_data(3, b"z" * 16384)
    client.end_stream(3)
    turn()
    server.ping(b"12345678")
    server.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 70000,
                            h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 7})
    server.reset_stream(3, error_code=8)
    turn()
    client.send_headers(5, request, priority_weight=5, priority_depends_on=1)
    turn()
    client.reset_stream(5, error_code=8)
    turn()
    client.send_headers(7, request, end_stream=True)
    turn()
    server.send_headers(7, [(":status", "404"), ("content-length", "0")], end_stream=True)
    turn()
    server.close_connection(error_code=0, last_stream_id=7)
    turn()
    with open(os.path.join(HERE, "transcripts.txt"), "w") as out:
        for name in ("client", "server"):
            out.write(f"{name} {b''.join(log[name]).hex()}\n")


blocks()
transcripts()
