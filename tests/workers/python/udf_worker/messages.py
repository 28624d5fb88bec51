"""The messages of an execution: requests decoded, responses encoded."""

from . import protobuf
from .errors import ProtocolViolation

INIT = "Init"
CHUNK = "PayloadChunk"
DATA = "DataRequest"
FINISH = "Finish"
CANCEL = "Cancel"

_ENVELOPE = {1: protobuf.message("control"), 2: protobuf.message("data")}
_CONTROL = {
    1: protobuf.message(INIT),
    2: protobuf.message(CHUNK),
    3: protobuf.message(FINISH),
    4: protobuf.message(CANCEL),
}
_INIT = {
    1: protobuf.uint32("protocol_version"),
    2: protobuf.int32("data_format"),
    3: protobuf.message("udf"),
    4: protobuf.boolean("is_chunking_payload"),
    7: protobuf.text_map("task_context"),
}
_UDF = {
    1: protobuf.octets("payload"),
    2: protobuf.text("format"),
    3: protobuf.int64("payload_size"),
    6: protobuf.uint32("payload_crc32"),
}
_CHUNK = {1: protobuf.octets("data"), 2: protobuf.boolean("last")}
_DATA = {1: protobuf.octets("data")}
_NOTHING = {}

_BODIES = {INIT: _INIT, CHUNK: _CHUNK, FINISH: _NOTHING, CANCEL: {1: protobuf.text("reason")}}

# Widths of the two lengths of a data message: with these the payload stands at byte 16 of its frame.
_OUTER_WIDTH = 5
_INNER_WIDTH = 4


def read_request(view):
    """Decodes a UdfRequest to its kind and its fields. Payloads are views of the message."""
    if not view:
        raise ProtocolViolation("The message is empty.")
    try:
        envelope = protobuf.decode(view, _ENVELOPE, (1, 2))
        if "data" in envelope:
            return DATA, protobuf.decode(envelope["data"], _DATA)
        control = protobuf.decode(envelope.get("control", b""), _CONTROL, (1, 2, 3, 4))
        for kind, body in control.items():
            fields = protobuf.decode(body, _BODIES[kind])
            if "udf" in fields:
                fields["udf"] = protobuf.decode(fields["udf"], _UDF)
            return kind, fields
    except protobuf.DecodeError as error:
        raise ProtocolViolation("The message cannot be decoded. %s" % error)
    raise ProtocolViolation("The message has no content: its oneof is not set, or set to a branch that is not known.")


def data_prefix(size):
    """What stands before a payload of `size` bytes in a DataResponse."""
    inner_width = _INNER_WIDTH if size < 1 << 28 else _INNER_WIDTH + 1
    inner = b"\x0a" + protobuf.fixed_varint(size, inner_width)
    return b"\x12" + protobuf.fixed_varint(len(inner) + size, _OUTER_WIDTH) + inner


def init_response(data=None, error=None):
    fields = b"" if data is None else protobuf.bytes_field(1, data)
    if error is not None:
        fields += protobuf.bytes_field(2, error.encode())
    return _control(1, fields)


def finish_response(metrics, error=None):
    fields = protobuf.bytes_field(1, metrics.encode())
    if error is not None:
        fields += protobuf.bytes_field(3, error.encode())
    return _control(2, fields)


def cancel_response(metrics):
    return _control(3, protobuf.bytes_field(1, metrics.encode()))


def error_response(error):
    return _control(4, protobuf.bytes_field(1, error.encode()))


class Metrics:
    """What one execution has taken and given so far: counts of batches and of their bytes."""

    def __init__(self):
        self.bytes_in = self.bytes_out = self.batches_in = self.batches_out = 0

    def encode(self):
        numbers = ((1, self.bytes_in), (2, self.bytes_out), (5, self.batches_in), (6, self.batches_out))
        return b"".join(protobuf.number_field(number, value) for number, value in numbers)


def _control(branch, fields):
    return protobuf.bytes_field(1, protobuf.bytes_field(branch, fields))
