"""How a broken connection ends, so that the other side can read why."""

import socket
import time

LINGER_SECONDS = 1.0


def linger(sock):
    """Shuts down the writing side, and reads and drops until the other side has ended too, for at most a second.

    The caller closes. A socket that was closed with something unread would take what was sent with it.
    """
    try:
        sock.shutdown(socket.SHUT_WR)
        dropped = bytearray(64 * 1024)
        deadline = time.monotonic() + LINGER_SECONDS
        while True:
            seconds = deadline - time.monotonic()
            if seconds <= 0:
                return
            sock.settimeout(seconds)
            if sock.recv_into(dropped) == 0:
                return
    except OSError:
        # The other side is gone, or silent for the whole second: nothing is left to be said to it.
        return
