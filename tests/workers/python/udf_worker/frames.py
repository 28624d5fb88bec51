"""Frames on a blocking socket: a flag, a length of four bytes, a message."""

import socket
import struct

from . import settings

_HEADER = struct.Struct(">BI")

# Messages that fit are received together, many with one call; a longer one goes straight into a buffer of its own.
_BUFFER_BYTES = 64 * 1024

# Fresh memory costs a page fault for each 4 KiB of it, so that buffer is kept for the next one unless it is very long.
_KEPT_BYTES = 4 * 1024 * 1024


class BrokenStream(Exception):
    """The frames are out of step and cannot be read on; the text says why, for the other side to read."""


class FrameReader:
    """Reads frames from a socket that it makes blocking. Not thread-safe."""

    def __init__(self, sock, limits):
        self._socket = sock
        self._max_bytes = limits.max_frame_bytes
        self._stall_seconds = limits.frame_stall_seconds
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._start = self._end = 0
        self._long = memoryview(b"")
        sock.setblocking(True)
        # The kernel watches the time, which costs no system call; between frames its alarm is ignored.
        whole, part = divmod(self._stall_seconds, 1)
        stall = struct.pack("@ll", int(whole), max(1, int(part * 1000000)))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, stall)

    def read(self):
        """The next message as a view, valid until the next call, or None at the end of the stream.

        A stream that ends inside a frame has ended all the same: what began is dropped.
        """
        if self._start == self._end:
            self._start = self._end = 0
        while self._buffered() < _HEADER.size:
            if not self._receive(_HEADER.size, self._buffered() > 0):
                return None
        flag, length = _HEADER.unpack_from(self._buffer, self._start)
        if flag != 0:
            raise BrokenStream("A frame has the compressed flag %d. Only 0 is allowed." % flag)
        if length > self._max_bytes:
            raise BrokenStream(
                "A frame has a length of %d bytes. The limit is %d bytes; the worker's environment variable %s sets it."
                % (length, self._max_bytes, settings.MAX_FRAME_BYTES))
        self._start += _HEADER.size
        if length > _BUFFER_BYTES:
            return self._read_long(length)
        while self._buffered() < length:
            if not self._receive(length, True):
                return None
        message = self._buffer[self._start:self._start + length]
        self._start += length
        return message

    def _buffered(self):
        return self._end - self._start

    def _receive(self, needed, begun):
        if self._start + needed > _BUFFER_BYTES:
            rest = bytes(self._buffer[self._start:self._end])
            self._buffer[:len(rest)] = rest
            self._start, self._end = 0, len(rest)
        count = self._receive_into(self._buffer[self._end:], begun)
        self._end += count
        return count > 0

    def _read_long(self, length):
        message = self._long[:length]
        if len(message) < length:
            message = memoryview(bytearray(length))
            if length <= _KEPT_BYTES:
                self._long = message
        filled = self._buffered()
        message[:filled] = self._buffer[self._start:self._end]
        self._start = self._end
        while filled < length:
            count = self._receive_into(message[filled:], True)
            if count == 0:
                return None
            filled += count
        return message

    def _receive_into(self, view, begun):
        while True:
            try:
                return self._socket.recv_into(view)
            except BlockingIOError:
                if begun:
                    raise BrokenStream(
                        "A frame that has begun gained no byte for %g s; the worker's environment variable %s sets it."
                        % (self._stall_seconds, settings.FRAME_STALL_SECONDS))


def send_frame(sock, *parts):
    """Sends one frame whose message is these parts, gathered by the kernel: nothing is joined here."""
    views = [memoryview(part).cast("B") for part in parts]
    views.insert(0, memoryview(_HEADER.pack(0, sum(map(len, views)))))
    while views:
        sent = sock.sendmsg(views)
        while views and sent >= len(views[0]):
            sent -= len(views[0])
            del views[0]
        if sent:
            views[0] = views[0][sent:]
