"""As much of the protobuf encoding as the messages of the wire need.

Every valid encoding is read: fields in any order, numbers longer than they need to be, unknown fields and groups,
repeated single fields (the last one wins, messages are merged), branches of a oneof set one after another.
"""

import struct

_VARINT = 0
_FIXED64 = 1
_BYTES = 2
_GROUP = 3
_END_GROUP = 4
_FIXED32 = 5

# Google's libraries refuse to go deeper; it only matters for groups, which no message of ours has.
_DEEPEST_GROUP = 100


class DecodeError(Exception):
    """The bytes are not an encoded message; the text says why."""


class Field:
    """One known field: its name in the decoded dictionary, and how its value is read."""

    def __init__(self, name, wire_type, convert=None, merge=None):
        self.name = name
        self.wire_type = wire_type
        self.convert = convert
        self.merge = merge


def boolean(name):
    return Field(name, _VARINT, bool)


def int32(name):
    """An int32 or an enum, which are the same on the wire."""
    return Field(name, _VARINT, lambda value: _signed(value & 0xFFFFFFFF, 32))


def uint32(name):
    return Field(name, _VARINT, lambda value: value & 0xFFFFFFFF)


def int64(name):
    return Field(name, _VARINT, lambda value: _signed(value, 64))


def octets(name):
    """Bytes, handed out as a view of the message: nothing is copied."""
    return Field(name, _BYTES)


def text(name):
    return Field(name, _BYTES, _utf8)


def message(name):
    """A message, handed out undecoded. Two encodings in a row are the encoding of both merged."""
    return Field(name, _BYTES, None, lambda old, new: memoryview(bytes(old) + bytes(new)))


def text_map(name):
    return Field(name, _BYTES, _map_entry, lambda old, new: dict(old, **new))


def decode(view, fields, oneof=()):
    """The known fields of a message as a dictionary; what is absent on the wire is absent there.

    `fields` maps numbers to fields; of the numbers in `oneof` only the last one on the wire stays.
    """
    values = {}
    for number, wire_type, value in _read_fields(view):
        field = fields.get(number)
        if field is None or field.wire_type != wire_type:
            continue
        if number in oneof:
            for other in oneof:
                if other != number:
                    values.pop(fields[other].name, None)
        if field.convert is not None:
            value = field.convert(value)
        if field.merge is not None and field.name in values:
            value = field.merge(values[field.name], value)
        values[field.name] = value
    return values


def varint(value):
    """The shortest encoding of a number from 0 to 2^64 - 1."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def fixed_varint(value, width):
    """The encoding of a number in exactly `width` bytes, longer than it needs to be."""
    return bytes((value >> 7 * i) & 0x7F | (0x80 if i < width - 1 else 0) for i in range(width))


def number_field(number, value):
    return varint(number << 3 | _VARINT) + varint(value)


def bytes_field(number, value):
    """A field of bytes, or of an encoded message."""
    return b"".join((varint(number << 3 | _BYTES), varint(len(value)), value))


def text_field(number, value):
    # A message text may hold what is no valid Unicode, a lone surrogate for one.
    return bytes_field(number, value.encode("utf-8", "backslashreplace"))


def _read_fields(view):
    position = 0
    end = len(view)
    while position < end:
        number, wire_type, position = _read_tag(view, position)
        if wire_type == _GROUP:
            position = _skip_group(view, position, number, 1)
        elif wire_type == _END_GROUP:
            raise DecodeError("A group ends that never began.")
        else:
            value, position = _read_value(view, position, wire_type)
            yield number, wire_type, value


def _read_tag(view, position):
    tag, position = _read_varint(view, position)
    if tag > 0xFFFFFFFF or tag >> 3 == 0:
        raise DecodeError("A field has a number that is not allowed.")
    return tag >> 3, tag & 7, position


def _read_varint(view, position):
    result = 0
    for shift in range(0, 70, 7):
        if position >= len(view):
            raise DecodeError("The message ends inside a number.")
        byte = view[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result & 0xFFFFFFFFFFFFFFFF, position
    raise DecodeError("A number is longer than ten bytes.")


def _read_value(view, position, wire_type):
    if wire_type == _VARINT:
        return _read_varint(view, position)
    if wire_type == _BYTES:
        length, position = _read_varint(view, position)
    elif wire_type == _FIXED64:
        length = 8
    elif wire_type == _FIXED32:
        length = 4
    else:
        raise DecodeError("A field has a wire type that does not exist.")
    if length > len(view) - position:
        raise DecodeError("The message ends inside a field.")
    value = view[position:position + length]
    if wire_type == _FIXED64:
        value = struct.unpack("<Q", value)[0]
    elif wire_type == _FIXED32:
        value = struct.unpack("<I", value)[0]
    return value, position + length


def _skip_group(view, position, number, depth):
    if depth > _DEEPEST_GROUP:
        raise DecodeError("Groups are nested too deeply.")
    while True:
        inner, wire_type, position = _read_tag(view, position)
        if wire_type == _END_GROUP:
            if inner != number:
                raise DecodeError("A group ends with the number of another one.")
            return position
        if wire_type == _GROUP:
            position = _skip_group(view, position, inner, depth + 1)
        else:
            _, position = _read_value(view, position, wire_type)


def _signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) else value


def _utf8(view):
    try:
        return str(view, "utf-8")
    except UnicodeDecodeError:
        raise DecodeError("A text is not valid UTF-8.")


_ENTRY = {1: text("key"), 2: text("value")}


def _map_entry(view):
    entry = decode(view, _ENTRY)
    return {entry.get("key", ""): entry.get("value", "")}
