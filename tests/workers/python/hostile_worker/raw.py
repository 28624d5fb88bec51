"""A worker that is hardly one: accepts, reads prefaces, and leaves the rest to a fault. A thread for each connection."""

import os
import socket
import threading

from udf_worker import preface
from udf_worker.endpoint import listen
from udf_worker.main import read_connection, take_token

MAX_FRAME_BYTES = 128 * 1024 * 1024


class Connection:
    """One accepted connection, and what its worker knows."""

    def __init__(self, sock, token, listeners):
        self.socket = sock
        self.token = token
        self.listeners = listeners
        self.preface = None

    @property
    def is_manage(self):
        return self.preface.role == preface.MANAGE

    def read_preface(self):
        received = b""
        while len(received) < preface.PREFACE_BYTES:
            part = self.socket.recv(preface.PREFACE_BYTES - len(received))
            if not part:
                raise OSError("No preface came.")
            received += part
        self.preface = preface.Preface(received, self.token)

    def accept(self):
        """Reads a preface and accepts it, as it should be."""
        self.read_preface()
        self.socket.sendall(self.preface.answer(preface.ACCEPTED, MAX_FRAME_BYTES))

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def drain(self):
        """Reads and drops until the peer closes."""
        while self.socket.recv(64 * 1024):
            pass


def serve(arguments, fault):
    """Accepts for ever. Ends by SIGTERM as any program does."""
    token = take_token(os.environ)
    listeners = listen(read_connection(arguments), token is not None)
    accepting = [threading.Thread(target=_accept, args=(listener, listeners, token, fault)) for listener in listeners]
    for thread in accepting:
        thread.start()


def _accept(listener, listeners, token, fault):
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            # The fault has closed it.
            return
        threading.Thread(target=_converse, args=(Connection(sock, token, listeners), fault)).start()


def _converse(connection, fault):
    try:
        fault(connection)
    except OSError:
        # The engine has given up, as it should.
        pass
    finally:
        connection.socket.close()
