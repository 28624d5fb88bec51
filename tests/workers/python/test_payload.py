"""Payloads that arrive in chunks, with and without size and checksum."""

import zlib

from wirekit import wire
from wirekit.case import WireTestCase, over_each_transport


@over_each_transport
class PayloadTests(WireTestCase):
    def test_one_chunk(self):
        self.assert_assembled(b"payload", wire.chunk(b"payload", True), chunking=True)

    def test_three_chunks(self):
        self.assert_assembled(
            b"onetwothree", wire.chunk(b"one"), wire.chunk(b"two"), wire.chunk(b"three", True), chunking=True)

    def test_last_set_to_false(self):
        self.assert_assembled(b"onetwo", wire.chunk(b"one", False), wire.chunk(b"two", True), chunking=True)

    def test_inline_part_comes_first(self):
        self.assert_assembled(b"inline+chunk", wire.chunk(b"+chunk", True), inline=b"inline", chunking=True)

    def test_chunking_set_to_false(self):
        self.assert_assembled(b"inline", inline=b"inline", chunking=False)

    def test_size_and_crc_right(self):
        whole = b"onetwothree"
        self.assert_assembled(
            whole, wire.chunk(b"two"), wire.chunk(b"three", True), inline=b"one", chunking=True,
            size=len(whole), crc32=zlib.crc32(whole))
        self.assert_assembled(whole, inline=whole, size=len(whole), crc32=zlib.crc32(whole))

    def test_crc_is_that_of_ieee(self):
        self.assert_assembled(b"123456789", inline=b"123456789", crc32=0xCBF43926)

    def test_large(self):
        parts = [bytes([number]) * (1024 * 1024) for number in range(8)]
        whole = b"".join(parts)
        chunks = [wire.chunk(part) for part in parts[:-1]] + [wire.chunk(parts[-1], True)]
        self.assert_assembled(whole, *chunks, chunking=True, size=len(whole), crc32=zlib.crc32(whole))

    def test_size_wrong(self):
        for size in (10, 12, 0, -1):
            with self.subTest(size=size):
                self.assert_refused(wire.chunk(b"onetwothree", True), chunking=True, size=size)
                self.assert_refused(inline=b"onetwothree", size=size)

    def test_crc_wrong(self):
        wrong = zlib.crc32(b"onetwothree") ^ 1
        self.assert_refused(wire.chunk(b"onetwothree", True), chunking=True, crc32=wrong)
        self.assert_refused(inline=b"onetwothree", crc32=wrong)

    def test_failing_init_in_chunks(self):
        connection = self.connect()
        connection.send(wire.init("udf.fail", b"in", chunking=True), wire.chunk(b"i"), wire.chunk(b"t", True))
        self.assertEqual("requested", self.assert_init_error(connection, "user").message)
        self.cancel(connection)
        self.assert_usable(connection)

    def assert_assembled(self, expected, *chunks, inline=b"", **init):
        connection = self.connect()
        thread = connection.send_in_background(wire.init("udf.echo", inline, **init), *chunks)
        answer = self.assert_initialised(connection.response())
        self.assertTrue(answer.data == expected, answer)
        thread.join()
        self.finish(connection)

    def assert_refused(self, *chunks, inline=b"", **init):
        connection = self.connect()
        connection.send(wire.init("udf.echo", inline, **init), *chunks)
        self.assert_init_error(connection, "protocol")
        self.cancel(connection)
        self.assert_usable(connection)
