"""The first bytes on a connection."""

import os
import unittest

from wirekit import wire
from wirekit.case import WireTestCase, over_each_transport
from wirekit.connection import Connection
from wirekit.process import is_own_worker


@over_each_transport
class PrefaceTests(WireTestCase):
    def test_good(self):
        connection, answer = self.worker.greet(wire.EXECUTE)
        self.assertTrue(answer.is_verified)
        self.assertEqual((1, 0, 0), (answer.version, answer.status, answer.features))
        self.assertGreater(answer.max_frame_bytes, 0)
        self.assert_usable(connection)

    def test_features_are_ignored(self):
        connection, answer = self.worker.greet(wire.EXECUTE, features=0xFFFF)
        self.assertTrue(answer.is_verified)
        self.assertEqual((0, 0), (answer.status, answer.features))
        self.assert_usable(connection)

    def test_higher_version_speaks_the_common_one(self):
        for version in (2, 255):
            connection, answer = self.worker.greet(wire.EXECUTE, version=version)
            self.assertTrue(answer.is_verified)
            self.assertEqual((1, 0), (answer.version, answer.status))
            self.assert_usable(connection)

    def test_no_common_version(self):
        self.assert_refused(1, *self.worker.greet(wire.EXECUTE, version=0))

    def test_wrong_token(self):
        self.assert_refused(2, *self.worker.greet(wire.EXECUTE, token=os.urandom(32)))

    def test_mac_of_zeros(self):
        self.assert_refused(2, *self.worker.greet(wire.EXECUTE, token=None))

    def test_any_byte_changed_makes_the_mac_wrong(self):
        # The magic and the version are looked at before the MAC is.
        for position in (5, 6, 7, 8, 39, 40, 71):
            with self.subTest(position=position):
                sent = bytearray(wire.preface(self.worker.token, wire.EXECUTE))
                sent[position] ^= 0x80
                self.assert_refused(2, *self.send(bytes(sent)))

    def test_unknown_role(self):
        for role in (0, 4, 255):
            with self.subTest(role=role):
                self.assert_refused(3, *self.worker.greet(role))

    def test_multiplex_may_not_be_offered(self):
        _, answer = self.worker.greet(wire.MULTIPLEX)
        self.assertTrue(answer.is_verified)
        self.assertIn(answer.status, (3,) if is_own_worker() else (0, 3))

    def test_second_manage(self):
        self.assert_refused(4, *self.worker.greet(wire.MANAGE))
        self.assertIn(1, self.worker.manage.ask(wire.heartbeat()))

    def test_wrong_manage_takes_no_place(self):
        worker = self.own_worker().launch()
        connection, answer = worker.greet(wire.MANAGE, token=os.urandom(32))
        self.assertEqual(2, answer.status)
        connection.close()
        connection, answer = worker.greet(wire.MANAGE)
        self.assertEqual(0, answer.status)
        self.assertIn(1, connection.ask(wire.heartbeat()))

    def test_byte_by_byte(self):
        connection = Connection(self.worker.dial())
        sent = wire.preface(self.worker.token, wire.EXECUTE)
        for byte in sent:
            connection.send_bytes(bytes([byte]))
        self.assertEqual(0, self.worker.preface_answer(connection, sent).status)

    def test_first_frame_may_follow_at_once(self):
        connection = self.connect_with(wire.init("udf.echo", b"early"), wire.data(b"batch"))
        self.assertEqual(b"early", self.assert_initialised(connection.response()).data)
        self.assert_batches(connection, b"batch")
        self.finish(connection)

    def test_answer_to_a_refused_peer_that_writes_on(self):
        connection = self.connect_with(wire.init("udf.echo", b"x" * 5000), token=os.urandom(32), status=2)
        self.assert_ended(connection)

    def test_something_else_gets_no_acceptance(self):
        for garbage in (b"\x00" * 72, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".ljust(72), b"UDFX" * 18, b"\xff" * 72):
            with self.subTest(garbage[:4]):
                connection = Connection(self.worker.dial())
                connection.send_bytes(garbage)
                answer = connection.receive_bytes(wire.PREFACE_ANSWER_BYTES)
                self.assertFalse(answer.startswith(b"UDFW") and answer[5:6] == b"\0", answer)

    def test_peers_that_leave_early(self):
        sent = wire.preface(self.worker.token, wire.EXECUTE)
        for length in (0, 1, 4, 5, 71):
            connection = Connection(self.worker.dial())
            connection.send_bytes(sent[:length])
            connection.close()
        self.assert_usable(self.connect())

    def test_peers_that_leave_before_the_answer(self):
        for _ in range(5):
            connection = Connection(self.worker.dial())
            connection.send_bytes(wire.preface(self.worker.token, wire.EXECUTE))
            connection.close()
        self.assert_usable(self.connect())

    def test_oldest_of_too_many_is_dropped(self):
        silent = [Connection(self.worker.dial()) for _ in range(33)]
        self.assert_ended(silent[0])
        self.assert_can_go_on(silent[-1])
        if is_own_worker():
            self.assert_can_go_on(silent[1])

    def test_silent_peers_keep_nobody_out(self):
        silent = [Connection(self.worker.dial()) for _ in range(100)]
        self.assert_usable(self.connect())
        self.assert_ended(silent[0])

    @unittest.skipUnless(is_own_worker(), "A worker's time limit is 10 s, which this test would wait for.")
    def test_silent_peer_is_dropped_in_time(self):
        worker = self.own_worker(environment={"UDF_WORKER_PREFACE_SECONDS": "0.2"}).start()
        connection = Connection(worker.dial())
        connection.send_bytes(b"UDFW")
        self.assert_ended(connection)

    def assert_refused(self, status, connection, answer):
        self.assertTrue(answer.is_verified)
        self.assertEqual(status, answer.status)
        self.assert_ended(connection)

    def assert_can_go_on(self, connection):
        sent = wire.preface(self.worker.token, wire.EXECUTE)
        connection.send_bytes(sent)
        self.assertEqual(0, self.worker.preface_answer(connection, sent).status)

    def send(self, sent):
        connection = Connection(self.worker.dial())
        connection.send_bytes(sent)
        return connection, self.worker.preface_answer(connection, sent)

    def connect_with(self, *messages, token=None, status=0):
        """Sends preface and messages with one call."""
        connection = self.worker.unconnected()
        sent = wire.preface(token or self.worker.token, wire.EXECUTE)
        connection.send(*messages, before=sent)
        self.assertEqual(status, self.worker.preface_answer(connection, sent).status)
        return connection


class NoTokenTests(WireTestCase):
    def test_unix_accepts_a_mac_of_zeros(self):
        worker = self.own_worker(token=False).start()
        self.assert_usable(worker.connect())

    def test_tcp_is_refused(self):
        self.transport = "tcp"
        worker = self.own_worker(token=False).launch()
        self.assertNotEqual(0, worker.wait_for_exit())
        if is_own_worker():
            self.assertIn("UDF_WORKER_TOKEN", worker.output())
