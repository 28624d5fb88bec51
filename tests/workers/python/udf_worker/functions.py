"""What a function is to the worker."""


class Function:
    """One run of one function. The worker makes a new one for each execution and calls it from one thread.

    What a call returns or yields is sent at once; a payload that is to outlive its call must be copied.
    Whatever a call raises goes to the engine as the user's error.
    """

    def __init__(self, cancelled):
        """`cancelled` is a threading.Event that is set when nobody wants the result any more."""
        self.cancelled = cancelled

    def init(self, payload):
        """Takes the assembled payload; may return bytes for the engine."""

    def start(self):
        """Yields batches that need no input."""
        return ()

    def batch(self, data):
        """Takes a batch; yields its answers, as many as it likes."""
        return ()

    def finish(self):
        """No more input will come."""
