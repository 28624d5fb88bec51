"""The engine's side of the bytes: messages written and read, prefaces made and verified."""

import hashlib
import hmac
import os
import struct

ARROW = 1
RAW = 1000

EXECUTE = 1
MANAGE = 2
MULTIPLEX = 3

PREFACE_ANSWER_BYTES = 44


def varint(value, width=0):
    """A number, in at least `width` bytes."""
    out = b""
    while value > 0x7F or len(out) + 1 < width:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    """A field that is a number, a text, or bytes, which an encoded message is too. None is no field at all."""
    if value is None:
        return b""
    if isinstance(value, int):
        return varint(number << 3) + varint(value & (1 << 64) - 1)
    if isinstance(value, str):
        value = value.encode("utf-8")
    return varint(number << 3 | 2) + varint(len(value)) + value


def parse(encoded):
    """All fields of a message: number to list of values, numbers as int, the rest as bytes."""
    fields = {}
    position = 0
    while position < len(encoded):
        tag, position = _parse_varint(encoded, position)
        if tag & 7 == 0:
            value, position = _parse_varint(encoded, position)
        elif tag & 7 == 2:
            length, position = _parse_varint(encoded, position)
            if position + length > len(encoded):
                raise AssertionError("The worker sent a message that ends inside a field.")
            value = encoded[position:position + length]
            position += length
        else:
            raise AssertionError("The worker sent a field with the wire type %d." % (tag & 7))
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def _parse_varint(encoded, position):
    value = shift = 0
    while True:
        if position >= len(encoded) or shift > 63:
            raise AssertionError("The worker sent a message with a broken number.")
        byte = encoded[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position


def control(branch, body=b""):
    return field(1, field(branch, body))


def init(payload_format, payload=b"", *, data_format=RAW, version=1, chunking=None, size=None, crc32=None,
         context=(), with_udf=True):
    """A UdfRequest with Init. `context` is pairs of task context."""
    udf = field(1, payload) + field(2, payload_format) + field(3, size) + field(6, crc32)
    body = field(1, version) + field(2, data_format) + field(3, udf if with_udf else None)
    body += field(4, None if chunking is None else int(chunking))
    body += b"".join(field(7, field(1, key) + field(2, value)) for key, value in context)
    return control(1, body)


def chunk(data, last=None):
    return control(2, field(1, data) + field(2, None if last is None else int(last)))


def data(payload):
    """A DataRequest in the canonical form: lengths of fixed width, the payload at byte 16 of the frame."""
    inner = b"\x0a" + varint(len(payload), 4)
    return b"\x12" + varint(len(inner) + len(payload), 5) + inner + payload


def finish():
    return control(3)


def cancel(reason=None):
    return control(4, field(1, reason))


def heartbeat():
    return field(1, b"")


def shutdown(cancel_sessions=None, reason=None):
    return field(2, field(1, reason) + field(2, None if cancel_sessions is None else int(cancel_sessions)))


def cancel_execution(execution_id, reason=None):
    return field(1000, field(1, execution_id) + field(2, reason))


def preface(token, role, *, version=1, features=0, nonce=None):
    """A preface; a token of None makes a MAC of zeros."""
    head = struct.pack(">4sBBH", b"UDFW", version, role, features) + (nonce or os.urandom(32))
    return head + (bytes(32) if token is None else hmac.new(token, b"engine" + head, hashlib.sha256).digest())


class PrefaceAnswer:
    """A worker's answer, taken apart."""

    def __init__(self, answer, sent, token):
        magic, self.version, self.status, self.features, self.max_frame_bytes = struct.unpack(">4sBBHI", answer[:12])
        expected = hmac.new(token or b"", b"worker" + sent[8:40] + answer[:12], hashlib.sha256).digest()
        self.is_verified = magic == b"UDFW" and (token is None or hmac.compare_digest(expected, answer[12:]))


class ExecutionError:
    """An error of an execution: `kind` is user, worker or protocol."""

    def __init__(self, encoded):
        (number, (body,)), = parse(encoded).items()
        self.kind = {1: "user", 2: "worker", 3: "protocol"}[number]
        fields = parse(body)
        self.message = fields[1][-1].decode("utf-8")
        self.traceback = fields[2][-1].decode("utf-8") if 2 in fields else None
        self.error_class = fields[3][-1].decode("utf-8") if 3 in fields else None

    def __repr__(self):
        return "%s error '%s'" % (self.kind, self.message)


class Response:
    """A UdfResponse: `kind` is init, finish, cancel, error or data, with what such a message has."""

    _CONTROL = {1: ("init", 1, 2), 2: ("finish", 2, 3), 3: ("cancel", None, 2), 4: ("error", None, 1)}

    def __init__(self, encoded):
        self.data = self.error = None
        self.metrics = {}
        (branch, (body,)), = parse(encoded).items()
        if branch == 2:
            self.kind = "data"
            self.data = parse(body).get(1, [b""])[-1]
            return
        (number, (body,)), = parse(body).items()
        self.kind, data_number, error_number = self._CONTROL[number]
        fields = parse(body)
        if data_number in fields:
            self.data = fields[data_number][-1]
        if error_number in fields:
            self.error = ExecutionError(fields[error_number][-1])
        if self.kind in ("finish", "cancel") and 1 in fields:
            self.metrics = {key: values[-1] for key, values in parse(fields[1][-1]).items()}

    def __repr__(self):
        size = "" if self.data is None else ", %d bytes" % len(self.data)
        return "<%s%s%s>" % (self.kind, size, "" if self.error is None else ", %r" % self.error)
