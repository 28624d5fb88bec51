"""Workers that never come so far as to accept."""

import signal
import socket
import sys

from udf_worker.main import read_connection


def exit_at_once(arguments, code):
    """`exit-at-once:code`, with a last word on both outputs."""
    print("looking around", flush=True)
    print("these are my last words", file=sys.stderr, flush=True)
    return int(code)


def never_bind(arguments, _):
    _wait_for_ever()


def bind_and_never_listen(arguments, _):
    bound = _bind(arguments)
    _wait_for_ever(bound)


def listen_and_never_accept(arguments, _):
    bound = _bind(arguments)
    bound.listen()
    _wait_for_ever(bound)


def _bind(arguments):
    connection = read_connection(arguments)
    is_tcp = connection.isdigit()
    bound = socket.socket(socket.AF_INET if is_tcp else socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(("127.0.0.1", int(connection)) if is_tcp else connection)
    return bound


def _wait_for_ever(*held):
    print("held", flush=True)
    while True:
        signal.pause()
