"""Right prefaces, and wrong messages on the execute connection. The manage connection stays open and silent."""

import os
import signal
import struct
import types

from udf_worker import messages
from udf_worker.errors import ExecutionError
from udf_worker.frames import FrameReader, send_frame

from . import raw

_LIMITS = types.SimpleNamespace(max_frame_bytes=raw.MAX_FRAME_BYTES, frame_stall_seconds=30.0)


class _Execution:
    """The engine's messages as they come, and short words for the right answers."""

    def __init__(self, connection):
        self._frames = FrameReader(connection.socket, _LIMITS)
        self._socket = connection.socket
        self._metrics = messages.Metrics()
        self.half_close = connection.half_close
        self.drain = connection.drain

    def read(self, wanted):
        """Drops what comes until a message of this kind is there."""
        while True:
            frame = self._frames.read()
            if frame is None:
                raise OSError("%s has not come." % wanted)
            kind, fields = messages.read_request(frame)
            if kind == wanted and (kind != messages.INIT or not fields.get("is_chunking_payload", False)):
                return fields

    def bytes(self, data):
        self._socket.sendall(data)

    def message(self, data):
        send_frame(self._socket, data)

    def accept_init(self):
        self.read(messages.INIT)
        self.message(messages.init_response())

    def data(self, data=b"result"):
        send_frame(self._socket, messages.data_prefix(len(data)), data)

    def finish(self):
        self.message(messages.finish_response(self._metrics))

    def cancelled(self):
        self.message(messages.cancel_response(self._metrics))


def converse(arguments, name):
    """`wire:name`: one of the conversations below."""
    conversation = CONVERSATIONS[name]

    def fault(connection):
        connection.accept()
        if not connection.is_manage:
            execution = _Execution(connection)
            conversation(execution)
        connection.drain()

    raw.serve(arguments, fault)


def _torn_init_response(execution):
    """A frame of 100 bytes that ends after three."""
    execution.read(messages.INIT)
    execution.bytes(b"\x00\x00\x00\x00\x64\x0a\x62\x0a")
    execution.half_close()


def _torn_result(execution):
    execution.accept_init()
    execution.read(messages.DATA)
    execution.bytes(b"\x00\x00\x00\x00\x64\x12\x62\x0a")
    execution.half_close()


def _torn_by_death(execution):
    execution.accept_init()
    execution.read(messages.DATA)
    execution.bytes(b"\x00\x00\x00\x00\x64\x12\x62\x0a")
    os.kill(os.getpid(), signal.SIGKILL)


def _stalled_result(execution):
    """A frame that begins and gains nothing more, on a connection that stays open."""
    execution.accept_init()
    execution.read(messages.DATA)
    execution.bytes(b"\x00\x00\x00\x00\x64\x12\x62\x0a")


def _half_close(execution):
    """Between two frames, inside an execution."""
    execution.accept_init()
    execution.read(messages.DATA)
    execution.half_close()


def _oversized(execution):
    """A frame of almost 4 GiB."""
    execution.read(messages.INIT)
    execution.bytes(struct.pack(">BI", 0, 0xFFFFFFFF))


def _compressed(execution):
    execution.read(messages.INIT)
    execution.bytes(b"Garbage, which begins with a flag that is none.")


def _undecodable(execution):
    execution.accept_init()
    execution.read(messages.DATA)
    execution.message(b"\xff\xff\xff\xff\xff")


def _empty_frame(execution):
    execution.accept_init()
    execution.read(messages.DATA)
    execution.message(b"")


def _data_before_init_response(execution):
    execution.read(messages.INIT)
    execution.data()
    execution.message(messages.init_response())


def _init_response_twice(execution):
    execution.accept_init()
    execution.message(messages.init_response())


def _init_response_for_finish(execution):
    execution.accept_init()
    execution.read(messages.FINISH)
    execution.message(messages.init_response())


def _finish_unasked(execution):
    execution.accept_init()
    execution.read(messages.DATA)
    execution.finish()


def _cancelled_unasked(execution):
    execution.accept_init()
    execution.read(messages.DATA)
    execution.cancelled()


def _finish_twice(execution):
    execution.accept_init()
    execution.read(messages.FINISH)
    execution.finish()
    execution.finish()


def _data_after_terminator(execution):
    execution.accept_init()
    execution.read(messages.FINISH)
    execution.finish()
    execution.data()


def _result_twice(execution):
    """A function may answer as often as it likes: this is no fault, and must not be taken for one."""
    execution.accept_init()
    execution.read(messages.DATA)
    execution.data()
    execution.data()
    execution.read(messages.FINISH)
    execution.finish()


def _silent(execution):
    """Never answers init."""
    execution.read(messages.INIT)


def _report(error):
    """Answers init with an error, and ends the execution as it should."""

    def conversation(execution):
        execution.read(messages.INIT)
        execution.message(messages.init_response(error=error))
        execution.read(messages.CANCEL)
        execution.cancelled()

    return conversation


def _never_finish(execution):
    execution.accept_init()


CONVERSATIONS = {
    "torn-init-response": _torn_init_response,
    "torn-result": _torn_result,
    "torn-by-death": _torn_by_death,
    "stalled-result": _stalled_result,
    "half-close": _half_close,
    "oversized": _oversized,
    "compressed": _compressed,
    "undecodable": _undecodable,
    "empty-frame": _empty_frame,
    "data-before-init-response": _data_before_init_response,
    "init-response-twice": _init_response_twice,
    "init-response-for-finish": _init_response_for_finish,
    "finish-unasked": _finish_unasked,
    "cancelled-unasked": _cancelled_unasked,
    "finish-twice": _finish_twice,
    "data-after-terminator": _data_after_terminator,
    "result-twice": _result_twice,
    "silent": _silent,
    "report-protocol-error": _report(ExecutionError.of_protocol("it does not like this")),
    "report-fault": _report(ExecutionError.of_worker("it has lost its head")),
    "never-finish": _never_finish,
}
