"""Where peers wait until they have said who they are: one thread for all of them."""

import collections
import selectors
import socket
import sys
import time

from . import ends, preface

# Of those that have not proved themselves, and of those that were refused, so many at most are kept.
_MAX_WAITING = 32

# With no descriptor or memory left for a further peer, accepting rests this long.
_ACCEPT_PAUSE_SECONDS = 0.05

_SEND_BUFFER_BYTES = 1024 * 1024


class _Peer:
    def __init__(self, deadline):
        self.deadline = deadline
        self.received = bytearray()


class Reception:
    """Accepts connections, reads and answers their prefaces, and hands on those that are accepted."""

    def __init__(self, listeners, token, limits, admit):
        """`admit(role, socket, answer)` takes a connection over, answer unsent, and returns True; or refuses it."""
        self._token = token
        self._limits = limits
        self._admit = admit
        self._selector = selectors.DefaultSelector()
        self._waiting = collections.OrderedDict()
        self._refused = collections.OrderedDict()
        self._dropped_bytes = bytearray(64 * 1024)
        for listener in listeners:
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ, self._accept)

    def run(self):
        while True:
            events = self._selector.select(self._seconds_to_deadline())
            # New peers last: they may push out the oldest, which shall not be one whose preface is there.
            for key, _ in sorted(events, key=lambda event: event[0].data == self._accept):
                # A peer may have been dropped for a newer one since the selector saw it.
                if key.fileobj.fileno() >= 0:
                    key.data(key.fileobj)
            self._drop_late()

    def _accept(self, listener):
        try:
            sock, _ = listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError as error:
            print("The worker cannot accept a connection now: %s." % error, file=sys.stderr)
            time.sleep(_ACCEPT_PAUSE_SECONDS)
            return
        if sock.family == socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, self._receive)
        self._keep(self._waiting, sock, self._limits.preface_seconds)

    def _receive(self, sock):
        peer = self._waiting[sock]
        try:
            # Not a byte more than the preface: the first frame may stand behind it.
            received = sock.recv(preface.PREFACE_BYTES - len(peer.received))
        except BlockingIOError:
            return
        except OSError:
            received = b""
        peer.received += received
        magic = peer.received[:len(preface.MAGIC)]
        if not received or not preface.MAGIC.startswith(bytes(magic)):
            # It left, or speaks something else and would not understand an answer.
            self._drop(sock)
        elif len(peer.received) == preface.PREFACE_BYTES:
            self._decide(sock, preface.Preface(peer.received, self._token))

    def _decide(self, sock, received):
        status = received.check()
        if status == preface.ACCEPTED:
            self._forget(sock)
            if self._admit(received.role, sock, received.answer(status, self._limits.max_frame_bytes)):
                return
            status = preface.AT_CAPACITY
            self._selector.register(sock, selectors.EVENT_READ, self._drain)
        else:
            del self._waiting[sock]
            self._selector.modify(sock, selectors.EVENT_READ, self._drain)
        self._keep(self._refused, sock, ends.LINGER_SECONDS)
        try:
            # A fresh socket has room for so little, so this does not fail for being full.
            sock.send(received.answer(status, self._limits.max_frame_bytes))
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(sock)

    def _drain(self, sock):
        try:
            if sock.recv_into(self._dropped_bytes) > 0:
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._drop(sock)

    def _keep(self, peers, sock, seconds):
        peers[sock] = _Peer(time.monotonic() + seconds)
        if len(peers) > _MAX_WAITING:
            self._drop(next(iter(peers)))

    def _drop(self, sock):
        self._forget(sock)
        sock.close()

    def _forget(self, sock):
        self._selector.unregister(sock)
        self._waiting.pop(sock, None)
        self._refused.pop(sock, None)

    def _oldest(self):
        """The first of each kind is the one whose time runs out first: within a kind all have the same."""
        return [next(iter(peers.items())) for peers in (self._waiting, self._refused) if peers]

    def _seconds_to_deadline(self):
        deadlines = [peer.deadline for _, peer in self._oldest()]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _drop_late(self):
        now = time.monotonic()
        late = True
        while late:
            late = [sock for sock, peer in self._oldest() if peer.deadline <= now]
            for sock in late:
                self._drop(sock)
