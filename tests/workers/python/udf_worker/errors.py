"""Errors as they travel: Spark's ExecutionError with its three kinds."""

import traceback

from . import protobuf


class ExecutionError:
    """An error of one execution, ready to be sent."""

    def __init__(self, kind, message, trace=None, error_class=None):
        self._kind = kind
        self.message = message
        self._trace = trace
        self._error_class = error_class

    @classmethod
    def of_user(cls, error):
        """What a user's function raised."""
        name = type(error).__name__
        return cls(1, str(error) or name, _trace(error), name)

    @classmethod
    def of_worker(cls, message, error=None):
        """A failure of the worker itself."""
        return cls(2, message, None if error is None else _trace(error))

    @classmethod
    def of_protocol(cls, message):
        """The engine sent what it must not send."""
        return cls(3, message)

    def encode(self):
        fields = protobuf.text_field(1, self.message)
        if self._trace is not None:
            fields += protobuf.text_field(2, self._trace)
        if self._error_class is not None:
            fields += protobuf.text_field(3, self._error_class)
        return protobuf.bytes_field(self._kind, fields)


class ExecutionFailure(Exception):
    """Ends the phase that an execution is in with an error for the engine."""

    def __init__(self, error):
        super().__init__(error.message)
        self.error = error


class ProtocolViolation(Exception):
    """A message that must not come, or that is none; the stream of frames is still in step."""


def _trace(error):
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))
