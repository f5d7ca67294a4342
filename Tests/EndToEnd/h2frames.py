"""HTTP/2 frame by frame over a plain socket: what a client sends is bytes, whether a client may send them or not."""

import socket
import struct

import hpack

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, WEIGHTED = 1, 1, 4, 8, 32
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR = range(7)
REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(7, 12)
TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, WINDOW, MAX_FRAME, MAX_LIST = range(1, 7)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", name, value) for name, value in pairs))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def goaway(last=0, code=NO_ERROR, more=b""):
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, code) + more)


def priority(stream, on=0, weight=15, exclusive=False):
    return frame(PRIORITY, 0, stream, weighting(on, weight, exclusive))


def integer(value, prefix, high=0):
    """A number after the bits `high` of its first byte (RFC 7541 section 5.1)."""
    largest = (1 << prefix) - 1
    if value < largest:
        return bytes([high | value])
    value -= largest
    parts = [high | largest]
    while value >= 128:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def literal(kind, name, value):
    """A field with a new name in the representation that begins with `kind` (RFC 7541 section 6.2)."""
    return bytes([kind]) + integer(len(name), 7) + name + integer(len(value), 7) + value


def weighting(on=0, weight=15, exclusive=False):
    return struct.pack(">IB", on | exclusive << 31, weight)


class Frames:
    """One connection. `said` holds every frame that came: (type, flags, stream, payload)."""

    def __init__(self, port, greeting=True, pairs=(), timeout=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.said, self.buffer, self.is_closed, self.last = [], b"", False, 1
        self.bodies, self.statuses, self.resets, self.ended = {}, {}, {}, set()
        if greeting:
            self.send(PREFACE + settings(*pairs))
            self.until(lambda: any(kind == SETTINGS and flags & ACK for kind, flags, _, _ in self.said))
            self.send(frame(SETTINGS, ACK))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *frames):
        try:
            self.socket.sendall(b"".join(frames))
        except (ConnectionError, TimeoutError):
            # What came before the connection was closed may still be read.
            pass

    def emptied(self):
        """Begins a block with an empty table: after fields that this side's encoder knows nothing of."""
        self.encoder = hpack.Encoder()
        return integer(0, 5, 0x20) + integer(4096, 5, 0x20)

    def fields(self, *more, method="GET", path="/live", but=()):
        """A header block of a request, without the pseudo-fields of `but`."""
        pseudo = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost")]
        return self.block([pair for pair in pseudo if pair[0] not in but] + list(more))

    def block(self, fields):
        return self.encoder.encode([hpack.HeaderTuple(name, value) for name, value in fields], huffman=False)

    def ask(self, stream, *more, end=True, flags=0, block=None, **options):
        """HEADERS of a request; `last` is its stream."""
        self.last = stream
        block = self.fields(*more, **options) if block is None else block
        return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0) | flags, stream, block)

    def read(self):
        """Takes what has come; False once nothing more can."""
        if self.is_closed:
            return False
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            data = b""
        self.is_closed = not data
        self.buffer += data
        while len(self.buffer) >= 9:
            length = int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < 9 + length:
                break
            kind, flags, stream = struct.unpack(">BBI", self.buffer[3:9])
            self.take(kind, flags, stream & 0x7FFF_FFFF, self.buffer[9:9 + length])
            self.buffer = self.buffer[9 + length:]
        return not self.is_closed

    def take(self, kind, flags, stream, payload):
        self.said.append((kind, flags, stream, payload))
        if kind == HEADERS:
            assert flags & END_HEADERS, "answers of this gateway are single frames"
            for name, value in self.decoder.decode(payload):
                if name == ":status":
                    self.statuses[stream] = int(value)
        elif kind == DATA:
            self.bodies[stream] = self.bodies.get(stream, b"") + payload
        elif kind == RST_STREAM:
            self.resets[stream] = int.from_bytes(payload, "big")
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self.ended.add(stream)

    def until(self, condition):
        """Reads until it holds; False when the connection is closed before."""
        while not condition():
            if not self.read():
                return condition()
        return True

    @property
    def goaway(self):
        """The code of the last GOAWAY; None for none."""
        codes = [struct.unpack(">II", payload[:8])[1] for kind, _, _, payload in self.said if kind == GOAWAY]
        return codes[-1] if codes else None

    def answer(self, stream=1):
        """The status of the whole answer."""
        assert self.until(lambda: stream in self.ended or stream in self.resets), (self.goaway, self.said[-3:])
        assert stream not in self.resets, f"reset with {self.resets[stream]}"
        return self.statuses[stream]

    def is_alive(self):
        """Whether a PING comes back."""
        self.send(frame(PING, 0, 0, b"are you?"))
        return self.until(lambda: any(one[0] == PING and one[1] & ACK and one[3] == b"are you?" for one in self.said))

    def fault(self):
        """The code with which the connection was ended; None when it was closed without one."""
        self.until(lambda: self.goaway not in (None, NO_ERROR))
        return self.goaway

    def stream_fault(self, stream):
        """The code with which the stream, or the whole connection, was ended."""
        self.until(lambda: stream in self.resets or self.goaway not in (None, NO_ERROR))
        return self.resets.get(stream, self.goaway)
