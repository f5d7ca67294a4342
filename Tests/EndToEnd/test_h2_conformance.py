"""RFC 9113 and RFC 7541 case by case, each of a server: what it must take, and with which error it must refuse the rest.

The cases are those that public conformance lists for HTTP/2 servers ask about, by section. A fault of a stream may also end the connection
(RFC 9113 section 5.4.1), but always with the code that is due; that a connection just closes is accepted of floods alone.
"""

import struct

import pytest

from h2frames import (
    ACK, CANCEL, COMPRESSION_ERROR, CONTINUATION, DATA, ENABLE_PUSH, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR,
    Frames, GOAWAY, HEADERS, MAX_FRAME, MAX_LIST, MAX_STREAMS, PADDED, PING, PREFACE, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE, REFUSED_STREAM, RST_STREAM,
    SETTINGS, STREAM_CLOSED, TABLE_SIZE, WEIGHTED, WINDOW, WINDOW_UPDATE, frame, goaway, integer, literal, priority, reset, settings, weighting,
    window_update)

ECHO = "/api/v1/lab/echo"
SLOW = "/api/v1/lab/slow"
LARGEST = 0x7FFF_FFFF
REQUEST = [(":method", "GET"), (":scheme", "http"), (":path", "/live"), (":authority", "localhost")]


@pytest.fixture
def wire(platform):
    with Frames(platform.port) as frames:
        yield frames


def cases(names, *rows):
    """One test for each row: what it is about, by section, and its values."""
    return pytest.mark.parametrize(names, [row[1] if len(row) == 2 else row[1:] for row in rows], ids=[row[0] for row in rows])


def post(wire, *more, stream=1, **options):
    """HEADERS of a request with a body."""
    return wire.ask(stream, *more, end=False, method="POST", path=ECHO, **options)


def opened(wire, stream=1):
    """A stream that stays open: the gateway waits for its body."""
    return post(wire, stream=stream)


def ended(wire, stream=1):
    """A stream that is over on both sides."""
    wire.send(wire.ask(stream))
    wire.answer(stream)
    return b""


def begun(wire, stream=1):
    """HEADERS without their end."""
    return frame(HEADERS, END_STREAM, stream, wire.fields()[:3])


# What a server must take


def padded(content, by, flags, kind, stream=1, before=b""):
    return frame(kind, flags | PADDED, stream, bytes([by]) + before + content + bytes(by))


def in_three(wire):
    block = wire.fields()
    return (frame(HEADERS, END_STREAM, 1, block[:2]) + frame(CONTINUATION, 0, 1, block[2:5]) + frame(CONTINUATION, 0, 1, b"")
            + frame(CONTINUATION, END_HEADERS, 1, block[5:]))


@cases("sent",
    ("3.4 SETTINGS may be empty", lambda wire: wire.ask(1)),
    ("4.1 a frame of an unknown type is ignored", lambda wire: frame(0x16, 0, 0, bytes(8)) + wire.ask(1)),
    ("4.1 unknown flags are ignored", lambda wire: frame(PING, 0xFE & ~ACK, 0, bytes(8)) + wire.ask(1)),
    ("4.1 the reserved bit is ignored", lambda wire: frame(PING, 0, 1 << 31, bytes(8)) + wire.ask(1)),
    ("4.2 a DATA frame of 16384 bytes",
     lambda wire: post(wire) + frame(DATA, END_STREAM, 1, bytes(16384))),
    ("5.1 PRIORITY on an idle stream", lambda wire: priority(1) + wire.ask(1)),
    ("5.1 WINDOW_UPDATE on a half-closed stream", lambda wire: wire.ask(1) + window_update(1, 1)),
    ("5.1 PRIORITY on a half-closed stream", lambda wire: wire.ask(1) + priority(1)),
    ("5.1 PRIORITY on a closed stream", lambda wire: ended(wire, 1) + priority(1) + wire.ask(3)),
    ("5.1 WINDOW_UPDATE right after the end of a stream", lambda wire: ended(wire, 1) + window_update(1, 1) + wire.ask(3)),
    ("5.1 RST_STREAM right after the end of a stream", lambda wire: ended(wire, 1) + reset(1) + wire.ask(3)),
    ("5.1.1 identifiers may be passed over", lambda wire: wire.ask(7)),
    ("5.5 a frame of an unknown type with a stream", lambda wire: frame(0xFA, 0xFF, 9, b"x") + wire.ask(1)),
    ("6.1 DATA", lambda wire: post(wire) + frame(DATA, END_STREAM, 1, b"test")),
    ("6.1 DATA in several frames", lambda wire: post(wire) + frame(DATA, 0, 1, b"te") + frame(DATA, END_STREAM, 1, b"st")),
    ("6.1 DATA without content", lambda wire: post(wire) + frame(DATA, 0, 1) + frame(DATA, END_STREAM, 1)),
    ("6.1 padded DATA", lambda wire: post(wire) + padded(b"test", 6, END_STREAM, DATA)),
    ("6.1 DATA that is all padding", lambda wire: post(wire) + padded(b"", 255, END_STREAM, DATA)),
    ("6.2 HEADERS", lambda wire: wire.ask(1)),
    ("6.2 padded HEADERS", lambda wire: padded(wire.fields(), 9, END_HEADERS | END_STREAM, HEADERS)),
    ("6.2 HEADERS with a priority", lambda wire: wire.ask(1, block=weighting() + wire.fields(), flags=WEIGHTED)),
    ("6.2 padded HEADERS with a priority", lambda wire: padded(
        wire.fields(), 9, END_HEADERS | END_STREAM | WEIGHTED, HEADERS, before=weighting(on=3, weight=255, exclusive=True))),
    ("6.3 PRIORITY of several weights", lambda wire: priority(1, weight=0) + priority(1, weight=255) + wire.ask(1)),
    ("6.3 exclusive PRIORITY", lambda wire: priority(3, on=1, exclusive=True) + wire.ask(1)),
    ("6.3 a stream that depends on itself: priorities are not looked at since RFC 9113", lambda wire: priority(1, on=1) + wire.ask(1)),
    ("6.2 HEADERS that depend on their own stream, likewise",
     lambda wire: wire.ask(1, block=weighting(on=1) + wire.fields(), flags=WEIGHTED)),
    ("6.5 several SETTINGS", lambda wire: settings((MAX_STREAMS, 100)) + settings((MAX_LIST, 65536)) + wire.ask(1)),
    ("6.5.2 a setting nobody knows", lambda wire: settings((0xFF, 1), (0xFEFE, LARGEST)) + wire.ask(1)),
    ("6.5.2 no push", lambda wire: settings((ENABLE_PUSH, 0)) + settings((ENABLE_PUSH, 1)) + wire.ask(1)),
    ("6.5.2 the largest frames", lambda wire: settings((MAX_FRAME, 16_777_215)) + wire.ask(1)),
    ("6.5.2 no table", lambda wire: settings((TABLE_SIZE, 0)) + wire.ask(1)),
    ("6.7 an acknowledgement nobody waits for", lambda wire: frame(PING, ACK, 0, bytes(8)) + wire.ask(1)),
    ("6.9 WINDOW_UPDATE of the connection", lambda wire: window_update(0, 1) + wire.ask(1)),
    ("6.9 WINDOW_UPDATE of a stream", lambda wire: post(wire) + window_update(1, 1) + frame(DATA, END_STREAM, 1)),
    ("6.10 CONTINUATION", lambda wire: frame(HEADERS, END_STREAM, 1, b"") + frame(CONTINUATION, END_HEADERS, 1, wire.fields())),
    ("6.10 several CONTINUATION frames", in_three),
    ("7 an unknown error code in RST_STREAM", lambda wire: opened(wire, 1) + reset(1, 0xFF) + wire.ask(3)),
    ("8.1 trailers", lambda wire: post(wire) + frame(DATA, 0, 1, b"test") + frame(
        HEADERS, END_HEADERS | END_STREAM, 1, wire.block([("x-check", "1")]))),
    ("8.3.1 HEAD", lambda wire: wire.ask(1, method="HEAD")),
    ("8.2.2 te: trailers", lambda wire: wire.ask(1, ("te", "trailers"))),
    ("8.2.3 cookies in several fields", lambda wire: wire.ask(1, ("cookie", "a=b"), ("cookie", "c=d"))),
    ("HPACK 6.2.1 a literal field that is kept", lambda wire: wire.ask(1, block=wire.fields() + literal(0x40, b"x-a", b"b") + b"\xbe")),
    ("HPACK 6.2.2 a literal field that is not kept", lambda wire: wire.ask(1, block=wire.fields() + literal(0x00, b"x-a", b"b"))),
    ("HPACK 6.2.3 a literal field that is never kept", lambda wire: wire.ask(1, block=wire.fields() + literal(0x10, b"x-a", b"b"))),
    ("HPACK 6.2 a literal field with a name of the static table", lambda wire: wire.ask(1, block=wire.fields() + b"\x7a\x01x")),
    ("HPACK 5.2 Huffman codes", lambda wire: wire.ask(1, block=wire.encoder.encode(REQUEST, huffman=True))),
    ("HPACK 6.3 a table size at the beginning", lambda wire: wire.ask(1, block=integer(2048, 5, 0x20) + wire.fields())),
    ("HPACK 4.2 two table sizes at the beginning", lambda wire: wire.ask(1, block=integer(0, 5, 0x20) + integer(4096, 5, 0x20) + wire.fields())),
    ("HPACK 4.1 an entry larger than the table empties it", lambda wire: wire.ask(
        1, block=wire.fields() + literal(0x40, b"x-a", b"x" * 5000))),
)
def test_taken(wire, sent):
    wire.send(sent(wire))
    assert wire.answer(wire.last) == 200
    assert wire.is_alive() and wire.goaway is None


# What a server must refuse


@cases("sent,code",
    ("4.2 HEADERS larger than announced", lambda wire: wire.ask(1, ("x-large", "a" * 17_000)), FRAME_SIZE_ERROR),
    ("4.2 SETTINGS larger than announced", lambda wire: settings(*[(0xFF, 0)] * 3000), FRAME_SIZE_ERROR),
    ("4.3 a block that cannot be decoded", lambda wire: wire.ask(1, block=b"\xff\xff\xff\xff\xff\xff"), COMPRESSION_ERROR),
    ("4.3 PRIORITY inside of a block", lambda wire: begun(wire) + priority(1), PROTOCOL_ERROR),
    ("4.3 HEADERS of another stream inside of a block", lambda wire: begun(wire) + wire.ask(3), PROTOCOL_ERROR),
    ("5.1 DATA on an idle stream", lambda wire: frame(DATA, END_STREAM, 1, b"test"), PROTOCOL_ERROR),
    ("5.1 RST_STREAM on an idle stream", lambda wire: reset(1), PROTOCOL_ERROR),
    ("5.1 WINDOW_UPDATE on an idle stream", lambda wire: window_update(1, 100), PROTOCOL_ERROR),
    ("5.1 CONTINUATION on an idle stream", lambda wire: frame(CONTINUATION, END_HEADERS, 1, wire.fields()), PROTOCOL_ERROR),
    ("5.1 CONTINUATION on a half-closed stream", lambda wire: wire.ask(1, path=SLOW) + frame(CONTINUATION, END_HEADERS, 1, b""),
     PROTOCOL_ERROR),
    ("5.1 DATA after RST_STREAM", lambda wire: opened(wire) + reset(1) + frame(DATA, END_STREAM, 1, b"test"), STREAM_CLOSED),
    ("5.1 HEADERS after RST_STREAM", lambda wire: opened(wire) + reset(1) + wire.ask(1), STREAM_CLOSED),
    ("5.1 CONTINUATION after RST_STREAM", lambda wire: opened(wire) + reset(1) + frame(CONTINUATION, END_HEADERS, 1, b""),
     PROTOCOL_ERROR),
    ("5.1 DATA after the end of a stream", lambda wire: ended(wire) + frame(DATA, END_STREAM, 1, b"test"), STREAM_CLOSED),
    ("5.1 HEADERS after the end of a stream", lambda wire: ended(wire) + wire.ask(1), STREAM_CLOSED),
    ("5.1 CONTINUATION after the end of a stream", lambda wire: ended(wire) + frame(CONTINUATION, END_HEADERS, 1, b""),
     PROTOCOL_ERROR),
    ("5.1.1 an even identifier", lambda wire: wire.ask(2), PROTOCOL_ERROR),
    ("5.1.1 an identifier that was passed over", lambda wire: ended(wire, 5) + wire.ask(3), PROTOCOL_ERROR),
    ("5.1.1 DATA on an identifier that was passed over", lambda wire: ended(wire, 5) + frame(DATA, 0, 3, b"x"), STREAM_CLOSED),
    ("5.5 a frame of an unknown type inside of a block", lambda wire: begun(wire) + frame(0x16, 0, 0, b""), PROTOCOL_ERROR),
    ("6.1 DATA on stream 0", lambda wire: frame(DATA, END_STREAM, 0, b"test"), PROTOCOL_ERROR),
    ("6.1 more padding than payload", lambda wire: opened(wire) + frame(DATA, END_STREAM | PADDED, 1, b"\x06test"), PROTOCOL_ERROR),
    ("6.1 padding without its length", lambda wire: opened(wire) + frame(DATA, END_STREAM | PADDED, 1), PROTOCOL_ERROR),
    ("6.2 HEADERS on stream 0", lambda wire: wire.ask(0), PROTOCOL_ERROR),
    ("6.2 more padding than payload", lambda wire: wire.ask(1, block=b"\xff" + wire.fields(), flags=PADDED), PROTOCOL_ERROR),
    ("6.2 HEADERS too short for their priority", lambda wire: wire.ask(1, block=b"\0\0\0", flags=WEIGHTED), FRAME_SIZE_ERROR),
    ("6.3 PRIORITY on stream 0", lambda wire: priority(0), PROTOCOL_ERROR),
    ("6.3 PRIORITY of four bytes", lambda wire: frame(PRIORITY, 0, 1, bytes(4)), FRAME_SIZE_ERROR),
    ("6.4 RST_STREAM on stream 0", lambda wire: reset(0), PROTOCOL_ERROR),
    ("6.4 RST_STREAM of three bytes", lambda wire: opened(wire) + frame(RST_STREAM, 0, 1, bytes(3)), FRAME_SIZE_ERROR),
    ("6.5 an acknowledgement with a payload", lambda wire: frame(SETTINGS, ACK, 0, bytes(6)), FRAME_SIZE_ERROR),
    ("6.5 SETTINGS on a stream", lambda wire: frame(SETTINGS, 0, 1, bytes(6)), PROTOCOL_ERROR),
    ("6.5 SETTINGS of five bytes", lambda wire: frame(SETTINGS, 0, 0, bytes(5)), FRAME_SIZE_ERROR),
    ("6.5.2 push neither on nor off", lambda wire: settings((ENABLE_PUSH, 2)), PROTOCOL_ERROR),
    ("6.5.2 a window beyond 2^31-1", lambda wire: settings((WINDOW, 1 << 31)), FLOW_CONTROL_ERROR),
    ("6.5.2 frames smaller than all must take", lambda wire: settings((MAX_FRAME, 16_383)), PROTOCOL_ERROR),
    ("6.5.2 frames larger than their length can say", lambda wire: settings((MAX_FRAME, 1 << 24)), PROTOCOL_ERROR),
    ("6.7 PING on a stream", lambda wire: frame(PING, 0, 1, bytes(8)), PROTOCOL_ERROR),
    ("6.7 PING of six bytes", lambda wire: frame(PING, 0, 0, bytes(6)), FRAME_SIZE_ERROR),
    ("6.8 GOAWAY on a stream", lambda wire: frame(GOAWAY, 0, 1, bytes(8)), PROTOCOL_ERROR),
    ("6.8 GOAWAY of four bytes", lambda wire: frame(GOAWAY, 0, 0, bytes(4)), FRAME_SIZE_ERROR),
    ("6.8 GOAWAY that raises its last stream", lambda wire: goaway(1) + goaway(3), PROTOCOL_ERROR),
    ("6.9 WINDOW_UPDATE of 0", lambda wire: window_update(0, 0), PROTOCOL_ERROR),
    ("6.9 WINDOW_UPDATE of three bytes", lambda wire: frame(WINDOW_UPDATE, 0, 0, bytes(3)), FRAME_SIZE_ERROR),
    ("6.9.1 a window of the connection beyond 2^31-1", lambda wire: window_update(0, LARGEST) + window_update(0, LARGEST),
     FLOW_CONTROL_ERROR),
    ("6.9.2 SETTINGS that make a window too large", lambda wire: opened(wire) + window_update(1, LARGEST - 65_535) + settings((WINDOW, 65_536)),
     FLOW_CONTROL_ERROR),
    ("6.10 CONTINUATION on stream 0", lambda wire: begun(wire) + frame(CONTINUATION, END_HEADERS, 0, b""), PROTOCOL_ERROR),
    ("6.10 DATA inside of a block", lambda wire: begun(wire) + frame(DATA, END_STREAM, 1, b"test"), PROTOCOL_ERROR),
    ("6.10 SETTINGS inside of a block", lambda wire: begun(wire) + settings(), PROTOCOL_ERROR),
    ("6.10 CONTINUATION after whole HEADERS", lambda wire: opened(wire) + frame(CONTINUATION, END_HEADERS, 1, wire.fields()), PROTOCOL_ERROR),
    ("6.10 CONTINUATION after the last one", lambda wire: frame(HEADERS, END_STREAM, 1) + frame(CONTINUATION, END_HEADERS, 1, wire.fields(path=SLOW))
     + frame(CONTINUATION, END_HEADERS, 1), PROTOCOL_ERROR),
    ("6.10 CONTINUATION after DATA", lambda wire: opened(wire) + frame(DATA, 0, 1, b"test") + frame(CONTINUATION, END_HEADERS, 1, b""),
     PROTOCOL_ERROR),
    ("8.4 a client that pushes", lambda wire: frame(PUSH_PROMISE, END_HEADERS, 1, bytes(4) + wire.fields()), PROTOCOL_ERROR),
    ("HPACK 2.3.3 an index beyond the table", lambda wire: wire.ask(1, block=wire.fields() + b"\xff\x50"), COMPRESSION_ERROR),
    ("HPACK 2.3.3 a name beyond the table", lambda wire: wire.ask(1, block=wire.fields() + b"\x7f\x50\x01x"), COMPRESSION_ERROR),
    ("HPACK 4.2 a table size at the end", lambda wire: wire.ask(1, block=wire.fields() + integer(1, 5, 0x20)), COMPRESSION_ERROR),
    ("HPACK 5.1 a number without an end", lambda wire: wire.ask(1, block=b"\x7f" + b"\xff" * 20), COMPRESSION_ERROR),
    ("HPACK 5.2 a text longer than its block", lambda wire: wire.ask(1, block=wire.fields() + b"\x40\x7f\x05x"), COMPRESSION_ERROR),
    ("HPACK 5.2 Huffman padding of more than seven bits", lambda wire: wire.ask(1, block=wire.fields() + b"\x7a\x82\x1f\xff\xff"[:4] + b"\xff"),
     COMPRESSION_ERROR),
    ("HPACK 5.2 Huffman padding with zeros", lambda wire: wire.ask(1, block=wire.fields() + b"\x7a\x81\x18"), COMPRESSION_ERROR),
    ("HPACK 5.2 Huffman with the end of text", lambda wire: wire.ask(1, block=wire.fields() + b"\x7a\x84\xff\xff\xff\xff"), COMPRESSION_ERROR),
    ("HPACK 6.1 index 0", lambda wire: wire.ask(1, block=wire.fields() + b"\x80"), COMPRESSION_ERROR),
    ("HPACK 6.3 a table larger than allowed", lambda wire: wire.ask(1, block=integer(4097, 5, 0x20) + wire.fields()), COMPRESSION_ERROR),
)
def test_refused_with_the_connection(platform, wire, sent, code):
    wire.send(sent(wire))
    assert wire.fault() == code
    assert not wire.until(lambda: False) and wire.is_closed, "the connection is closed"
    with Frames(platform.port) as other:
        other.send(other.ask(1))
        assert other.answer() == 200


@cases("sent,code",
    ("4.2 DATA larger than announced", lambda wire: opened(wire) + frame(DATA, END_STREAM, 1, bytes(16_385)), FRAME_SIZE_ERROR),
    ("5.1 DATA on a half-closed stream", lambda wire: wire.ask(1, path=SLOW) + frame(DATA, END_STREAM, 1, b"test"), STREAM_CLOSED),
    ("5.1 HEADERS on a half-closed stream", lambda wire: wire.ask(1, path=SLOW) + wire.ask(1, path=SLOW), STREAM_CLOSED),
    ("6.9 WINDOW_UPDATE of 0 on a stream", lambda wire: opened(wire) + window_update(1, 0), PROTOCOL_ERROR),
    ("6.9.1 a window of a stream beyond 2^31-1", lambda wire: opened(wire) + window_update(1, LARGEST) + window_update(1, LARGEST),
     FLOW_CONTROL_ERROR),
    ("8.1 a second HEADERS that does not end the stream", lambda wire: opened(wire) + post(wire), PROTOCOL_ERROR),
    ("8.1.1 less content than declared", lambda wire: post(wire, ("content-length", "5")) + frame(DATA, END_STREAM, 1, b"test"), PROTOCOL_ERROR),
    ("8.1.1 more content than declared", lambda wire: post(wire, ("content-length", "1")) + frame(DATA, END_STREAM, 1, b"test"), PROTOCOL_ERROR),
    ("8.1.1 more content than declared, in several frames", lambda wire: post(wire, ("content-length", "7"))
     + frame(DATA, 0, 1, b"test") + frame(DATA, END_STREAM, 1, b"test"), PROTOCOL_ERROR),
    ("8.1.1 content declared and none sent", lambda wire: wire.ask(1, ("content-length", "1"), method="POST", path=ECHO), PROTOCOL_ERROR),
    ("8.1.1 two different lengths", lambda wire: post(wire, ("content-length", "4"), ("content-length", "5")), PROTOCOL_ERROR),
    ("8.2 capital letters in a name", lambda wire: wire.ask(1, block=wire.fields() + literal(0, b"X-Test", b"ok")), PROTOCOL_ERROR),
    ("8.2.1 a space in a name", lambda wire: wire.ask(1, block=wire.fields() + literal(0, b"x test", b"ok")), PROTOCOL_ERROR),
    ("8.2.1 an empty name", lambda wire: wire.ask(1, block=wire.fields() + literal(0, b"", b"ok")), PROTOCOL_ERROR),
    ("8.2.1 a line feed in a value", lambda wire: wire.ask(1, block=wire.fields() + literal(0, b"x-test", b"a\nb")), PROTOCOL_ERROR),
    ("8.2.1 a space before a value", lambda wire: wire.ask(1, block=wire.fields() + literal(0, b"x-test", b" a")), PROTOCOL_ERROR),
    ("8.2.2 connection", lambda wire: wire.ask(1, ("connection", "keep-alive")), PROTOCOL_ERROR),
    ("8.2.2 keep-alive", lambda wire: wire.ask(1, ("keep-alive", "1")), PROTOCOL_ERROR),
    ("8.2.2 proxy-connection", lambda wire: wire.ask(1, ("proxy-connection", "1")), PROTOCOL_ERROR),
    ("8.2.2 transfer-encoding", lambda wire: wire.ask(1, ("transfer-encoding", "chunked")), PROTOCOL_ERROR),
    ("8.2.2 upgrade", lambda wire: wire.ask(1, ("upgrade", "websocket")), PROTOCOL_ERROR),
    ("8.2.2 te that is not trailers", lambda wire: wire.ask(1, ("te", "trailers, deflate;q=0.5")), PROTOCOL_ERROR),
    ("8.3 an unknown pseudo-field", lambda wire: wire.ask(1, (":test", "ok")), PROTOCOL_ERROR),
    ("8.3 a pseudo-field of answers", lambda wire: wire.ask(1, (":status", "200")), PROTOCOL_ERROR),
    ("8.3 a pseudo-field after another field", lambda wire: wire.ask(1, ("x-test", "ok"), (":path", "/live"), but=[":path"]), PROTOCOL_ERROR),
    ("8.3 a pseudo-field in trailers", lambda wire: post(wire) + frame(
        HEADERS, END_HEADERS | END_STREAM, 1, wire.block([(":method", "GET")])), PROTOCOL_ERROR),
    ("8.3.1 an empty path", lambda wire: wire.ask(1, path=""), PROTOCOL_ERROR),
    ("8.3.1 no method", lambda wire: wire.ask(1, but=[":method"]), PROTOCOL_ERROR),
    ("8.3.1 no scheme", lambda wire: wire.ask(1, but=[":scheme"]), PROTOCOL_ERROR),
    ("8.3.1 no path", lambda wire: wire.ask(1, but=[":path"]), PROTOCOL_ERROR),
    ("8.3.1 two methods", lambda wire: wire.ask(1, block=wire.block([(":method", "GET"), *REQUEST])), PROTOCOL_ERROR),
    ("8.3.1 two schemes", lambda wire: wire.ask(1, block=wire.block([(":scheme", "http"), *REQUEST])), PROTOCOL_ERROR),
    ("8.3.1 two paths", lambda wire: wire.ask(1, block=wire.block([(":path", "/live"), *REQUEST])), PROTOCOL_ERROR),
    ("8.3.1 two authorities", lambda wire: wire.ask(1, block=wire.block([(":authority", "localhost"), *REQUEST])), PROTOCOL_ERROR),
)
def test_refused_with_the_stream(platform, wire, sent, code):
    wire.send(sent(wire))
    assert wire.stream_fault(1) == code
    if wire.goaway is None:
        wire.send(wire.ask(3))
        assert wire.answer(3) == 200, "other streams go on"
    with Frames(platform.port) as other:
        other.send(other.ask(1))
        assert other.answer() == 200


# The beginning and the end


@pytest.mark.parametrize("preface", [
    PREFACE.replace(b"SM", b"XX") + settings(),
    PREFACE + frame(PING, 0, 0, bytes(8)),
    PREFACE + frame(SETTINGS, ACK, 0),
    PREFACE + b"GET / HTTP/1.1\r\n\r\n",
], ids=["3.4 another preface", "3.4 PING before SETTINGS", "3.4 an acknowledgement before SETTINGS", "3.4 HTTP/1.1 after the preface"])
def test_a_wrong_beginning_ends_the_connection(platform, preface):
    with Frames(platform.port, greeting=False) as wire:
        wire.send(preface)
        wire.until(lambda: False)
        assert wire.is_closed and wire.goaway in (PROTOCOL_ERROR, FRAME_SIZE_ERROR)


def test_the_server_speaks_first_with_its_settings(wire):
    """RFC 9113 section 3.4: SETTINGS are the first frame, and the client's are acknowledged."""
    assert wire.said[0][0] == SETTINGS and not wire.said[0][1] & ACK
    assert [one[0] for one in wire.said if one[1] & ACK] == [SETTINGS]


def test_a_ping_comes_back_as_it_was(wire):
    """RFC 9113 section 6.7."""
    wire.send(frame(PING, 0, 0, b"septem!!"))
    assert wire.until(lambda: (PING, ACK, 0, b"septem!!") in wire.said)


def test_a_client_that_leaves_has_its_last_answer(wire):
    """RFC 9113 section 6.8: after GOAWAY streams that were begun are finished; an unknown code is no fault."""
    wire.send(wire.ask(1), goaway(0, 0xFF, b"bye"))
    assert wire.answer(1) == 200


# Flow control (RFC 9113 sections 6.9.1, 6.9.2)


def test_no_more_content_is_sent_than_the_window_allows(platform):
    with Frames(platform.port, pairs=[(WINDOW, 1)]) as wire:
        wire.send(wire.ask(1))
        assert wire.until(lambda: len(wire.bodies.get(1, b"")) == 1)
        assert wire.is_alive() and len(wire.bodies[1]) == 1 and 1 not in wire.ended
        wire.send(window_update(1, 3))
        assert wire.until(lambda: len(wire.bodies[1]) == 4)
        assert wire.is_alive() and len(wire.bodies[1]) == 4
        wire.send(settings((WINDOW, 1000)))
        assert wire.answer(1) == 200 and wire.bodies[1].startswith(b"{")


def test_settings_change_the_window_of_open_streams(platform):
    with Frames(platform.port, pairs=[(WINDOW, 0)]) as wire:
        wire.send(wire.ask(1))
        assert wire.until(lambda: 1 in wire.statuses) and wire.is_alive() and 1 not in wire.bodies
        wire.send(settings((WINDOW, 1)))
        assert wire.until(lambda: len(wire.bodies.get(1, b"")) == 1)


def test_a_window_may_become_negative(platform):
    with Frames(platform.port, pairs=[(WINDOW, 3)]) as wire:
        wire.send(wire.ask(1))
        assert wire.until(lambda: len(wire.bodies.get(1, b"")) == 3)
        wire.send(settings((WINDOW, 2)))
        assert wire.is_alive() and len(wire.bodies[1]) == 3
        # Two bytes: the first pays what is owed.
        wire.send(window_update(1, 2))
        assert wire.until(lambda: len(wire.bodies[1]) == 4)
        assert wire.is_alive() and len(wire.bodies[1]) == 4


def test_settings_of_one_frame_are_taken_in_their_order(platform):
    """RFC 9113 section 6.5.3."""
    with Frames(platform.port, pairs=[(WINDOW, 100), (WINDOW, 1)]) as wire:
        wire.send(wire.ask(1))
        assert wire.until(lambda: len(wire.bodies.get(1, b"")) == 1)
        assert wire.is_alive() and len(wire.bodies[1]) == 1


def test_content_beyond_the_window_ends_the_stream(platform):
    """A client that does not care for windows: what it may send is bounded whatever it does."""
    with Frames(platform.port) as wire:
        wire.send(wire.ask(1, end=False, method="POST", path=SLOW))
        for _ in range(600):
            wire.send(frame(DATA, 0, 1, bytes(16_384)))
        assert wire.stream_fault(1) in (FLOW_CONTROL_ERROR, REFUSED_STREAM, CANCEL, 0, None), wire.resets
        with Frames(platform.port) as other:
            other.send(other.ask(1))
            assert other.answer() == 200


# Floods: bounded work for each connection, and a fault that says so


def flood(platform, *frames, before=lambda wire: b"", codes=(ENHANCE_YOUR_CALM,)):
    with Frames(platform.port) as wire:
        wire.send(before(wire))
        for one in frames:
            wire.send(one)
            if wire.is_closed:
                break
        wire.until(lambda: wire.goaway not in (None, 0))
        # A connection that is closed with bytes unread loses what was said last.
        assert wire.goaway in codes or wire.is_closed and wire.goaway is None
    with Frames(platform.port) as other:
        other.send(other.ask(1))
        assert other.answer() == 200


@cases("sent",
    ("PRIORITY", priority(1)),
    ("empty DATA", frame(DATA, 0, 1)),
    ("padding alone", frame(DATA, PADDED, 1, b"\x00")),
    ("frames of an unknown type", frame(0xFA, 0, 0)),
    ("acknowledgements of PING", frame(PING, ACK, 0, bytes(8))),
    ("acknowledgements of SETTINGS", frame(SETTINGS, ACK, 0)),
    ("GOAWAY", goaway(0)),
)
def test_frames_that_say_nothing_are_counted(platform, sent):
    flood(platform, *[sent * 1000] * 20, before=opened)


def test_streams_that_are_refused_are_counted_like_those_that_are_reset(platform):
    """A client that makes the server reset (CVE-2025-8671)."""
    with Frames(platform.port) as wire:
        for number in range(1, 4001, 2):
            wire.send(wire.ask(number, ("connection", "close")))
        assert wire.fault() in (ENHANCE_YOUR_CALM, None)


def test_a_list_of_one_entry_many_times_is_given_up(platform):
    """A few bytes stand for an entry of the table: 60 KB would be 240 MB."""
    with Frames(platform.port) as wire:
        block = wire.fields() + literal(0x40, b"x-bomb", b"b" * 4000)
        wire.send(frame(HEADERS, END_STREAM, 1, block + b"\xbe" * 12_000))
        for _ in range(3):
            wire.send(frame(CONTINUATION, 0, 1, b"\xbe" * 16_000))
        wire.send(frame(CONTINUATION, END_HEADERS, 1, b"\xbe"))
        assert wire.fault() == ENHANCE_YOUR_CALM


def test_a_name_many_times_is_given_up(platform):
    """Three bytes that copy a name of the table, and put it there again."""
    with Frames(platform.port) as wire:
        block = wire.fields() + literal(0x40, b"x" * 2000, b"")
        wire.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block + b"\x7e\x00" * 7000))
        assert wire.fault() == ENHANCE_YOUR_CALM


def test_a_list_somewhat_too_large_costs_its_stream_alone(wire):
    wire.send(wire.ask(1, block=wire.fields() + literal(0, b"x-a", b"a" * 16_000)))
    assert wire.answer(1) == 200
    block = wire.fields() + literal(0x40, b"x-b", b"b" * 3900) + b"\xbe" * 12
    wire.send(wire.ask(3, block=block))
    assert wire.stream_fault(3) == ENHANCE_YOUR_CALM and wire.goaway is None
    wire.send(wire.ask(5, block=wire.emptied() + wire.fields()))
    assert wire.answer(5) == 200


def test_a_block_without_an_end_is_given_up(platform):
    """CVE-2024-27316: CONTINUATION frames that never end, large ones and small ones."""
    flood(platform, *[frame(CONTINUATION, 0, 1, bytes(16_000))] * 10, before=begun)
    flood(platform, *[frame(CONTINUATION, 0, 1, b"\0")] * 100, before=begun)
