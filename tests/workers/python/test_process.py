"""The life of the process: how it starts, and that it never stays behind."""

import os
import socket
import sys
import unittest
import uuid

from wirekit import wire
from wirekit.case import WireTestCase, over_each_transport
from wirekit.process import OWN_WORKER, is_own_worker

END_SECONDS = 2


@over_each_transport
class EndTests(WireTestCase):
    def busy_worker(self, payload_format=None, payload=b"", **more):
        worker = self.own_worker(**more).start()
        if payload_format == "udf.generate":
            # Nobody reads on, so that the worker is soon blocked in a write.
            self.assertEqual("data", self.started(payload_format, payload, worker=worker).response().kind)
        elif payload_format:
            # The batch is more than the kernel holds: once it is sent, the worker has begun to read it.
            self.started(payload_format, payload, worker=worker).send(wire.data(b"x" * 4 * 1024 * 1024))
        return worker

    def each_business(self):
        return (None,), ("udf.sleep", b"3600000"), ("udf.spin",), ("udf.generate", b"1000000000,1000")

    def test_end_of_manage(self):
        for business in self.each_business():
            with self.subTest(business):
                # Without the guard of its standard input, so that this connection alone keeps it alive.
                worker = self.busy_worker(*business, stdin_guard=False)
                worker.manage.close()
                worker.wait_for_exit(END_SECONDS)

    def test_end_of_stdin(self):
        for business in self.each_business():
            with self.subTest(business):
                worker = self.busy_worker(*business)
                worker.process.stdin.close()
                worker.wait_for_exit(END_SECONDS)

    def test_end_of_stdin_before_any_connection(self):
        worker = self.own_worker().launch()
        worker.process.stdin.close()
        worker.wait_for_exit()

    def test_stdin_that_says_something(self):
        worker = self.busy_worker()
        worker.process.stdin.write(b"not the end\n" * 1000)
        worker.process.stdin.flush()
        self.assert_usable(worker.connect())

    def test_stdin_of_a_worker_without_guard_is_its_own(self):
        worker = self.own_worker(stdin_guard=False).start()
        self.assert_usable(worker.connect())

    def test_signal(self):
        for business in self.each_business():
            with self.subTest(business):
                worker = self.busy_worker(*business)
                worker.process.terminate()
                worker.wait_for_exit()


class StartTests(WireTestCase):
    def test_port_that_is_taken(self):
        self.transport = "tcp"
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with self.subTest(host), socket.socket(family) as taken:
                try:
                    taken.bind((host, 0))
                except OSError:
                    self.skipTest("This machine has no %s." % host)
                taken.listen()
                worker = self.own_worker(address=taken.getsockname()[1]).launch()
                self.assertNotEqual(0, worker.wait_for_exit())

    def test_both_loopback_addresses_are_served(self):
        self.transport = "tcp"
        for host in ("127.0.0.1", "::1"):
            with self.subTest(host):
                try:
                    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
                        probe.bind((host, 0))
                except OSError:
                    self.skipTest("This machine has no %s." % host)
                connection = self.worker.unconnected(host)
                sent = wire.preface(self.worker.token, wire.EXECUTE)
                connection.send_bytes(sent)
                self.assertEqual(0, self.worker.preface_answer(connection, sent).status)
                self.assert_usable(connection)

    def test_socket_path_that_is_taken(self):
        worker = self.own_worker().start()
        second = self.own_worker(address=worker.address).launch()
        self.assertNotEqual(0, second.wait_for_exit())
        self.assert_usable(worker.connect())

    def test_socket_path_in_no_directory(self):
        worker = self.own_worker(address="/nonexistent/w.sock").launch()
        self.assertNotEqual(0, worker.wait_for_exit())

    @unittest.skipUnless(sys.platform.startswith("linux"), "Only Linux has abstract sockets.")
    def test_abstract_name(self):
        name = "udf-wire-" + uuid.uuid4().hex
        worker = self.own_worker(address="@" + name).start()
        self.assert_usable(worker.connect())
        self.assertFalse(os.path.exists("@" + name))
        second = self.own_worker(address=worker.address).launch()
        self.assertNotEqual(0, second.wait_for_exit())

    def test_abstract_name_without_a_token(self):
        worker = self.own_worker(address="@udf-wire-" + uuid.uuid4().hex, token=False).launch()
        self.assertNotEqual(0, worker.wait_for_exit())

    @unittest.skipUnless(is_own_worker(), "This is about the interpreter.")
    def test_isolated_interpreter(self):
        worker = self.own_worker(launcher=[sys.executable, "-I", "-S", OWN_WORKER]).start()
        self.assert_usable(worker.connect())
