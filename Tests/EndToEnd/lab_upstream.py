"""An HTTP/1.1 upstream that misbehaves on request: `/api/v1/lab/NAME` runs the behaviour NAME."""

import base64
import hashlib
import json
import socket
import struct
import threading
import time


class LabUpstream:
    """Listens until stopped; each connection has a thread. Counts what it saw, so that tests can tell replays from calls."""

    def __init__(self, port=0):
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.calls = {}
        self.open = set()
        self.lock = threading.Lock()
        self.release = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.release.set()
        # A blocked accept keeps a closed listener's port alive; shutdown wakes it.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.drop_connections()

    def drop_connections(self):
        with self.lock:
            connections, self.open = list(self.open), set()
        for connection in connections:
            reset(connection)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                self.open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        stream = connection.makefile("rb")
        try:
            while head := read_head(stream):
                name = head["target"].split("?")[0].rsplit("/", 1)[-1]
                with self.lock:
                    self.calls[name] = self.calls.get(name, 0) + 1
                behaviour = getattr(self, "do_" + name.replace("-", "_"), self.do_echo)
                if behaviour(connection, stream, head) is False:
                    break
        except (OSError, ValueError, EOFError):
            pass
        finally:
            with self.lock:
                self.open.discard(connection)
            try:
                connection.close()
            except OSError:
                pass

    # Each behaviour returns False when the connection is over.

    def do_echo(self, connection, stream, head):
        """What arrived, as JSON."""
        if head["fields"].get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        digest, length, trailers = hashlib.sha256(), 0, []
        for part in read_body(stream, head, trailers):
            digest.update(part)
            length += len(part)
        report = {
            "method": head["method"], "target": head["target"], "headers": head["lines"], "length": length,
            "sha256": digest.hexdigest(), "trailers": trailers,
        }
        body = b"" if head["method"] == "HEAD" else json.dumps(report).encode()
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def do_page(self, connection, stream, head):
        """A page that asks the API at `?api=` and shows what came."""
        drain(stream, head)
        body = (b"<!doctype html><title>page</title><pre id=answer></pre><script>const api = new URLSearchParams(location.search).get('api');"
                b"fetch(api).then(async answer => { document.getElementById('answer').textContent = answer.status + ' ' + await answer.text(); });"
                b"</script>")
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def do_scripted(self, connection, stream, head):
        """The bytes that `X-Script` asks for: a JSON list of texts, each sent by itself; the connection ends after a last null."""
        drain(stream, head)
        for part in json.loads(head["fields"]["x-script"]):
            if part is None:
                return False
            connection.sendall(part.encode("latin-1"))
            time.sleep(0.02)

    def do_chunked(self, connection, stream, head):
        drain(stream, head)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checksum\r\n\r\n"
            b"5\r\nhello\r\n6;ignored=yes\r\n world\r\n0\r\nX-Checksum: abc\r\n\r\n")

    def do_until_close(self, connection, stream, head):
        drain(stream, head)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it")
        return False

    def do_early_hints(self, connection, stream, head):
        drain(stream, head)
        connection.sendall(
            b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def do_early_answer(self, connection, stream, head):
        """Answers before the request body has come, and goes."""
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope")
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.2)
        return False

    def do_hop_headers(self, connection, stream, head):
        drain(stream, head)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nConnection: x-private\r\nX-Private: secret\r\nKeep-Alive: timeout=5\r\n"
            b"Proxy-Authenticate: Basic\r\nX-Public: yes\r\nContent-Length: 2\r\n\r\nok")

    def do_unavailable_once(self, connection, stream, head):
        """503 to the first call, 200 to those that follow."""
        drain(stream, head)
        with self.lock:
            is_first = self.calls["unavailable-once"] == 1
        connection.sendall(
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy" if is_first
            else b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def do_garbage(self, connection, stream, head):
        drain(stream, head)
        connection.sendall(b"\x00\x01\x02 not http at all\r\n\r\n")
        return False

    def do_two_lengths(self, connection, stream, head):
        drain(stream, head)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!")
        return False

    def do_close_at_once(self, connection, stream, head):
        drain(stream, head)
        return False

    def do_reset_at_once(self, connection, stream, head):
        drain(stream, head)
        reset(connection)
        return False

    def do_short_body(self, connection, stream, head):
        drain(stream, head)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this much")
        return False

    def do_short_chunk(self, connection, stream, head):
        drain(stream, head)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        return False

    def do_reset_mid_body(self, connection, stream, head):
        drain(stream, head)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        time.sleep(0.1)
        reset(connection)
        return False

    def do_hang(self, connection, stream, head):
        drain(stream, head)
        self.release.wait(60)
        return False

    def do_slow(self, connection, stream, head):
        drain(stream, head)
        time.sleep(1)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow")

    def do_large_head(self, connection, stream, head):
        drain(stream, head)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Large: " + b"a" * (4 << 20) + b"\r\nContent-Length: 0\r\n\r\n")
        return False

    def do_close_after(self, connection, stream, head):
        """A good answer on a connection that then dies without a word: the next call meets a dead pooled connection."""
        drain(stream, head)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        return False

    def do_large(self, connection, stream, head):
        """More than all socket buffers between here and a client that does not read."""
        drain(stream, head)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n" + b"l" * 8_000_000)

    def do_problem_with_trace(self, connection, stream, head):
        drain(stream, head)
        body = b'{"status":409,"traceId":"its own"}'
        connection.sendall(
            b"HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def do_problem_in_pieces(self, connection, stream, head):
        """A problem document whose bytes come one by one."""
        drain(stream, head)
        for byte in b'HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json; x=y\r\nContent-Length: 14\r\n\r\n{"status":409}':
            connection.sendall(bytes([byte]))

    def do_own_problem(self, connection, stream, head):
        drain(stream, head)
        body = b'{"type":"https://example.com/out-of-stock","title":"Out of stock","status":409}'
        connection.sendall(
            b"HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def do_socket(self, connection, stream, head):
        """A WebSocket endpoint (RFC 6455) that sends every message back."""
        key = head["fields"].get("sec-websocket-key", "")
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            + accept + b"\r\n\r\n")
        while True:
            first, second = stream.read(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", stream.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", stream.read(8))
            mask = stream.read(4)
            whole = stream.read(length)
            payload = (int.from_bytes(whole, "big") ^ int.from_bytes((mask * (length // 4 + 1))[:length], "big")).to_bytes(length, "big")
            if length < 126:
                size = bytes([length])
            elif length < 65536:
                size = b"\x7e" + struct.pack(">H", length)
            else:
                size = b"\x7f" + struct.pack(">Q", length)
            connection.sendall(bytes([first]) + size + payload)
            if first & 0x0F == 8:
                return False


def reset(connection):
    """Closes with a RST instead of a FIN."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
        connection.close()
    except OSError:
        pass


def read_head(stream):
    line = stream.readline()
    if not line:
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, value = line.decode("latin-1").split(":", 1)
        lines.append([name, value.strip()])
    return {"method": method, "target": target, "lines": lines, "fields": {name.lower(): value for name, value in lines}}


def read_body(stream, head, trailers):
    fields = head["fields"]
    if "chunked" in fields.get("transfer-encoding", ""):
        while size := int(stream.readline().split(b";")[0], 16):
            yield stream.read(size)
            stream.readline()
        while (line := stream.readline()) not in (b"\r\n", b""):
            trailers.append([part.strip() for part in line.decode("latin-1").split(":", 1)])
    else:
        left = int(fields.get("content-length", "0"))
        while left:
            part = stream.read(min(left, 1 << 20))
            if not part:
                raise EOFError
            left -= len(part)
            yield part


def drain(stream, head):
    for _ in read_body(stream, head, []):
        pass
