"""Puts the payload of a function together from its first part and its chunks."""

import zlib

from . import settings
from .errors import ProtocolViolation


class Payload:
    """One payload that is being assembled, bounded by the worker's limit."""

    def __init__(self, udf, limits):
        self._size = udf.get("payload_size")
        self._crc32 = udf.get("payload_crc32")
        self._max_bytes = limits.max_payload_bytes
        self._parts = []
        self._length = 0
        self.append(udf.get("payload", b""))

    def append(self, part):
        self._length += len(part)
        if self._length > self._max_bytes:
            raise ProtocolViolation(
                "The payload is at least %d bytes long. The limit is %d bytes; the worker's environment variable %s"
                " sets it." % (self._length, self._max_bytes, settings.MAX_PAYLOAD_BYTES))
        # The frame that the part came in is gone before the next one arrives.
        self._parts.append(bytes(part))

    def assemble(self):
        """The whole, checked against the size and the checksum that the engine announced."""
        if self._size is not None and self._size != self._length:
            raise ProtocolViolation(
                "The payload is %d bytes long, but payload_size says %d." % (self._length, self._size))
        payload = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        if self._crc32 is not None:
            crc32 = zlib.crc32(payload)
            if self._crc32 != crc32:
                raise ProtocolViolation(
                    "The payload has the CRC-32 %08x, but payload_crc32 says %08x." % (crc32, self._crc32))
        return payload
