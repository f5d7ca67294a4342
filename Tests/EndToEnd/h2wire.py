"""HTTP/2 over a plain socket with the `h2` library, which a test may make send what no client should."""

import socket
import ssl

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

from wire import Response


class Stream(Response):
    """What came on one stream; without headers so far, and maybe for ever."""

    def __init__(self):
        super().__init__(None, "", None)
        self.is_over = False
        self.reset = None

    def __repr__(self):
        return f"<{self.headers} {self.body[:200]!r} over={self.is_over} reset={self.reset}>"


class H2Wire:
    """One connection; `window` bytes may be unread on a stream before `give` opens it again, None for giving all back at once."""

    def __init__(self, port, window=None, timeout=10, tls=None, preface=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        configuration = h2.config.H2Configuration(
            client_side=True, header_encoding="utf-8", validate_outbound_headers=False, normalize_outbound_headers=False)
        self.h2 = h2.connection.H2Connection(configuration)
        self.window = window
        self.streams = {}
        self.goaway = None
        self.is_closed = False
        self.pings = 0
        if preface:
            if window is not None:
                self.h2.local_settings = h2.settings.Settings(
                    client=True, initial_values={h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
            self.h2.initiate_connection()
            self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.socket.sendall(data)

    def raw(self, data):
        self.socket.sendall(data)

    def begin(self, method, path, headers=(), end=True, authority="localhost", fields=None):
        """Opens a stream; `fields` replaces all of its header section."""
        if fields is None:
            fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", authority)]
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        number = self.h2.get_next_available_stream_id()
        self.streams[number] = Stream()
        self.h2.send_headers(number, fields + [(name.lower(), value) for name, value in pairs], end_stream=end)
        self.flush()
        return number

    def data(self, number, data, end=False):
        """Sends all of `data` as the windows allow."""
        view = memoryview(data)
        while len(view):
            room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size, len(view))
            if room == 0:
                self.pump()
                continue
            self.h2.send_data(number, bytes(view[:room]), end_stream=end and room == len(view))
            view = view[room:]
            self.flush()
        if end and not len(data):
            self.h2.end_stream(number)
            self.flush()

    def request(self, method, path, headers=(), body=None, **options):
        number = self.begin(method, path, headers, end=body is None, **options)
        if body is not None:
            self.data(number, body, end=True)
        return self.wait(number)

    def wait(self, number):
        """Reads until the stream is over, however it ends."""
        stream = self.streams[number]
        while not stream.is_over and stream.reset is None:
            self.pump()
        return stream

    def wait_closed(self):
        while not self.is_closed:
            self.pump()
        return self.goaway

    def pump(self):
        """Takes what the gateway sent."""
        try:
            data = self.socket.recv(1 << 16)
        except (ConnectionResetError, ssl.SSLEOFError):
            data = b""
        if not data:
            self.is_closed = True
            for stream in self.streams.values():
                if not stream.is_over and stream.reset is None:
                    stream.reset = "closed"
            return
        for event in self.h2.receive_data(data):
            self.take(event)
        self.flush()

    def take(self, event):
        stream = self.streams.get(getattr(event, "stream_id", 0))
        match event:
            case h2.events.InformationalResponseReceived():
                stream.interim.append(event.headers)
            case h2.events.ResponseReceived():
                stream.headers = event.headers
                stream.status = int(stream.header(":status"))
            case h2.events.DataReceived():
                stream.body += event.data
                if self.window is None:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.TrailersReceived():
                stream.trailers = event.headers
            case h2.events.StreamEnded():
                stream.is_over = True
            case h2.events.StreamReset():
                stream.reset = event.error_code
            case h2.events.ConnectionTerminated():
                self.goaway = event
            case h2.events.PingAckReceived():
                self.pings += 1

    def give(self, number, count):
        """Lets the gateway send `count` bytes more."""
        self.h2.increment_flow_control_window(count, number)
        self.h2.increment_flow_control_window(count)
        self.flush()
