"""What this folder's worker does where the protocol leaves a choice. Skipped for any other worker."""

import unittest
import zlib

from wirekit import wire
from wirekit.case import WireTestCase, over_each_transport
from wirekit.process import is_own_worker


@over_each_transport
@unittest.skipUnless(is_own_worker(), "Another worker is under test.")
class OwnWorkerTests(WireTestCase):
    def test_user_error_has_class_and_traceback_of_python(self):
        connection = self.connect()
        connection.send(wire.init("udf.fail", b"init"))
        error = self.assert_init_error(connection, "user")
        self.assertEqual("RequestedError", error.error_class)
        self.assertIn("Traceback (most recent call last)", error.traceback)
        self.assertIn("conformance.py", error.traceback)
        self.cancel(connection)

    def test_payload_that_a_function_does_not_understand_is_a_user_error(self):
        for payload_format, payload in (("udf.fail", b"nowhere"), ("udf.generate", b"1"), ("udf.generate", b"-1,1"),
                                        ("udf.sleep", b"soon"), ("udf.exit", b""), ("udf.sleep", b"\xff")):
            with self.subTest(payload_format, payload=payload):
                connection = self.connect()
                connection.send(wire.init(payload_format, payload))
                self.assertTrue(self.assert_init_error(connection, "user").error_class)
                self.cancel(connection)

    def test_unknown_function_format(self):
        connection = self.connect()
        connection.send(wire.init("python.source"))
        self.assertEqual("unknown function format 'python.source'", self.assert_init_error(connection, "worker").message)

    def test_empty_chunk_is_a_violation(self):
        connection = self.connect()
        connection.send(wire.init("udf.echo", chunking=True), wire.chunk(b"", True))
        self.assert_init_error(connection, "protocol")

    def test_init_is_not_judged_before_the_last_chunk(self):
        connection = self.connect()
        connection.send(wire.init("no.such.format", version=9, chunking=True), wire.chunk(b"one"))
        self.cancel(connection)
        self.assert_usable(connection)

    def test_data_is_sent_in_the_canonical_form(self):
        for size in (0, 1, 200, 70000):
            with self.subTest(size=size):
                connection = self.started("udf.generate", b"1,%d" % size)
                self.assertEqual(wire.data(bytes(size)), connection.receive())
                self.finish(connection)

    def test_payload_over_the_limit(self):
        worker = self.own_worker(environment={"UDF_WORKER_MAX_PAYLOAD_BYTES": "10"}).start()
        connection = self.started("udf.echo", b"0123456789", worker=worker)
        self.finish(connection)
        connection.send(wire.init("udf.echo", b"01234", chunking=True), wire.chunk(b"56789"), wire.chunk(b"a"))
        message = self.assert_init_error(connection, "protocol").message
        for part in ("11 bytes", "10 bytes", "UDF_WORKER_MAX_PAYLOAD_BYTES"):
            self.assertIn(part, message)
        self.cancel(connection)
        self.assert_usable(connection)

    def test_frame_limit(self):
        worker = self.own_worker(environment={"UDF_WORKER_MAX_FRAME_BYTES": "100"}).start()
        connection, answer = worker.greet(wire.EXECUTE)
        self.assertEqual(100, answer.max_frame_bytes)
        self.start(connection, "udf.echo")
        connection.send(wire.data(b"x" * 89))
        self.assert_batches(connection, b"x" * 89)
        connection.send(wire.data(b"x" * 90))
        message = self.assert_error(connection, "protocol").message
        for part in ("101 bytes", "100 bytes", "UDF_WORKER_MAX_FRAME_BYTES"):
            self.assertIn(part, message)
        self.assert_ended(connection)

    def test_frame_that_stalls(self):
        worker = self.own_worker(environment={"UDF_WORKER_FRAME_STALL_SECONDS": "0.05"}).start()
        header = b"\x00\x00\x10\x00\x00"
        for part in (header[:1], header, header + b"x", header + b"x" * 70000):
            with self.subTest(len(part)):
                connection = self.started("udf.echo", worker=worker)
                connection.send_bytes(part)
                self.assertIn("UDF_WORKER_FRAME_STALL_SECONDS", self.assert_error(connection, "protocol").message)
                self.assert_ended(connection)

    def test_idle_connection_does_not_stall(self):
        worker = self.own_worker(environment={"UDF_WORKER_FRAME_STALL_SECONDS": "0.05"}).start()
        idle = worker.connect()
        stalled = self.started("udf.echo", worker=worker)
        stalled.send_bytes(b"\x00")
        # The idle connection has been idle for longer than the one that is broken now.
        self.assert_error(stalled, "protocol")
        self.assert_ended(stalled)
        self.assert_usable(idle)

    def test_new_executions_are_refused_during_a_shutdown(self):
        worker = self.own_worker().start()
        running = self.started("udf.echo", worker=worker)
        self.assertFalse(worker.manage.shutdown())
        self.assertEqual(4, worker.greet(wire.EXECUTE)[1].status)
        self.finish(running)
        self.assertEqual(0, worker.wait_for_exit())

    def test_large_chunked_payload_with_checksum(self):
        part = b"0123456789abcdef" * 65536
        whole = part * 20
        connection = self.connect()
        thread = connection.send_in_background(
            wire.init("udf.echo", chunking=True, size=len(whole), crc32=zlib.crc32(whole)),
            *[wire.chunk(part)] * 19, wire.chunk(part, True))
        self.assertTrue(self.assert_initialised(connection.response()).data == whole)
        thread.join()
        self.finish(connection)


@unittest.skipUnless(is_own_worker(), "Another worker is under test.")
class OwnStartTests(WireTestCase):
    def test_wrong_use_says_why(self):
        for address, environment, told in (
                ("99999", {"UDF_WORKER_TOKEN": "00" * 32}, "no TCP port"),
                ("0", {"UDF_WORKER_TOKEN": "00" * 32}, "no TCP port"),
                ("w.sock", {"UDF_WORKER_TOKEN": "secret"}, "UDF_WORKER_TOKEN"),
                ("/tmp/" + "long" * 30, {}, "socket path"),
                ("w.sock", {"UDF_WORKER_MAX_FRAME_BYTES": "many"}, "UDF_WORKER_MAX_FRAME_BYTES")):
            with self.subTest(address):
                worker = self.own_worker(address=address, environment=environment).launch()
                self.assertEqual(2, worker.wait_for_exit())
                self.assertIn(told, worker.output())
                self.assertNotIn("secret", worker.output())
                self.assertNotIn("Traceback", worker.output())
