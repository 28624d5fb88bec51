"""Wrong answers to the preface, and right ones that nothing good follows."""

import os
import signal
import socket
import threading

from udf_worker import preface

from . import raw

_WORDS = {
    "http1": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    # What a server of HTTP/2 says to bytes that it does not understand: SETTINGS, then GOAWAY with PROTOCOL_ERROR.
    "http2": bytes((0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
    "garbage": b"\x01\x02garbage, and enough of it to fill the answer to a preface twice over: \x03\x04",
}


def never(arguments, _):
    """Reads a preface, and says so to the outside, not to the engine."""

    def fault(connection):
        connection.read_preface()
        print("held", flush=True)
        connection.drain()

    raw.serve(arguments, fault)


def speak(arguments, language):
    """`speaks:http1`, `speaks:http2`, `speaks:garbage`."""

    def fault(connection):
        connection.socket.sendall(_WORDS[language])
        connection.half_close()
        connection.drain()

    raw.serve(arguments, fault)


def torn(arguments, _):
    """A right answer that ends in its middle."""

    def fault(connection):
        connection.read_preface()
        connection.socket.sendall(connection.preface.answer(preface.ACCEPTED, raw.MAX_FRAME_BYTES)[:20])
        connection.half_close()
        connection.drain()

    raw.serve(arguments, fault)


def wrong_version(arguments, _):
    raw.serve(arguments, lambda connection: _refuse(connection, preface.NO_COMMON_VERSION))


def wrong_mac(arguments, _):
    """A right answer, signed with another token."""

    def fault(connection):
        connection.token = os.urandom(32)
        _refuse(connection, preface.ACCEPTED)

    raw.serve(arguments, fault)


def die_after(arguments, code):
    """`die-after-preface:code`"""

    def fault(connection):
        connection.accept()
        os._exit(int(code))

    raw.serve(arguments, fault)


def close_listener(arguments, _):
    """Closes what it listens on before it answers its manage connection: nobody else can connect any more."""

    def fault(connection):
        for listener in connection.listeners:
            # An accept that is under way holds on to the socket until it returns.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        connection.accept()
        connection.drain()
        signal.pause()

    raw.serve(arguments, fault)


def half_close_manage(arguments, _):
    """Says nothing more on its manage connection once an execution begins, and lives on."""
    managing = []

    def fault(connection):
        connection.accept()
        if connection.is_manage:
            managing.append(connection)
            connection.drain()
            threading.Event().wait()
        connection.socket.recv(1)
        managing[0].half_close()
        connection.drain()

    raw.serve(arguments, fault)


def _refuse(connection, status):
    connection.read_preface()
    connection.socket.sendall(connection.preface.answer(status, raw.MAX_FRAME_BYTES))
    connection.half_close()
    connection.drain()
