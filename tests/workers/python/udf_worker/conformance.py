"""The functions that any worker in any language serves, so that it can be checked with the same cases."""

import os
import signal

from .functions import Function


class RequestedError(Exception):
    """What `udf.fail` raises."""


class Echo(Function):
    """`udf.echo`: the payload is the answer to init, and every batch comes back."""

    def init(self, payload):
        return payload

    def batch(self, data):
        return (data,)


class Sink(Function):
    """`udf.sink`: takes every batch and answers none."""


class Generate(Function):
    """`udf.generate`: the payload is `count,size`; so many batches of so many bytes, without any input."""

    def init(self, payload):
        self._count, self._size = map(int, _text(payload).split(","))
        if self._count < 0 or self._size < 0:
            raise ValueError("The payload of udf.generate is two numbers, count,size, neither below 0.")

    def start(self):
        batch = bytes(self._size)
        for _ in range(self._count):
            yield batch


class Double(Function):
    """`udf.double`: answers each batch twice."""

    def batch(self, data):
        return (data, data)


class Fail(Function):
    """`udf.fail`: raises in `init`, on `batch:N`, counted from 1, or in `finish`; echoes until then."""

    def init(self, payload):
        place, _, number = _text(payload).partition(":")
        if place not in ("init", "batch", "finish"):
            raise ValueError("The payload of udf.fail is init, batch:N or finish, not '%s'." % place)
        self._fails_in_finish = place == "finish"
        self._batches_left = int(number) if place == "batch" else 0
        if place == "init":
            raise RequestedError("requested")

    def batch(self, data):
        self._batches_left -= 1
        if self._batches_left == 0:
            raise RequestedError("requested")
        return (data,)

    def finish(self):
        if self._fails_in_finish:
            raise RequestedError("requested")


class Sleep(Function):
    """`udf.sleep`: waits so many milliseconds in each batch, or until it is cancelled, then echoes."""

    def init(self, payload):
        self._seconds = int(_text(payload)) / 1000.0

    def batch(self, data):
        self.cancelled.wait(self._seconds)
        return (data,)


class Spin(Function):
    """`udf.spin`: computes for ever from the first batch on, and never looks at cancellation."""

    def batch(self, data):
        while True:
            pass


class Exit(Function):
    """`udf.exit`: ends the process on the first batch, with an exit code or by SIGKILL."""

    def init(self, payload):
        text = _text(payload)
        self._code = None if text == "kill" else int(text)

    def batch(self, data):
        if self._code is None:
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(self._code)


FUNCTIONS = {
    "udf.echo": Echo,
    "udf.sink": Sink,
    "udf.generate": Generate,
    "udf.double": Double,
    "udf.fail": Fail,
    "udf.sleep": Sleep,
    "udf.spin": Spin,
    "udf.exit": Exit,
}


def _text(payload):
    return str(payload, "utf-8")
