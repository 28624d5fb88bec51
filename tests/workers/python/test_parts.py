"""The worker's parts without a process, against the independent code of the kit."""

import random
import socket
import struct
import threading
import unittest

from udf_worker import messages, protobuf
from udf_worker.errors import ProtocolViolation
from udf_worker.frames import BrokenStream, FrameReader, send_frame
from udf_worker.main import UsageError, read_connection, take_token
from udf_worker.settings import SettingError, Settings
from wirekit import wire


def framed(*sent):
    return b"".join(struct.pack(">BI", 0, len(one)) + one for one in sent)


class PiecewiseSocket:
    """Receives exactly these pieces, one with each call, and then the end of the stream."""

    def __init__(self, *pieces):
        self._pieces = [piece for piece in pieces if piece]

    def setblocking(self, blocking):
        assert blocking

    def setsockopt(self, *option):
        pass

    def recv_into(self, view):
        if not self._pieces:
            return 0
        piece = self._pieces.pop(0)
        count = min(len(piece), len(view))
        view[:count] = piece[:count]
        if count < len(piece):
            self._pieces.insert(0, piece[count:])
        return count


class FrameTests(unittest.TestCase):
    def setUp(self):
        self.engine, self.worker = socket.socketpair()
        self.addCleanup(self.engine.close)
        self.addCleanup(self.worker.close)
        self.engine.settimeout(30)

    def test_every_split_position(self):
        sent = [b"first", b"", b"x" * 300, b"last"]
        whole = framed(*sent)
        for position in range(len(whole) + 1):
            reader = FrameReader(PiecewiseSocket(whole[:position], whole[position:]), Settings({}))
            self.assertEqual(sent, [bytes(reader.read()) for _ in sent])
            self.assertIsNone(reader.read())

    def test_byte_by_byte(self):
        sent = [b"first", b"", b"x" * 70000]
        reader = FrameReader(PiecewiseSocket(*[bytes([byte]) for byte in framed(*sent)]), Settings({}))
        self.assertEqual(sent, [bytes(reader.read()) for _ in sent])

    def test_lengths_around_the_buffer(self):
        reader = FrameReader(self.worker, Settings({}))
        lengths = [65530, 65531, 65536, 1, 65537, 0, 65535, 3, 200000, 65520, 65520, 7]
        sent = [bytes([index]) * length for index, length in enumerate(lengths)]
        thread = threading.Thread(target=self.engine.sendall, args=(framed(*sent),))
        thread.start()
        for expected in sent:
            self.assertTrue(bytes(reader.read()) == expected)
        thread.join()

    def test_ends(self):
        whole = framed(b"x" * 100000)
        for length in (0, 1, 4, 5, 6, 70000):
            engine, worker = socket.socketpair()
            with engine, worker:
                reader = FrameReader(worker, Settings({}))
                engine.sendall(whole[:length])
                engine.shutdown(socket.SHUT_WR)
                self.assertIsNone(reader.read())

    def test_too_long_is_refused_from_the_header(self):
        reader = FrameReader(self.worker, Settings({"UDF_WORKER_MAX_FRAME_BYTES": "10"}))
        self.engine.sendall(framed(b"0123456789") + struct.pack(">BI", 0, 11))
        self.assertEqual(b"0123456789", bytes(reader.read()))
        with self.assertRaises(BrokenStream):
            reader.read()

    def test_send_of_many_parts_through_a_small_buffer(self):
        self.worker.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        parts = [b"a" * 100000, b"", b"b", memoryview(b"c" * 50000), bytearray(b"d" * 70000)]
        thread = threading.Thread(target=send_frame, args=(self.worker,) + tuple(parts))
        thread.start()
        expected = framed(b"".join(parts))
        received = b""
        while len(received) < len(expected):
            received += self.engine.recv(65536)
        thread.join()
        self.assertTrue(received == expected)


class MessageTests(unittest.TestCase):
    def test_varints_of_both_codecs_agree(self):
        for value in [0, 1, 127, 128, 2**14 - 1, 2**14, 2**28, 2**32, 2**63, 2**64 - 1]:
            self.assertEqual(wire.varint(value), protobuf.varint(value))
        for width in (4, 5):
            for value in (0, 1, 127, 128, 2**28 - 1):
                self.assertEqual(wire.varint(value, width), protobuf.fixed_varint(value, width))

    def test_payload_stands_at_byte_16(self):
        for size in (0, 1, 1 << 20, (1 << 28) - 1):
            self.assertEqual(11, len(messages.data_prefix(size)))
        # Of 2^28 bytes and more the inner length needs five bytes.
        prefix = messages.data_prefix(1 << 28)
        self.assertEqual(b"\x12" + wire.varint((1 << 28) + 6, 5) + b"\x0a" + wire.varint(1 << 28), prefix)

    def test_signed_and_narrow_numbers(self):
        kind, init = messages.read_request(memoryview(wire.init("f", size=-1, crc32=2**32 - 1, data_format=-2)))
        self.assertEqual((messages.INIT, -1, 2**32 - 1, -2),
                         (kind, init["udf"]["payload_size"], init["udf"]["payload_crc32"], init["data_format"]))

    def test_random_bytes_are_decoded_or_refused(self):
        source = random.Random(4711)
        whole = wire.init("udf.echo", b"payload", size=7, context=[("k", "v")])
        for _ in range(20000):
            damaged = bytearray(whole[:source.randrange(1, len(whole) + 1)])
            damaged[source.randrange(len(damaged))] = source.randrange(256)
            try:
                kind, body = messages.read_request(memoryview(damaged))
                self.assertIsInstance(body, dict, kind)
            except ProtocolViolation as violation:
                self.assertTrue(str(violation))

    def test_text_that_is_no_utf8_is_refused(self):
        with self.assertRaises(ProtocolViolation):
            messages.read_request(memoryview(wire.control(4, wire.field(1, b"\xff\xfe"))))

    def test_deep_groups_are_refused(self):
        with self.assertRaises(ProtocolViolation):
            messages.read_request(memoryview(wire.varint(20 << 3 | 3) * 100000))

    def test_error_text_that_is_no_unicode_is_sent_all_the_same(self):
        self.assertEqual(wire.field(1, "a\\udc80"), protobuf.text_field(1, "a\udc80"))


class StartTests(unittest.TestCase):
    def test_token_leaves_the_environment(self):
        environment = {"UDF_WORKER_TOKEN": "0f" * 32, "OTHER": "stays"}
        self.assertEqual(b"\x0f" * 32, take_token(environment))
        self.assertEqual({"OTHER": "stays"}, environment)
        self.assertIsNone(take_token(environment))

    def test_token_that_is_none(self):
        for text in ("", "0f" * 31, "0f" * 33, "zz" * 32):
            with self.assertRaises(UsageError):
                take_token({"UDF_WORKER_TOKEN": text})

    def test_arguments(self):
        self.assertEqual("/s", read_connection(["--mine", "1", "--id", "x", "--connection", "/s"]))
        for arguments in ([], ["--id", "x"], ["--connection", "/s"], ["--id", "x", "--connection"]):
            with self.assertRaises(UsageError):
                read_connection(arguments)

    def test_settings(self):
        limits = Settings({})
        self.assertEqual((128 << 20, 256 << 20, 30, 10), (limits.max_frame_bytes, limits.max_payload_bytes,
                                                          limits.frame_stall_seconds, limits.preface_seconds))
        for text in ("0", "-1", "x", "", str(2**32)):
            with self.assertRaises(SettingError):
                Settings({"UDF_WORKER_MAX_FRAME_BYTES": text})
