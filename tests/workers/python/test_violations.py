"""Every violation of the order of messages, and messages that are none. The stream stays in step after each."""

import struct

from wirekit import wire
from wirekit.case import WireTestCase, over_each_transport

# Messages that cannot be decoded, or say nothing: they are wrong in every phase.
NO_MESSAGES = {
    "empty": b"",
    "field number 0": b"\x02\x00",
    "ends inside a field": b"\x12\x05a",
    "ends inside a number": b"\x12\xff",
    "number of eleven bytes": b"\x08" + b"\xff" * 10 + b"\x01",
    "wire type 7": b"\x0f",
    "end of no group": b"\x0c",
    "control that ends inside a field": wire.field(1, b"\x0a\x05a"),
    "oneof not set": wire.field(15, b"unknown"),
    "oneof of control not set": wire.field(1, b""),
    "unknown branch of control": wire.control(15),
    "data as a number": wire.field(2, 5),
}


@over_each_transport
class OrderTests(WireTestCase):
    def test_before_init(self):
        wrong = dict(NO_MESSAGES, chunk=wire.chunk(b"c", True), data=wire.data(b"d"), finish=wire.finish())
        for name, message in wrong.items():
            with self.subTest(name):
                connection = self.connect()
                connection.send(message)
                self.assert_init_error(connection, "protocol")
                self.assert_only_cancel_counts(connection)

    def test_between_chunks(self):
        wrong = dict(NO_MESSAGES, init=wire.init("udf.echo"), data=wire.data(b"d"), finish=wire.finish())
        for name, message in wrong.items():
            with self.subTest(name):
                connection = self.connect()
                connection.send(wire.init("udf.echo", chunking=True), wire.chunk(b"c"), message)
                self.assert_init_error(connection, "protocol")
                self.assert_only_cancel_counts(connection)

    def test_in_the_data_phase(self):
        wrong = dict(NO_MESSAGES, init=wire.init("udf.echo"), chunk=wire.chunk(b"c", True))
        for name, message in wrong.items():
            with self.subTest(name):
                connection = self.started("udf.echo")
                connection.send(wire.data(b"first"), message)
                self.assert_batches(connection, b"first")
                self.assert_error(connection, "protocol")
                self.assert_only_cancel_counts(connection)

    def test_chunk_after_a_whole_payload(self):
        connection = self.connect()
        connection.send(wire.init("udf.echo", b"p"), wire.chunk(b"c", True))
        self.assert_initialised(connection.response())
        self.assert_error(connection, "protocol")
        self.assert_only_cancel_counts(connection)

    def test_chunk_after_the_last_one(self):
        connection = self.connect()
        connection.send(wire.init("udf.echo", chunking=True), wire.chunk(b"c", True), wire.chunk(b"d", True))
        self.assert_initialised(connection.response())
        self.assert_error(connection, "protocol")
        self.assert_only_cancel_counts(connection)

    def test_between_executions_it_is_dropped(self):
        wrong = dict(NO_MESSAGES, chunk=wire.chunk(b"c", True), data=wire.data(b"d"), finish=wire.finish(),
                     cancel=wire.cancel())
        connection = self.connect()
        self.assert_usable(connection)
        for name, message in wrong.items():
            with self.subTest(name):
                connection.send(message)
                self.assert_usable(connection)

    def assert_only_cancel_counts(self, connection):
        connection.send(wire.data(b"dropped"), wire.init("udf.echo"), wire.chunk(b"c"), wire.finish(), b"", b"\xff")
        self.cancel(connection)
        self.assert_usable(connection)


@over_each_transport
class InitTests(WireTestCase):
    def test_unsupported_protocol_version(self):
        self.assert_refused(wire.init("udf.echo", version=1000), "protocol")

    def test_unsupported_protocol_version_in_chunks(self):
        self.assert_refused(wire.init("udf.echo", version=1000, chunking=True), "protocol", wire.chunk(b"c", True))

    def test_unsupported_data_format(self):
        for data_format in (None, 0, 7, -1):
            with self.subTest(data_format=data_format):
                self.assert_refused(wire.init("udf.echo", data_format=data_format), "protocol", "worker")

    def test_no_payload_format(self):
        self.assert_refused(wire.init("", b"payload"), "protocol", "worker")
        self.assert_refused(wire.init(None, b"payload"), "protocol", "worker")

    def test_no_udf(self):
        self.assert_refused(wire.init("", with_udf=False), "protocol", "worker")

    def assert_refused(self, init, *kinds_and_chunks):
        kinds = [one for one in kinds_and_chunks if isinstance(one, str)]
        chunks = [one for one in kinds_and_chunks if not isinstance(one, str)]
        connection = self.connect()
        connection.send(init, *chunks)
        self.assert_init_error(connection, *kinds)
        self.cancel(connection)
        self.assert_usable(connection)


@over_each_transport
class BrokenFrameTests(WireTestCase):
    """A wrong flag and a length over the limit break the connection, with an error where a field is open for it."""

    def test_before_init(self):
        for connection, header in self.each_broken_header():
            connection.send_bytes(header)
            self.assert_init_error(connection, "protocol")
            self.assert_ended(connection)

    def test_between_chunks(self):
        for connection, header in self.each_broken_header():
            connection.send(wire.init("udf.echo", chunking=True), wire.chunk(b"c"))
            connection.send_bytes(header)
            self.assert_init_error(connection, "protocol")
            self.assert_ended(connection)

    def test_in_the_data_phase(self):
        for connection, header in self.each_broken_header():
            self.start(connection, "udf.echo")
            connection.send(wire.data(b"first"))
            connection.send_bytes(header)
            self.assert_batches(connection, b"first")
            self.assert_error(connection, "protocol")
            self.assert_ended(connection)

    def test_after_an_error(self):
        for connection, header in self.each_broken_header():
            connection.send(wire.init("udf.fail", b"init"))
            self.assert_init_error(connection, "user")
            connection.send_bytes(header)
            self.assert_ended(connection)

    def test_between_executions(self):
        for connection, header in self.each_broken_header():
            self.assert_usable(connection)
            connection.send_bytes(header)
            self.assert_ended(connection)

    def test_length_error_names_length_and_limit(self):
        connection, answer = self.worker.greet(wire.EXECUTE)
        limit = answer.max_frame_bytes
        connection.send_bytes(struct.pack(">BI", 0, limit + 1))
        message = self.assert_init_error(connection, "protocol").message
        digits = message.replace(",", "").replace("_", "").replace("'", "")
        self.assertIn(str(limit + 1), digits)
        self.assertIn(str(limit), digits.replace(str(limit + 1), ""))

    def test_engine_that_writes_on_reads_the_error_all_the_same(self):
        connection = self.connect()
        connection.send_bytes(b"\x01\x00\x00\x00\x0a" + b"0123456789")
        self.assert_init_error(connection, "protocol")
        self.assert_ended(connection)

    def test_torn_frames_end_the_connection_alone(self):
        whole = b"\x00\x00\x00\x00\x05hello"
        for length in range(1, len(whole)):
            connection = self.connect()
            connection.send_bytes(whole[:length])
            connection.close()
            connection = self.started("udf.echo")
            connection.send_bytes(whole[:length])
            connection.close()
        self.assert_usable(self.connect())

    def each_broken_header(self):
        """Fresh connections, each with what breaks it."""
        limit = self.worker.greet(wire.EXECUTE)[1].max_frame_bytes
        for flag, length in ((1, 2), (255, 0), (0, limit + 1), (0, 2**32 - 1)):
            yield self.connect(), struct.pack(">BI", flag, length)
