"""The protocol of Valkey, as much of it as a test or a benchmark needs."""

import socket


def calls(port, *commands):
    """Commands on a connection of their own, in one write; the replies as Python has them."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(b"".join(map(request, commands)))
        stream = connection.makefile("rb")
        return [reply(stream) for _ in commands]


def request(parts):
    parts = [str(part).encode() for part in parts]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def reply(stream):
    line = stream.readline()
    kind, rest = line[:1], line[1:-2]
    if kind in b"+-":
        return rest.decode()
    if kind == b":":
        return int(rest)
    if kind == b"$":
        count = int(rest)
        return None if count < 0 else stream.read(count + 2)[:-2].decode()
    assert kind == b"*", line
    return [reply(stream) for _ in range(int(rest))]
