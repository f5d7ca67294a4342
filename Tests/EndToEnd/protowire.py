"""Protobuf messages written and read field by field."""


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def part(number, content):
    content = content.encode() if isinstance(content, str) else content
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def number(field, value):
    return bytes([field << 3]) + varint(value)


def fields(message):
    """(number, value) of each field; of the fixed widths without their meaning."""
    at = 0

    def take():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    found = []
    while at < len(message):
        tag = take()
        fixed = {1: 8, 5: 4}.get(tag & 7)
        value = fixed or take()
        if fixed or tag & 7 == 2:
            at += value
            value = message[at - value:at]
        found.append((tag >> 3, value))
    return found
