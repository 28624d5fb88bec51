"""The manage connection: one answer for each request, in order, whatever the functions do."""

from . import ends, protobuf
from .frames import BrokenStream, FrameReader, send_frame

_HEARTBEAT = 1
_SHUTDOWN = 2
_CANCEL_EXECUTION = 1000

_REQUEST = {
    _HEARTBEAT: protobuf.message("heartbeat"),
    _SHUTDOWN: protobuf.message("shutdown"),
    _CANCEL_EXECUTION: protobuf.message("cancel_execution"),
}
_SHUTDOWN_REQUEST = {2: protobuf.boolean("cancel_sessions")}
_CANCEL_REQUEST = {1: protobuf.text("execution_id")}


class ManageConnection:
    """Serves the connection on the thread that calls `run`; its end is the end of the worker."""

    def __init__(self, sock, limits, executions, lifetime):
        self._socket = sock
        self._frames = FrameReader(sock, limits)
        self._executions = executions
        self._lifetime = lifetime

    def run(self, preface_answer):
        try:
            self._socket.sendall(preface_answer)
            while True:
                request = self._frames.read()
                if request is None:
                    break
                self._serve(request)
        except BrokenStream:
            # There is no field for an error here. The engine learns it from the end of the connection.
            ends.linger(self._socket)
        except OSError:
            pass
        finally:
            self._lifetime.end()

    def _serve(self, request):
        """Sends the response of the request's branch. What is not understood gets one without a branch, in its turn."""
        try:
            fields = protobuf.decode(request, _REQUEST, tuple(_REQUEST))
            shutdown = protobuf.decode(fields.get("shutdown", b""), _SHUTDOWN_REQUEST)
            cancel = protobuf.decode(fields.get("cancel_execution", b""), _CANCEL_REQUEST)
        except protobuf.DecodeError:
            fields = {}
        if "heartbeat" in fields:
            self._answer(_HEARTBEAT, b"")
        elif "shutdown" in fields:
            cancels = shutdown.get("cancel_sessions", False)
            settled = self._lifetime.shut_down(cancels)
            self._answer(_SHUTDOWN, protobuf.number_field(1, settled))
            self._lifetime.end_when_settled(cancels)
        elif "cancel_execution" in fields:
            found = self._executions.cancel(cancel.get("execution_id", ""))
            self._answer(_CANCEL_EXECUTION, protobuf.number_field(1, found))
        else:
            send_frame(self._socket)

    def _answer(self, branch, response):
        send_frame(self._socket, protobuf.bytes_field(branch, response))
