"""A scripted client of Envoy's aggregated discovery service, both variants, without generated code."""

import dataclasses
import queue
import threading
import time

import grpc

from protowire import fields, part

SERVICE = "/envoy.service.discovery.v3.AggregatedDiscoveryService/"
TYPES = {
    "CDS": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "EDS": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    "SDS": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
    "LDS": "type.googleapis.com/envoy.config.listener.v3.Listener",
    "RDS": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
    "RTDS": "type.googleapis.com/envoy.service.runtime.v3.Runtime",
}
KINDS = {url: kind for kind, url in TYPES.items()}
# How long an answer may take that is due, and how long silence must last to be one.
ANSWER_SECONDS, SILENCE_SECONDS = 5, 0.4
INVALID_ARGUMENT = 3


@dataclasses.dataclass(frozen=True)
class Resource:
    name: str
    # Only of the delta variant.
    version: str
    # Of the message itself, without its type.
    content: bytes


@dataclasses.dataclass
class Answer:
    kind: str
    version: str
    nonce: str
    resources: dict
    removed: list
    sender: str

    @property
    def names(self):
        return sorted(self.resources)

    @property
    def contents(self):
        return {name: resource.content for name, resource in self.resources.items()}


class Stream:
    """One stream; whatever the test does not say is not said."""

    def __init__(self, port, node="scripted", cluster="tests"):
        # Without a pool of its own the channel would share the connection of others.
        self.channel = grpc.insecure_channel(
            f"127.0.0.1:{port}",
            options=[("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", 64 << 20)])
        self.node, self.cluster = node, cluster
        self.has_introduced = False
        self.outbox, self.inbox = queue.SimpleQueue(), queue.SimpleQueue()
        self.call = self.channel.stream_stream(SERVICE + self.method)(iter(self.outbox.get, None))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _read(self):
        try:
            for message in self.call:
                self.inbox.put(self.read(message))
        except grpc.RpcError:
            pass
        self.inbox.put(None)

    def close(self):
        self.outbox.put(None)
        self.call.cancel()
        self.channel.close()

    def send(self, message):
        self.outbox.put(message)

    def introduction(self, number):
        """Who asks, in the first request alone."""
        if self.has_introduced:
            return b""
        self.has_introduced = True
        return part(number, (part(1, self.node) if self.node else b"") + (part(2, self.cluster) if self.cluster else b""))

    def next(self, seconds=ANSWER_SECONDS):
        """The next answer; None when the stream is over."""
        try:
            return self.inbox.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"no answer within {seconds} s") from None

    def take(self, kind, seconds=ANSWER_SECONDS):
        """The next answer, which must be of `kind`, accepted."""
        answer = self.next(seconds)
        assert answer is not None, f"the stream ended: {self.call.code()} {self.call.details()}"
        assert answer.kind == kind, answer
        self.accept(answer)
        return answer

    def is_silent(self, seconds=SILENCE_SECONDS):
        """Whether nothing comes for a while."""
        time.sleep(seconds)
        return self.inbox.empty()

    def end(self, seconds=ANSWER_SECONDS):
        """Status code and text of a stream that the gateway ends."""
        deadline = time.monotonic() + seconds
        while self.next(max(0.01, deadline - time.monotonic())) is not None:
            pass
        return self.call.code().value[0], self.call.details()


class Whole(Stream):
    """State of the world: each request has all names, each answer all resources."""

    method = "StreamAggregatedResources"

    def __init__(self, *arguments, **options):
        self.names = {}
        super().__init__(*arguments, **options)

    def ask(self, kind, *names, version="", nonce="", words=None):
        self.names[kind] = names
        self.send(
            (part(1, version) if version else b"") + self.introduction(2) + b"".join(part(3, name) for name in names)
            + part(4, TYPES.get(kind, kind)) + (part(5, nonce) if nonce else b"") + refusal(6, words))

    def accept(self, answer):
        self.ask(answer.kind, *self.names[answer.kind], version=answer.version, nonce=answer.nonce)

    def refuse(self, answer, words, version=""):
        """`version` is what the client goes on with."""
        self.ask(answer.kind, *self.names[answer.kind], version=version, nonce=answer.nonce, words=words)

    @staticmethod
    def read(message):
        answer = Answer("", "", "", {}, [], "")
        for number, value in fields(message):
            if number == 2:
                content = dict(fields(value))
                name = dict(fields(content.get(2, b""))).get(1, b"").decode()
                answer.resources[name] = Resource(name, "", content[2])
            else:
                plain(answer, number, value, {1: "version", 4: "kind", 5: "nonce", 6: "sender"})
        return answer


class Delta(Stream):
    """Each request has what changed in the names, each answer what changed in the resources."""

    method = "DeltaAggregatedResources"

    def ask(self, kind, *names, without=(), known=None, nonce="", words=None):
        self.send(
            self.introduction(1) + part(2, TYPES.get(kind, kind)) + b"".join(part(3, name) for name in names)
            + b"".join(part(4, name) for name in without)
            + b"".join(part(5, part(1, name) + part(2, version)) for name, version in (known or {}).items())
            + (part(6, nonce) if nonce else b"") + refusal(7, words))

    def accept(self, answer):
        self.ask(answer.kind, nonce=answer.nonce)

    def refuse(self, answer, words):
        self.ask(answer.kind, nonce=answer.nonce, words=words)

    @staticmethod
    def read(message):
        answer = Answer("", "", "", {}, [], "")
        for number, value in fields(message):
            if number == 2:
                found = dict(fields(value))
                name = found[3].decode()
                answer.resources[name] = Resource(name, found.get(1, b"").decode(), dict(fields(found[2]))[2])
            elif number == 6:
                answer.removed.append(value.decode())
            else:
                plain(answer, number, value, {1: "version", 4: "kind", 5: "nonce", 7: "sender"})
        return answer


def plain(answer, number, value, names):
    """A field of text; the sender's is a message with one."""
    name = names.get(number)
    if name == "sender":
        value = dict(fields(value)).get(1, b"")
    if name:
        text = value.decode()
        setattr(answer, name, KINDS.get(text, text) if name == "kind" else text)


def refusal(number, words):
    return b"" if words is None else part(number, b"\x08\x03" + part(2, words))


class Follower:
    """Plays an Envoy that takes everything but what `judge(answer)` has words against."""

    def __init__(self, stream, judge=lambda answer: None):
        self.stream, self.judge = stream, judge
        self.held = {kind: {} for kind in TYPES}
        # (kind, names, removed, words) of each answer.
        self.log = []
        stream.ask("CDS")
        stream.ask("EDS", "gateway")
        stream.ask("LDS")
        stream.ask("RDS", "gateway")
        stream.ask("RTDS", "gateway")
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.thread.join(ANSWER_SECONDS)

    def _follow(self):
        while (answer := self.stream.inbox.get()) is not None:
            words = self.judge(answer)
            self.log.append((answer.kind, answer.names, answer.removed, words))
            if words is not None:
                self.stream.refuse(answer, words)
                continue
            held = {} if isinstance(self.stream, Whole) else self.held[answer.kind]
            held = held | answer.resources
            self.held[answer.kind] = {name: held[name] for name in held if name not in answer.removed}
            self.stream.accept(answer)

    def routes(self):
        """The bytes of the route table it holds."""
        table = self.held["RDS"].get("gateway")
        return table.content if table else b""
