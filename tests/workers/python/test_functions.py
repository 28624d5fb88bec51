"""Every conformance function, as section 7 of the protocol describes it."""

import signal

from wirekit import wire
from wirekit.case import WireTestCase, over_each_transport

MEGABYTE = 1024 * 1024


@over_each_transport
class FunctionTests(WireTestCase):
    def test_echo_any_bytes_come_back(self):
        payload = bytes(range(256))
        connection = self.connect()
        self.assertEqual(payload, self.start(connection, "udf.echo", payload).data)
        batches = [b"a", b"", bytes(range(256)), b"x" * 65536, b"last"]
        for batch in batches:
            connection.send(wire.data(batch))
            self.assert_batches(connection, batch)
        size = sum(map(len, batches))
        self.assert_metrics(self.finish(connection), bytes_in=size, bytes_out=size, batches_in=5, batches_out=5)

    def test_echo_empty_payload(self):
        connection = self.connect()
        # An empty optional field may be sent or left out.
        self.assertIn(self.start(connection, "udf.echo", b"").data, (None, b""))
        self.finish(connection)

    def test_echo_both_data_formats(self):
        for data_format in (wire.ARROW, wire.RAW):
            with self.subTest(data_format=data_format):
                connection = self.started("udf.echo", data_format=data_format)
                connection.send(wire.data(b"batch"))
                self.assert_batches(connection, b"batch")
                self.finish(connection)

    def test_echo_without_protocol_version(self):
        self.finish(self.started("udf.echo", version=None))

    def test_echo_sizes_around_every_buffer(self):
        connection = self.started("udf.echo")
        for size in (1, 15, 16, 17, 127, 128, 16383, 16384, 65519, 65520, 65521, 65535, 65536, 65537, 5 * MEGABYTE):
            batch = bytes([size & 0xFF]) * size
            thread = connection.send_in_background(wire.data(batch))
            self.assert_batches(connection, batch)
            thread.join()
        self.finish(connection)

    def test_echo_pipelined_large_batches(self):
        connection = self.started("udf.echo")
        batches = [bytes([number]) * MEGABYTE for number in range(16)]
        thread = connection.send_in_background(*map(wire.data, batches))
        self.assert_batches(connection, *batches)
        thread.join()
        self.finish(connection)

    def test_echo_many_small_batches_in_one_send(self):
        connection = self.started("udf.echo")
        batches = [b"%d" % number for number in range(5000)]
        thread = connection.send_in_background(*map(wire.data, batches), wire.finish())
        self.assert_batches(connection, *batches)
        thread.join()
        self.assertEqual("finish", connection.response().kind)

    def test_echo_byte_by_byte(self):
        connection = self.connect()
        for message in (wire.init("udf.echo", b"p"), wire.data(b"batch"), wire.finish()):
            for byte in len(message).to_bytes(5, "big") + message:
                connection.send_bytes(bytes([byte]))
        self.assertEqual(b"p", self.assert_initialised(connection.response()).data)
        self.assert_batches(connection, b"batch")
        self.assertEqual("finish", connection.response().kind)

    def test_sink_answers_no_batch(self):
        connection = self.started("udf.sink")
        connection.send(*[wire.data(b"batch")] * 10)
        self.assert_metrics(self.finish(connection), bytes_in=50, bytes_out=0, batches_in=10, batches_out=0)

    def test_generate_sends_without_input(self):
        connection = self.started("udf.generate", b"7,1000")
        for _ in range(7):
            response = connection.response()
            self.assertEqual(("data", 1000), (response.kind, len(response.data)))
        self.assert_metrics(self.finish(connection), batches_in=0, batches_out=7, bytes_out=7000)

    def test_generate_large(self):
        connection = self.started("udf.generate", b"64,1048576")
        connection.send(wire.finish())
        responses = connection.until_terminator()
        self.assertEqual(["data"] * 64 + ["finish"], [one.kind for one in responses])
        self.assertEqual({MEGABYTE}, {len(one.data) for one in responses[:-1]})

    def test_generate_nothing(self):
        self.finish(self.started("udf.generate", b"0,10"))

    def test_double_answers_twice(self):
        connection = self.started("udf.double")
        connection.send(wire.data(b"a"), wire.data(b"b"))
        self.assert_batches(connection, b"a", b"a", b"b", b"b")
        self.assert_metrics(self.finish(connection), batches_in=2, batches_out=4, bytes_out=4)

    def test_double_large_while_the_engine_still_sends(self):
        connection = self.started("udf.double")
        batch = b"d" * MEGABYTE
        thread = connection.send_in_background(*[wire.data(batch)] * 8)
        self.assert_batches(connection, *[batch] * 16)
        thread.join()
        self.finish(connection)

    def test_fail_in_init(self):
        connection = self.connect()
        connection.send(wire.init("udf.fail", b"init"))
        self.assert_requested(self.assert_init_error(connection, "user"))
        self.cancel(connection)
        self.assert_usable(connection)

    def test_fail_on_nth_batch(self):
        for number in (1, 3):
            with self.subTest(number=number):
                connection = self.started("udf.fail", b"batch:%d" % number)
                connection.send(*[wire.data(b"batch")] * number)
                response = connection.response()
                while response.kind == "data":
                    response = connection.response()
                self.assertEqual("error", response.kind, response)
                self.assert_requested(response.error)
                self.cancel(connection)
                self.assert_usable(connection)

    def test_fail_not_before_its_batch(self):
        connection = self.started("udf.fail", b"batch:3")
        connection.send(wire.data(b"1"), wire.data(b"2"), wire.finish())
        responses = connection.until_terminator()
        self.assertEqual({"finish"}, {one.kind for one in responses} - {"data"}, responses)
        self.assertIsNone(responses[-1].error)

    def test_fail_in_finish(self):
        connection = self.started("udf.fail", b"finish")
        connection.send(wire.finish())
        response = connection.response()
        self.assertEqual("finish", response.kind, response)
        self.assert_requested(response.error)
        self.assert_usable(connection)

    def test_fail_reports_class_and_traceback(self):
        connection = self.connect()
        connection.send(wire.init("udf.fail", b"init"))
        error = self.assert_init_error(connection, "user")
        self.assertTrue(error.error_class)
        self.assertTrue(error.traceback)
        self.cancel(connection)

    def test_sleep_echoes(self):
        connection = self.started("udf.sleep", b"1")
        connection.send(wire.data(b"a"), wire.data(b"b"))
        self.assert_batches(connection, b"a", b"b")
        self.finish(connection)

    def test_spin_leaves_init_and_finish_alone(self):
        self.finish(self.started("udf.spin"))

    def test_unknown_format_is_named(self):
        connection = self.connect()
        connection.send(wire.init("no.such.format", b"payload"))
        self.assertIn("no.such.format", self.assert_init_error(connection).message)
        self.cancel(connection)
        self.assert_usable(connection)

    def test_spin_leaves_the_rest_of_the_worker_responsive(self):
        worker = self.own_worker().start()
        self.started("udf.spin", worker=worker).send(wire.data(b"batch"))
        self.assertIn(1, worker.manage.ask(wire.heartbeat()))
        connection = self.started("udf.echo", worker=worker)
        connection.send(wire.data(b"batch"))
        self.assert_batches(connection, b"batch")
        self.finish(connection)

    def test_exit_with_code(self):
        worker = self.own_worker().start()
        connection = self.started("udf.exit", b"42", worker=worker)
        connection.send(wire.data(b"batch"))
        self.assert_ended(connection)
        self.assert_ended(worker.manage)
        self.assertEqual(42, worker.wait_for_exit())

    def test_exit_by_kill(self):
        worker = self.own_worker().start()
        connection = self.started("udf.exit", b"kill", worker=worker)
        connection.send(wire.data(b"batch"))
        self.assert_ended(connection)
        self.assertEqual(-signal.SIGKILL, worker.wait_for_exit())

    def test_exit_not_before_the_first_batch(self):
        self.finish(self.started("udf.exit", b"kill"))

    def test_without_the_variable_none_is_known(self):
        worker = self.own_worker(conformance=False).start()
        for name in ("echo", "sink", "generate", "double", "fail", "sleep", "spin", "exit"):
            with self.subTest(name):
                connection = worker.connect()
                connection.send(wire.init("udf." + name, b"1,1"))
                self.assert_init_error(connection)
                self.cancel(connection)

    def assert_requested(self, error):
        self.assertEqual(("user", "requested"), (error.kind, error.message))
