"""HTTP/3 with aioquic: requests one after the other over a connection of their own."""

import asyncio
import hashlib
import http.client
import ssl

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import StreamReset

from wire import Response

SECONDS = 60


class _Client(QuicConnectionProtocol):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.http = H3Connection(self._quic)
        self.open = {}

    async def ask(self, host, method, path, headers=(), body=None):
        number = self._quic.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", "https"), (":authority", host), (":path", path)]
        fields += [(name.lower(), value) for name, value in dict(headers).items()]
        answer, over = Response(None, "", []), asyncio.get_running_loop().create_future()
        answer.digest = hashlib.sha256()
        self.open[number] = answer, over
        self.http.send_headers(number, [(name.encode(), value.encode()) for name, value in fields], end_stream=body is None)
        if body is not None:
            self.http.send_data(number, body, end_stream=True)
        self.transmit()
        return await asyncio.wait_for(over, SECONDS)

    def quic_event_received(self, event):
        if isinstance(event, StreamReset) and event.stream_id in self.open:
            self.open[event.stream_id][1].set_exception(ConnectionResetError(event.error_code))
        for part in self.http.handle_event(event):
            answer, over = self.open[part.stream_id]
            if isinstance(part, HeadersReceived):
                fields = [(name.decode(), value.decode()) for name, value in part.headers]
                if answer.status is None:
                    answer.status = int(dict(fields)[":status"])
                    answer.reason = http.client.responses[answer.status]
                    answer.headers = fields
                else:
                    answer.trailers = fields
            elif isinstance(part, DataReceived):
                answer.digest.update(part.data)
                # Large bodies are known by their hash.
                if len(answer.body) < 1 << 20:
                    answer.body += part.data
            if part.stream_ended and not over.done():
                over.set_result(answer)


def ask(port, host, *requests):
    """The answers to requests, each (method, path[, headers[, body]]), and the certificate that was shown."""

    async def run():
        configuration = QuicConfiguration(
            is_client=True, alpn_protocols=H3_ALPN, server_name=host, verify_mode=ssl.CERT_NONE, max_data=16 << 20,
            max_stream_data=8 << 20)
        async with connect("127.0.0.1", port, configuration=configuration, create_protocol=_Client) as client:
            answers = [await client.ask(host, *request) for request in requests]
            return answers, client._quic.tls._peer_certificate

    return asyncio.run(run())
