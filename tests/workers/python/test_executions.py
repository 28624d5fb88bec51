"""Executions one after another on a connection, and many at once."""

from wirekit import wire
from wirekit.case import WireTestCase, over_each_transport


@over_each_transport
class ReuseTests(WireTestCase):
    def test_different_functions_one_after_another(self):
        connection = self.connect()
        for number in range(3):
            self.assert_usable(connection)
            self.start(connection, "udf.double", context=[("udf.execution_id", "double %d" % number)])
            connection.send(wire.data(b"d"))
            self.assert_batches(connection, b"d", b"d")
            self.finish(connection)
            self.start(connection, "udf.sink")
            connection.send(wire.data(b"s"))
            self.cancel(connection)
            self.start(connection, "udf.generate", b"1,3")
            self.assertEqual(3, len(connection.response().data))
            self.finish(connection)

    def test_after_failures(self):
        connection = self.connect()
        for place in (b"init", b"batch:1", b"finish"):
            connection.send(wire.init("udf.fail", place))
            response = connection.response()
            if place != b"init":
                self.assert_initialised(response)
                connection.send(wire.data(b"batch"), wire.finish())
                response = connection.response()
                while response.kind == "data":
                    response = connection.response()
            self.assertEqual("requested", response.error.message)
            if response.kind != "finish":
                self.cancel(connection)
            self.assert_usable(connection)

    def test_metrics_begin_anew(self):
        connection = self.connect()
        for _ in range(2):
            self.start(connection, "udf.echo")
            connection.send(wire.data(b"batch"))
            self.assert_batches(connection, b"batch")
            self.assert_metrics(self.finish(connection), batches_in=1, batches_out=1, bytes_in=5, bytes_out=5)

    def test_metrics_of_a_cancelled_execution(self):
        connection = self.started("udf.echo")
        connection.send(wire.data(b"batch"))
        self.assert_batches(connection, b"batch")
        self.assert_metrics(self.cancel(connection), batches_in=1, batches_out=1, bytes_in=5, bytes_out=5)

    def test_many_on_one_connection(self):
        connection = self.connect()
        for number in range(200):
            payload = b"%d" % number
            self.assertEqual(payload, self.start(connection, "udf.echo", payload).data)
            self.finish(connection)


@over_each_transport
class ConcurrencyTests(WireTestCase):
    COUNT = 64

    def setUp(self):
        self.started("udf.echo")
        if self.worker.greet(wire.EXECUTE)[1].status == 4:
            self.skipTest("The worker takes one execution at a time.")

    def test_many_at_once(self):
        connections = [self.started("udf.echo", b"%d" % number) for number in range(self.COUNT)]
        for batch in (b"first", b"second" * 1000):
            for connection in connections:
                connection.send(wire.data(batch))
            for connection in reversed(connections):
                self.assert_batches(connection, batch)
        for connection in connections:
            connection.send(wire.finish())
        for connection in connections:
            self.assertEqual("finish", connection.response().kind)

    def test_one_that_fails_or_leaves_touches_no_other(self):
        good = self.started("udf.echo")
        bad = self.started("udf.fail", b"batch:1")
        gone = self.started("udf.echo")
        asleep = self.started("udf.sleep", b"3600000", context=[("udf.execution_id", "asleep")])
        bad.send(wire.data(b"batch"))
        asleep.send(wire.data(b"batch"))
        gone.close()
        self.assert_error(bad, "user")
        good.send(wire.data(b"batch"))
        self.assert_batches(good, b"batch")
        self.finish(good)
        self.assertTrue(self.worker.manage.cancel_execution("asleep"))
        self.cancel(asleep)
        self.cancel(bad)

    def test_engine_that_does_not_read_holds_up_only_itself(self):
        stuck = self.started("udf.generate", b"64,1048576")
        self.assert_usable(self.connect())
        stuck.send(wire.finish())
        self.assertEqual(65, len(stuck.until_terminator()))
