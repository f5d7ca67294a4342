"""HTTP/1.1 over a plain socket: what a test sends is exactly what the gateway gets, and answers are read strictly."""

import json
import socket


class Aborted(Exception):
    """The peer ended the connection before the message was complete."""


class Response:
    def __init__(self, status, reason, headers):
        self.status = status
        self.reason = reason
        self.headers = headers
        self.trailers = []
        self.interim = []
        self.body = b""

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} appears {len(values)} times: {values}"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:200]!r}>"


class Wire:
    """One connection. Every read has a time limit, so that a silent gateway fails a test and does not hang it."""

    def __init__(self, port, timeout=10, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def request(self, method, target, headers=(), body=None, version="HTTP/1.1"):
        """Sends a request and reads its answer. `headers` is a mapping or pairs; `body` adds a Content-Length."""
        self.send(head(method, target, headers, body, version) + (body or b""))
        return self.response(method)

    def response(self, method="GET"):
        """The next final answer, with the interim ones before it in `interim`."""
        interim = []
        while True:
            answer = self._head()
            if 100 <= answer.status < 200 and answer.status != 101:
                interim.append(answer)
                continue
            answer.interim = interim
            self._body(answer, method)
            return answer

    def read_exactly(self, count):
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def is_closed(self):
        """Waits for the end of the connection; false when the peer says something instead."""
        if self.buffer:
            return False
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _more(self):
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionResetError:
            raise Aborted("reset") from None
        if not data:
            raise Aborted("closed")
        self.buffer += data

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        assert b"\n" not in line and b"\r" not in line, line
        return line

    def _head(self):
        version, status, *reason = self._line().split(b" ", 2)
        assert version == b"HTTP/1.1", version
        return Response(int(status), b"".join(reason).decode(), self._fields())

    def _fields(self):
        fields = []
        while line := self._line():
            name, value = line.split(b":", 1)
            assert name and b" " not in name, line
            fields.append((name.decode("ascii"), value.strip().decode("latin-1")))
        return fields

    def _body(self, answer, method):
        if method == "HEAD" or answer.status in (101, 204, 304):
            return
        coding, length = answer.header("transfer-encoding"), answer.header("content-length")
        assert not (coding and length), "a length and a transfer coding"
        if coding:
            assert coding == "chunked", coding
            parts = []
            while size := int(self._line().split(b";")[0], 16):
                parts.append(self.read_exactly(size))
                assert self.read_exactly(2) == b"\r\n"
            answer.trailers = self._fields()
            answer.body = b"".join(parts)
        elif length is not None:
            answer.body = self.read_exactly(int(length))
        else:
            try:
                while True:
                    self._more()
            except Aborted as end:
                if str(end) == "reset":
                    raise
            answer.body, self.buffer = self.buffer, b""


def head(method, target, headers=(), body=None, version="HTTP/1.1"):
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs.insert(0, ("Host", "gateway.test"))
    if body is not None:
        pairs.append(("Content-Length", str(len(body))))
    lines = [f"{method} {target} {version}"] + [f"{name}: {value}" for name, value in pairs]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def once(port, method, target, headers=(), body=None, timeout=10):
    """One request on a connection of its own."""
    with Wire(port, timeout) as wire:
        return wire.request(method, target, headers, body)
