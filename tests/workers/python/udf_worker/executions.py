"""The executions that run now, for those who end them from another thread."""

import threading


class Execution:
    """One run of one function. All fields but `cancelled` and `in_function` are the registry's."""

    def __init__(self, execution_id="", wake=None):
        """`wake` makes a blocked read of the execution's connection return."""
        self.id = execution_id
        self.wake = wake
        self.cancelled = threading.Event()
        self.in_function = False
        self.stopping = False
        self.settling = False


class Executions:
    """The registry. Safe for use by all threads."""

    def __init__(self):
        self._changed = threading.Condition()
        self._running = set()

    def begin(self, execution):
        with self._changed:
            self._running.add(execution)

    def end(self, execution):
        with self._changed:
            self._running.discard(execution)
            self._changed.notify_all()

    def settle(self, execution):
        """Claims the end for the execution itself: False if it was cancelled before, else nobody can any more."""
        with self._changed:
            execution.settling = not execution.cancelled.is_set()
            return execution.settling

    def settle_by_cancel(self, execution):
        """Claims the end for the answer to Cancel."""
        with self._changed:
            execution.cancelled.set()
            execution.settling = True

    def cancel(self, execution_id):
        """Cancels one, and says whether it was there to be cancelled."""
        with self._changed:
            found = [one for one in self._running if one.id == execution_id and not one.settling]
            for execution in found:
                execution.cancelled.set()
            return bool(found)

    def stop_all(self):
        """Cancels all and has them end by themselves, without waiting for their engines to ask."""
        with self._changed:
            for execution in self._running:
                if not execution.settling:
                    execution.stopping = True
                    execution.cancelled.set()
                    # Under the lock the connection is still open: it is closed only after `end`.
                    execution.wake()

    def left_function(self, execution):
        """To be called after `in_function` has become False."""
        if execution.cancelled.is_set():
            with self._changed:
                self._changed.notify_all()

    def are_all_settling(self):
        """Whether whatever still runs is only sending its terminator."""
        with self._changed:
            return all(execution.settling for execution in self._running)

    def wait_until_none(self, seconds=None):
        """Waits until no execution runs, and says whether it is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, seconds)

    def cancel_all(self, seconds):
        """Cancels all, and waits at most so long until no function computes."""
        with self._changed:
            for execution in self._running:
                execution.cancelled.set()
            self._changed.wait_for(lambda: not any(one.in_function for one in self._running), seconds)
