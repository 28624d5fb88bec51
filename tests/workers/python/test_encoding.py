"""Every valid encoding of the same message is accepted, not only the one that this kit writes."""

from wirekit import wire
from wirekit.case import WireTestCase, over_each_transport


def tagged(number, content, tag_width=0, length_width=0):
    """A field of bytes whose tag and length are wider than they need to be."""
    return wire.varint(number << 3 | 2, tag_width) + wire.varint(len(content), length_width) + content


UNKNOWN = b"".join((
    wire.field(77, 5),  # a number
    wire.field(78, b"bytes"),
    wire.varint(79 << 3 | 1) + b"8 bytes!",
    wire.varint(80 << 3 | 5) + b"four",
    wire.varint(81 << 3 | 3) + wire.field(1, b"in a group") + wire.varint(81 << 3 | 4),
    wire.varint(82 << 3 | 3) + wire.varint(83 << 3 | 3) + wire.varint(83 << 3 | 4) + wire.varint(82 << 3 | 4),
))


@over_each_transport
class EncodingTests(WireTestCase):
    def test_data(self):
        encodings = {
            "canonical": wire.data(b"batch"),
            "shortest": wire.field(2, wire.field(1, b"batch")),
            "longest": tagged(2, tagged(1, b"batch", 5, 5), 5, 5),
            "ten-byte lengths": tagged(2, tagged(1, b"batch", 1, 10), 1, 10),
            "unknown fields first": UNKNOWN + wire.field(2, UNKNOWN + wire.field(1, b"batch")),
            "unknown fields last": wire.field(2, wire.field(1, b"batch") + UNKNOWN) + UNKNOWN,
            "last value wins": wire.field(2, wire.field(1, b"other") + wire.field(1, b"batch")),
            "last message wins": wire.field(2, wire.field(1, b"other")) + wire.field(2, wire.field(1, b"batch")),
            "merged with an empty one": wire.field(2, wire.field(1, b"batch")) + wire.field(2, b""),
            "last branch wins": wire.finish() + wire.data(b"batch"),
            "wrong wire type is an unknown field": wire.field(2, wire.field(1, 5) + wire.field(1, b"batch")),
        }
        connection = self.started("udf.echo")
        for name, message in encodings.items():
            with self.subTest(name):
                connection.send(message)
                self.assert_batches(connection, b"batch")
        self.finish(connection)

    def test_empty_batch(self):
        connection = self.started("udf.echo")
        for message in (wire.data(b""), wire.field(2, b""), wire.field(2, wire.field(1, b"")), wire.field(2, UNKNOWN)):
            connection.send(message)
            self.assert_batches(connection, b"")
        self.finish(connection)

    def test_init(self):
        udf = wire.field(1, b"payload") + wire.field(2, "udf.echo")
        encodings = {
            "backwards": wire.control(1, wire.field(3, wire.field(2, "udf.echo") + wire.field(1, b"payload"))
                                      + wire.field(2, 1000) + wire.field(1, 1)),
            "udf in two parts": wire.control(1, wire.field(2, 1000) + wire.field(3, wire.field(1, b"payload"))
                                             + wire.field(3, wire.field(2, "udf.echo"))),
            "init in two parts": wire.control(1, wire.field(2, 1000)) + wire.control(1, wire.field(3, udf)),
            "wide numbers": wire.control(1, b"\x08" + wire.varint(1, 10) + b"\x10" + wire.varint(1000, 10)
                                         + wire.field(3, udf)),
            "unknown fields": UNKNOWN + wire.field(1, UNKNOWN + wire.field(
                1, UNKNOWN + wire.field(2, 1000) + wire.field(3, UNKNOWN + udf + UNKNOWN) + UNKNOWN) + UNKNOWN),
            "last branch wins": wire.cancel() + wire.control(1, wire.field(2, 1000) + wire.field(3, udf)),
            "the other fields of Init": wire.control(1, b"".join((
                wire.field(2, 1), wire.field(3, udf + wire.field(4, "name") + wire.field(5, "type")),
                wire.field(5, b"input schema"), wire.field(6, b"output schema"),
                wire.field(8, wire.field(1, "key") + wire.field(2, "value")), wire.field(9, "Europe/Zurich"),
                wire.field(10, wire.field(1, "NAME") + wire.field(2, "value")),
                wire.field(11, wire.field(1, "model") + wire.field(2, "/")), wire.field(100, b"parameters")))),
        }
        for name, message in encodings.items():
            with self.subTest(name):
                connection = self.connect()
                connection.send(message)
                self.assertEqual(b"payload", self.assert_initialised(connection.response()).data)
                self.finish(connection)

    def test_task_context(self):
        entry = wire.field(1, "udf.execution_id"), wire.field(2, "mapped")
        encodings = {
            "in order": wire.field(7, entry[0] + entry[1]),
            "backwards": wire.field(7, entry[1] + entry[0]),
            "last entry wins": wire.field(7, entry[0] + wire.field(2, "other")) + wire.field(7, entry[0] + entry[1]),
            "among others": wire.field(7, b"") + wire.field(7, wire.field(1, "k")) + wire.field(7, entry[0] + entry[1])
            + wire.field(7, wire.field(2, "v")),
        }
        for name, context in encodings.items():
            with self.subTest(name):
                connection = self.connect()
                init = wire.field(2, 1000) + wire.field(3, wire.field(2, "udf.echo")) + context
                connection.send(wire.control(1, init))
                self.assert_initialised(connection.response())
                self.assertTrue(self.worker.manage.cancel_execution("mapped"))
                self.cancel(connection)

    def test_finish_and_cancel_with_unknown_fields(self):
        connection = self.started("udf.echo")
        connection.send(wire.control(3, UNKNOWN) + UNKNOWN)
        self.assertEqual("finish", connection.response().kind)
        self.start(connection, "udf.echo")
        connection.send(wire.control(4, UNKNOWN + wire.field(1, "reason")))
        self.assertEqual("cancel", connection.response().kind)

    def test_manage_requests_with_unknown_fields(self):
        manage = self.worker.manage
        self.assertIn(1, manage.ask(UNKNOWN + wire.field(1, UNKNOWN) + UNKNOWN))
        self.assertIn(1000, manage.ask(UNKNOWN + wire.field(1000, UNKNOWN + wire.field(1, "nobody"))))
