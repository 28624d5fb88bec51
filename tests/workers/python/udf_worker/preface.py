"""The first bytes on a connection: who is there, in which role, and does it know the token."""

import hmac
import struct

MAGIC = b"UDFW"
PREFACE_BYTES = 72

EXECUTE = 1
MANAGE = 2

ACCEPTED = 0
NO_COMMON_VERSION = 1
MAC_WRONG = 2
ROLE_NOT_OFFERED = 3
AT_CAPACITY = 4

_VERSION = 1
_MAC_BYTES = 32
_SIGNED_BYTES = PREFACE_BYTES - _MAC_BYTES
_NONCE = slice(8, 40)


class Preface:
    """A whole preface of an engine. It is checked against the worker's token, which is None if it has none."""

    def __init__(self, received, token):
        self._received = received = bytes(received)
        self._token = token
        self.role = received[5]

    def check(self):
        """The status that it deserves by itself: whether the role is free is not known here."""
        # Another version may sign in another way, so the version is looked at first.
        if self._received[4] < _VERSION:
            return NO_COMMON_VERSION
        expected = self._mac(b"engine" + self._received[:_SIGNED_BYTES])
        if not hmac.compare_digest(expected, self._received[_SIGNED_BYTES:]):
            return MAC_WRONG
        return ACCEPTED if self.role in (EXECUTE, MANAGE) else ROLE_NOT_OFFERED

    def answer(self, status, max_frame_bytes):
        # No feature bits are defined, so none is accepted whatever was offered.
        head = MAGIC + struct.pack(">BBHI", _VERSION, status, 0, max_frame_bytes)
        return head + self._mac(b"worker" + self._received[_NONCE] + head)

    def _mac(self, signed):
        # Without a token both sides send zeros.
        return bytes(_MAC_BYTES) if self._token is None else hmac.digest(self._token, signed, "sha256")
