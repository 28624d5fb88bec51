"""An execute connection: one blocking loop that runs one execution after another."""

import enum
import socket

from . import ends, messages
from .errors import ExecutionError, ExecutionFailure, ProtocolViolation
from .executions import Execution
from .frames import BrokenStream, FrameReader, send_frame
from .payload import Payload

_PROTOCOL_VERSION = 1
_DATA_FORMATS = (1, 1000)  # ARROW and RAW

_END = object()


class State(enum.Enum):
    FRESH = 0  # no Init has come on this connection yet
    IDLE = 1  # between two executions
    INIT = 2  # Init is there, InitResponse is not; chunks of the payload may still come
    DATA = 3
    FAILED = 4  # an error was sent; only Cancel counts


class ExecuteConnection:
    """Serves one connection on the thread that calls `run`."""

    def __init__(self, sock, limits, functions, executions):
        self._socket = sock
        self._limits = limits
        self._functions = functions
        self._executions = executions
        self._frames = FrameReader(sock, limits)
        self._state = State.FRESH
        # These belong to the running execution.
        self._execution = None
        self._metrics = messages.Metrics()
        self._init = None
        self._payload = None
        self._function = None

    def run(self, preface_answer):
        try:
            self._socket.sendall(preface_answer)
            self._serve()
        except OSError:
            # The engine is gone, which for the execution is a cancel that is not answered.
            pass
        finally:
            if self._execution is not None:
                self._execution.cancelled.set()
                self._executions.end(self._execution)
            self._socket.close()

    def _serve(self):
        while True:
            try:
                frame = self._frames.read()
            except BrokenStream as broken:
                if not self._is_cancelled():
                    self._report(ExecutionError.of_protocol(str(broken)))
                ends.linger(self._socket)
                return
            if self._execution is not None and self._execution.stopping:
                self._stop()
                return
            if frame is None:
                return
            self._take(frame)

    def _take(self, frame):
        try:
            kind, body = messages.read_request(frame)
            if self._state is State.FAILED or self._is_cancelled():
                if kind == messages.CANCEL:
                    self._cancel()
            else:
                self._step(kind, body)
        except ProtocolViolation as violation:
            self._fail(ExecutionError.of_protocol(str(violation)))
        except ExecutionFailure as failure:
            self._fail(failure.error)
        except OSError:
            raise
        except Exception as error:
            self._fail(ExecutionError.of_worker("The worker failed: %r" % error, error))

    def _step(self, kind, body):
        if self._state is State.IDLE:
            if kind == messages.INIT:
                self._begin(body)
        elif kind == messages.CANCEL:
            self._cancel()
        elif self._state is State.FRESH:
            if kind != messages.INIT:
                raise ProtocolViolation("%s has come before Init." % kind)
            self._begin(body)
        elif self._state is State.INIT:
            if kind != messages.CHUNK:
                raise ProtocolViolation("%s has come before the last PayloadChunk." % kind)
            self._take_chunk(body)
        elif kind == messages.DATA:
            self._take_batch(body.get("data", b""))
        elif kind == messages.FINISH:
            self._finish()
        else:
            raise ProtocolViolation("%s has come after InitResponse." % kind)

    def _begin(self, init):
        execution_id = init.get("task_context", {}).get("udf.execution_id", "")
        self._state = State.INIT
        self._execution = Execution(execution_id, self._wake)
        self._executions.begin(self._execution)
        self._metrics = messages.Metrics()
        self._init = init
        self._payload = Payload(init.get("udf", {}), self._limits)
        if not init.get("is_chunking_payload", False):
            self._start()

    def _take_chunk(self, chunk):
        data = chunk.get("data", b"")
        if not data:
            raise ProtocolViolation("A PayloadChunk is empty.")
        self._payload.append(data)
        if chunk.get("last", False):
            self._start()

    def _start(self):
        """Checks what Init asks for, runs the function's init and answers."""
        # Only here, because InitResponse must not be sent before the last chunk.
        function = self._resolve(self._init)
        payload = self._payload.assemble()
        self._payload = None
        self._function = self._call(function, self._execution.cancelled)
        data = self._call(self._function.init, payload)
        if self._is_cancelled():
            return
        send_frame(self._socket, messages.init_response(data))
        self._state = State.DATA
        self._emit(self._function.start)

    def _resolve(self, init):
        version = init.get("protocol_version", _PROTOCOL_VERSION)
        if version != _PROTOCOL_VERSION:
            raise ProtocolViolation(
                "The protocol version %d is not supported. The worker speaks %d." % (version, _PROTOCOL_VERSION))
        data_format = init.get("data_format", 0)
        if data_format not in _DATA_FORMATS:
            raise ProtocolViolation(
                "The data format %d is not supported. The worker takes 1 (ARROW) and 1000 (RAW)." % data_format)
        payload_format = init.get("udf", {}).get("format", "")
        if not payload_format:
            raise ProtocolViolation("Init names no function: it has no udf, or one without a format.")
        function = self._functions.get(payload_format)
        if function is None:
            raise ExecutionFailure(ExecutionError.of_worker("unknown function format '%s'" % payload_format))
        return function

    def _take_batch(self, data):
        self._metrics.batches_in += 1
        self._metrics.bytes_in += len(data)
        self._emit(self._function.batch, data)

    def _emit(self, function, *arguments):
        """Sends what the function answers, as it comes."""
        answers = self._call(lambda: iter(function(*arguments)))
        while True:
            batch = self._call(next, answers, _END)
            if batch is _END or self._is_cancelled():
                return
            send_frame(self._socket, messages.data_prefix(len(batch)), batch)
            self._metrics.batches_out += 1
            self._metrics.bytes_out += len(batch)

    def _finish(self):
        error = None
        try:
            self._call(self._function.finish)
        except ExecutionFailure as failure:
            error = failure.error
        # If it was cancelled before, the end is the answer to Cancel, which is on its way.
        if self._executions.settle(self._execution):
            send_frame(self._socket, messages.finish_response(self._metrics, error))
            self._end()

    def _call(self, function, *arguments):
        """Runs code of the user. Whatever it raises is the user's error, an attempt to exit too."""
        self._execution.in_function = True
        try:
            return function(*arguments)
        except BaseException as error:
            raise ExecutionFailure(ExecutionError.of_user(error))
        finally:
            self._execution.in_function = False
            self._executions.left_function(self._execution)

    def _fail(self, error):
        # Between executions nothing is answered; and after a cancel or an error only the terminator is.
        if self._state in (State.IDLE, State.FAILED) or self._is_cancelled():
            return
        self._report(error)
        self._function = self._payload = None
        self._state = State.FAILED

    def _report(self, error):
        """Sends an error in the field that the phase gives, if it gives one."""
        if self._state in (State.FRESH, State.INIT):
            send_frame(self._socket, messages.init_response(error=error))
        elif self._state is State.DATA:
            send_frame(self._socket, messages.error_response(error))

    def _cancel(self):
        if self._execution is not None:
            self._executions.settle_by_cancel(self._execution)
        send_frame(self._socket, messages.cancel_response(self._metrics))
        self._end()

    def _stop(self):
        """Ends the execution because the worker is told to end: the engine did not ask for it."""
        self._report(ExecutionError.of_worker("The worker is shutting down and cancels what runs."))
        send_frame(self._socket, messages.cancel_response(self._metrics))
        self._end()
        ends.linger(self._socket)

    def _end(self):
        if self._execution is not None:
            self._executions.end(self._execution)
        self._execution = self._init = self._payload = self._function = None
        self._state = State.IDLE

    def _is_cancelled(self):
        return self._execution is not None and self._execution.cancelled.is_set()

    def _wake(self):
        try:
            self._socket.shutdown(socket.SHUT_RD)
        except OSError:
            # The engine has closed already, and the read returns for that reason.
            pass
