"""What the tests have in common: a worker for each class, and the checks of what comes over the wire."""

import sys
import unittest

from . import wire
from .process import WorkerProcess


def over_each_transport(cls):
    """Runs a class of tests over a Unix socket, and a subclass of it over TCP."""
    tcp = type(cls.__name__ + "OverTcp", (cls,), {"transport": "tcp", "__module__": cls.__module__})
    setattr(sys.modules[cls.__module__], tcp.__name__, tcp)
    return cls


class WireTestCase(unittest.TestCase):
    """One worker serves all tests of the class and must be alive after each; a test that ends one starts its own."""

    transport = "unix"

    @classmethod
    def setUpClass(cls):
        cls._shared = None

    @classmethod
    def tearDownClass(cls):
        if cls._shared is not None:
            cls._shared.stop()

    @property
    def worker(self):
        if type(self)._shared is None:
            type(self)._shared = WorkerProcess(self.transport).start()
        return self._shared

    def tearDown(self):
        shared = self._shared
        if shared is not None:
            self.assertIn(1, shared.manage.ask(wire.heartbeat()), "The worker did not survive the test.")

    def own_worker(self, **more):
        """A worker of this test alone, not yet launched."""
        worker = WorkerProcess(self.transport, **more)
        self.addCleanup(worker.stop)
        return worker

    def connect(self):
        connection = self.worker.connect()
        self.addCleanup(connection.close)
        return connection

    def started(self, payload_format, payload=b"", worker=None, **more):
        """A connection on which an execution has been initialised."""
        connection = self.connect() if worker is None else worker.connect()
        self.start(connection, payload_format, payload, **more)
        return connection

    def start(self, connection, payload_format, payload=b"", **more):
        return self.assert_initialised(connection.start(payload_format, payload, **more))

    def assert_initialised(self, response):
        self.assertEqual("init", response.kind, response)
        self.assertIsNone(response.error, response)
        return response

    def assert_init_error(self, connection, *kinds):
        """The next response is a failed init, with an error of one of these kinds."""
        response = connection.response()
        self.assertEqual("init", response.kind, response)
        return self._checked_error(response, kinds)

    def assert_error(self, connection, *kinds):
        """The next response is an error of the data phase."""
        response = connection.response()
        self.assertEqual("error", response.kind, response)
        return self._checked_error(response, kinds)

    def assert_batches(self, connection, *batches):
        for batch in batches:
            response = connection.response()
            self.assertEqual("data", response.kind, response)
            # Not assertEqual: the difference of two megabytes is nothing to print.
            self.assertTrue(response.data == batch, "The worker sent another batch: %r" % response)

    def finish(self, connection):
        """Sends Finish; nothing but a clean end may follow."""
        connection.send(wire.finish())
        response = connection.response()
        self.assertEqual("finish", response.kind, response)
        self.assertIsNone(response.error, response)
        return response

    def cancel(self, connection):
        """Sends Cancel; after data that was on its way, nothing but its answer may follow."""
        connection.send(wire.cancel("test"))
        responses = connection.until_terminator()
        self.assertEqual({"cancel"}, {one.kind for one in responses if one.kind != "data"}, responses)
        self.assertIsNone(responses[-1].error, responses)
        return responses[-1]

    def assert_metrics(self, response, **expected):
        """A worker may leave out what it does not measure; what it sends must be right."""
        numbers = {"bytes_in": 1, "bytes_out": 2, "batches_in": 5, "batches_out": 6}
        for name, value in expected.items():
            self.assertIn(response.metrics.get(numbers[name], value), (value,), name)

    def assert_usable(self, connection):
        """The connection is idle and takes the next execution."""
        self.assertEqual(b"again", self.start(connection, "udf.echo", b"again").data)
        connection.send(wire.data(b"batch"))
        self.assert_batches(connection, b"batch")
        self.finish(connection)

    def assert_ended(self, connection):
        """Nothing more comes but the end of the stream."""
        self.assertEqual(b"", connection.receive_bytes(1))

    def _checked_error(self, response, kinds):
        self.assertIsNotNone(response.error, response)
        self.assertIn(response.error.kind, kinds or ("user", "worker", "protocol"), response)
        self.assertTrue(response.error.message, "The error has no message.")
        return response.error
