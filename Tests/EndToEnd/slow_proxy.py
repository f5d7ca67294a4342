"""A TCP proxy in front of a real server that can answer late, or not be there."""

import selectors
import socket
import threading
import time


class SlowProxy:
    """`delay` seconds pass before the first answer after a second of silence, so that a handshake of many steps is late once. A closed
    proxy refuses connections and has ended those there were."""

    def __init__(self, target):
        self.target, self.delay, self.listener, self.pairs = target, 0, None, []
        self.port = None
        self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port or 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def close(self):
        # The thread that accepts is woken by the shutdown; a close alone would leave it there, and the port open.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for pair in self.pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs = []

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            server = socket.create_connection(self.target, timeout=10)
        except OSError:
            return client.close()
        server.settimeout(None)
        self.pairs.append((client, server))
        last = 0
        with client, server, selectors.DefaultSelector() as both:
            both.register(client, selectors.EVENT_READ, server)
            both.register(server, selectors.EVENT_READ, client)
            try:
                while True:
                    for key, _ in both.select():
                        part = key.fileobj.recv(1 << 16)
                        if not part:
                            return
                        if key.fileobj is server:
                            if self.delay and time.monotonic() - last > 1:
                                time.sleep(self.delay)
                            last = time.monotonic()
                        key.data.sendall(part)
            except OSError:
                return
