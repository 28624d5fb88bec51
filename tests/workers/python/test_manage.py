"""The manage connection."""

import struct

from wirekit import wire
from wirekit.case import WireTestCase, over_each_transport
from wirekit.process import is_own_worker


@over_each_transport
class ManageTests(WireTestCase):
    def test_heartbeat(self):
        self.assertEqual([1], list(self.worker.manage.ask(wire.heartbeat())))

    def test_answers_come_in_order(self):
        manage = self.worker.manage
        manage.send(*[wire.heartbeat(), wire.cancel_execution("nobody")] * 100)
        for _ in range(100):
            self.assertEqual([1], list(manage.answer()))
            self.assertEqual([1000], list(manage.answer()))

    def test_unknown_request_is_answered_without_a_branch_or_ends_the_connection(self):
        for request in (b"", wire.field(999, b""), b"\xff", wire.field(2, b"\x12\x05a"), wire.field(1, 7)):
            with self.subTest(request):
                worker = self.own_worker().start()
                worker.manage.send(request)
                answer = worker.manage.receive()
                self.assertIn(answer, (b"",) if is_own_worker() else (None, b""))
                if answer is not None:
                    self.assertEqual([1], list(worker.manage.ask(wire.heartbeat())))

    def test_broken_frame_ends_the_worker(self):
        for header in (b"\x01\x00\x00\x00\x00", struct.pack(">BI", 0, 2**32 - 1)):
            worker = self.own_worker().start()
            worker.manage.send_bytes(header)
            self.assert_ended(worker.manage)
            worker.wait_for_exit()

    def test_shutdown_of_an_idle_worker(self):
        for cancel_sessions in (None, False, True):
            with self.subTest(cancel_sessions=cancel_sessions):
                worker = self.own_worker().start()
                self.finish(self.started("udf.echo", worker=worker))
                self.assertTrue(worker.manage.shutdown(cancel_sessions))
                worker.wait_for_exit()

    def test_shutdown_lets_an_execution_end(self):
        worker = self.own_worker().start()
        connection = self.started("udf.echo", worker=worker)
        self.assertFalse(worker.manage.shutdown())
        self.assertEqual([1], list(worker.manage.ask(wire.heartbeat())))
        connection.send(wire.data(b"batch"))
        self.assert_batches(connection, b"batch")
        self.finish(connection)
        worker.wait_for_exit()

    def test_shutdown_cancels_executions(self):
        worker = self.own_worker().start()
        waiting = self.started("udf.echo", worker=worker)
        asleep = self.started("udf.sleep", b"3600000", worker=worker)
        asleep.send(wire.data(b"batch"))
        in_init = worker.connect()
        in_init.send(wire.init("udf.echo", chunking=True, context=[("udf.execution_id", "init")]))
        while not worker.manage.cancel_execution("init"):
            pass  # Init is on its way.
        failed = worker.connect()
        failed.send(wire.init("udf.fail", b"init"))
        self.assert_init_error(failed, "user")
        worker.manage.shutdown(True)
        for connection in (waiting, asleep):
            self.assert_error(connection, "worker")
            self.assertEqual("cancel", connection.response().kind)
            self.assert_ended(connection)
        self.assertEqual("cancel", failed.response().kind)
        self.assertEqual("cancel", in_init.until_terminator()[-1].kind)
        worker.wait_for_exit()

    def test_shutdown_does_not_wait_for_a_function_that_does_not_look(self):
        worker = self.own_worker().start()
        self.started("udf.spin", worker=worker).send(wire.data(b"batch"))
        worker.manage.shutdown(True)
        worker.wait_for_exit()
