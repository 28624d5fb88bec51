"""Cancel in each state, over the execution's connection and over the manage connection."""

import time

from wirekit import wire
from wirekit.case import WireTestCase, over_each_transport
from wirekit.connection import SAFETY_SECONDS


@over_each_transport
class CancelTests(WireTestCase):
    def test_before_init(self):
        connection = self.connect()
        self.cancel(connection)
        self.assert_usable(connection)

    def test_between_chunks(self):
        for chunks in ([], [wire.chunk(b"one")]):
            with self.subTest(chunks=len(chunks)):
                connection = self.connect()
                connection.send(wire.init("udf.echo", chunking=True), *chunks)
                self.cancel(connection)
                self.assert_usable(connection)

    def test_behind_init(self):
        connection = self.connect()
        connection.send(wire.init("udf.echo"), wire.cancel())
        responses = connection.until_terminator()
        self.assertIn([one.kind for one in responses], (["init", "cancel"], ["cancel"]))
        self.assert_usable(connection)

    def test_after_init_response(self):
        connection = self.started("udf.echo")
        self.cancel(connection)
        self.assert_usable(connection)

    def test_after_init_error(self):
        connection = self.connect()
        connection.send(wire.init("udf.fail", b"init"))
        self.assert_init_error(connection, "user")
        self.cancel(connection)
        self.assert_usable(connection)

    def test_amid_data(self):
        connection = self.started("udf.echo")
        thread = connection.send_in_background(*[wire.data(b"x" * 65536)] * 100, wire.cancel())
        responses = connection.until_terminator()
        thread.join()
        self.assertEqual({"data", "cancel"}, {one.kind for one in responses} | {"data"})
        self.assert_usable(connection)

    def test_after_error_response(self):
        connection = self.started("udf.fail", b"batch:1")
        connection.send(wire.data(b"batch"))
        self.assert_error(connection, "user")
        # What was on its way when the error was sent is dropped, a Finish too.
        connection.send(wire.data(b"late"), wire.finish())
        self.cancel(connection)
        self.assert_usable(connection)

    def test_after_finish_either_terminator_stands(self):
        connection = self.started("udf.echo")
        connection.send(wire.finish(), wire.cancel())
        self.assertIn([one.kind for one in connection.until_terminator()], (["finish"], ["cancel"]))

    def test_after_finish_response_it_is_dropped(self):
        connection = self.started("udf.echo")
        self.finish(connection)
        connection.send(wire.cancel())
        self.assert_usable(connection)

    def test_with_and_without_reason(self):
        for reason in (None, "", "because"):
            with self.subTest(reason=reason):
                connection = self.started("udf.echo")
                connection.send(wire.cancel(reason))
                self.assertEqual("cancel", connection.response().kind)

    def test_end_of_stream_amid_an_execution_is_a_cancel(self):
        for messages in ([], [wire.data(b"batch")], [wire.finish()]):
            connection = self.started("udf.sink", context=[("udf.execution_id", "left")])
            connection.send(*messages)
            connection.close()
        # The worker reads that end at once, so the executions are soon not to be found any more.
        deadline = time.monotonic() + SAFETY_SECONDS
        while self.worker.manage.cancel_execution("left"):
            self.assertLess(time.monotonic(), deadline, "The execution of a connection that is gone still runs.")


@over_each_transport
class ManageCancelTests(WireTestCase):
    def test_wakes_a_sleeping_function_at_once(self):
        connection = self.started("udf.sleep", b"3600000", context=[("udf.execution_id", "sleeper")])
        # More than the kernel holds: once it is sent, the worker is reading it, and then sleeps.
        connection.send(wire.data(b"x" * 4 * 1024 * 1024))
        self.assertTrue(self.worker.manage.cancel_execution("sleeper", "enough"))
        self.cancel(connection)
        self.assert_usable(connection)

    def test_terminator_comes_only_with_cancel(self):
        connection = self.started("udf.echo", context=[("udf.execution_id", "one")])
        self.assertTrue(self.worker.manage.cancel_execution("one"))
        connection.send(wire.data(b"dropped"), wire.init("udf.echo"), wire.finish(), b"", b"\xff", wire.cancel())
        self.assertEqual("cancel", connection.response().kind)
        self.assert_usable(connection)

    def test_twice(self):
        connection = self.started("udf.echo", context=[("udf.execution_id", "twice")])
        self.assertTrue(self.worker.manage.cancel_execution("twice"))
        self.worker.manage.cancel_execution("twice")
        self.cancel(connection)
        self.assert_usable(connection)

    def test_touches_no_other_execution(self):
        one = self.started("udf.echo", context=[("traceparent", "00-1"), ("udf.execution_id", "a")])
        other = self.started("udf.echo", context=[("udf.execution_id", "b")])
        self.assertTrue(self.worker.manage.cancel_execution("a"))
        other.send(wire.data(b"batch"))
        self.assert_batches(other, b"batch")
        self.finish(other)
        self.cancel(one)

    def test_unknown_execution_is_not_found(self):
        self.assertFalse(self.worker.manage.cancel_execution("nobody"))

    def test_ended_execution_is_not_found(self):
        connection = self.started("udf.echo", context=[("udf.execution_id", "ended")])
        self.finish(connection)
        self.start(connection, "udf.echo", context=[("udf.execution_id", "next")])
        self.assertFalse(self.worker.manage.cancel_execution("ended"))
        self.assertTrue(self.worker.manage.cancel_execution("next"))
        self.cancel(connection)

    def test_between_chunks(self):
        connection = self.connect()
        connection.send(wire.init("udf.echo", chunking=True, context=[("udf.execution_id", "chunks")]), wire.chunk(b"one"))
        self.worker.manage.cancel_execution_once_known("chunks")
        connection.send(wire.chunk(b"last", True))
        self.cancel(connection)
        self.assert_usable(connection)

    def test_of_an_endless_generator(self):
        connection = self.started("udf.generate", b"1000000000,65536", context=[("udf.execution_id", "endless")])
        self.assertEqual("data", connection.response().kind)
        connection.send(wire.cancel())
        self.assertTrue(self.worker.manage.cancel_execution("endless"))
        responses = connection.until_terminator()
        self.assertEqual("cancel", responses[-1].kind)
        self.assert_usable(connection)

    def test_finds_a_function_that_does_not_look(self):
        worker = self.own_worker().start()
        connection = self.started("udf.spin", worker=worker, context=[("udf.execution_id", "spinner")])
        connection.send(wire.data(b"batch"))
        self.assertTrue(worker.manage.cancel_execution("spinner"))
        self.assertIn(1, worker.manage.ask(wire.heartbeat()))
