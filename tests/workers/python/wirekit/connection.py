"""Connections of the engine: frames on a socket with a time limit, which only a hanging worker reaches."""

import struct
import threading
import time

from . import wire

SAFETY_SECONDS = 30


class Connection:
    """Frames in both directions."""

    def __init__(self, sock):
        self.socket = sock
        sock.settimeout(SAFETY_SECONDS)

    def send(self, *messages, before=b""):
        """Sends these messages, one frame each, with one call."""
        self.send_bytes(before + b"".join(struct.pack(">BI", 0, len(message)) + message for message in messages))

    def send_bytes(self, octets):
        self.socket.sendall(octets)

    def send_in_background(self, *messages):
        """Sends on a thread of its own, so that the caller can read meanwhile. Returns the thread, to be joined."""
        thread = threading.Thread(target=self.send, args=messages, daemon=True)
        thread.start()
        return thread

    def receive(self):
        """The next message, or None if the worker has ended the stream before one."""
        header = self.receive_bytes(5)
        if len(header) < 5:
            if header:
                raise AssertionError("The worker ended the stream inside the header of a frame.")
            return None
        flag, length = struct.unpack(">BI", header)
        if flag != 0:
            raise AssertionError("The worker sent the compressed flag %d." % flag)
        message = self.receive_bytes(length)
        if len(message) < length:
            raise AssertionError("The worker ended the stream %d bytes before a frame's end." % (length - len(message)))
        return message

    def receive_bytes(self, count):
        """So many bytes, or fewer at the end of the stream; a reset is an end, too."""
        received = bytearray(count)
        filled = 0
        while filled < count:
            try:
                got = self.socket.recv_into(memoryview(received)[filled:])
            except (ConnectionResetError, BrokenPipeError):
                got = 0
            if got == 0:
                break
            filled += got
        return bytes(received[:filled])

    def close(self):
        self.socket.close()


class ExecuteConnection(Connection):
    """An execute connection."""

    def response(self):
        message = self.receive()
        if message is None:
            raise AssertionError("The worker ended the connection instead of answering.")
        return wire.Response(message)

    def start(self, payload_format, payload=b"", **more):
        """Sends Init and returns the answer to it."""
        self.send(wire.init(payload_format, payload, **more))
        return self.response()

    def until_terminator(self):
        """All that comes up to and with the terminator."""
        responses = [self.response()]
        while responses[-1].kind not in ("finish", "cancel"):
            responses.append(self.response())
        return responses


class ManageConnection(Connection):
    """The manage connection: a request, its response."""

    def ask(self, request):
        """Sends a request and returns the fields of the response, number to values."""
        self.send(request)
        return self.answer()

    def answer(self):
        message = self.receive()
        if message is None:
            raise AssertionError("The worker ended the manage connection instead of answering.")
        return wire.parse(message)

    def cancel_execution(self, execution_id, reason=None):
        """Whether the worker found the execution."""
        answer = self.ask(wire.cancel_execution(execution_id, reason))
        return bool(wire.parse(answer[1000][-1]).get(1, [0])[-1])

    def cancel_execution_once_known(self, execution_id):
        """Asks until the worker has found the execution: while its payload comes, nothing but asking tells that it has read Init."""
        deadline = time.monotonic() + SAFETY_SECONDS
        while not self.cancel_execution(execution_id):
            if time.monotonic() > deadline:
                raise AssertionError("The worker never knew the execution '%s'." % execution_id)

    def shutdown(self, cancel_sessions=None):
        """Whether all sessions were settled."""
        answer = self.ask(wire.shutdown(cancel_sessions))
        return bool(wire.parse(answer[2][-1]).get(1, [0])[-1])
