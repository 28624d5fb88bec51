"""When and how the process ends."""

import os
import threading

# What functions get to return once they are cancelled because the engine is gone, or wants the worker gone.
_GRACE_SECONDS = 0.9

# A manage request is answered within a second, so a shutdown that cancels is not waited for any longer than this.
_SETTLE_SECONDS = 0.5


class Lifetime:
    """The ways to the end. Safe for use by all threads."""

    def __init__(self, executions):
        self._executions = executions
        self.shutting_down = False

    def end(self):
        """The engine is gone: cancels what runs, waits a moment, and ends, whatever still computes."""
        self._executions.cancel_all(_GRACE_SECONDS)
        # Nothing is flushed or printed: whoever reads the output may be gone as well, or never read again.
        os._exit(0)

    def shut_down(self, cancel_sessions):
        """Takes nothing new, and if asked cancels what runs. Returns whether nothing runs any more."""
        self.shutting_down = True
        if cancel_sessions:
            self._executions.stop_all()
        # One whose terminator is just being sent may have been seen to end by the engine already.
        is_brief = cancel_sessions or self._executions.are_all_settling()
        return self._executions.wait_until_none(_SETTLE_SECONDS if is_brief else 0)

    def end_when_settled(self, cancelled):
        """Ends the process once nothing runs, or soon, if what runs was cancelled. Returns at once."""
        seconds = _GRACE_SECONDS - _SETTLE_SECONDS if cancelled else None
        threading.Thread(target=self._end_after, args=(seconds,), daemon=True).start()

    def guard_stdin(self):
        """Ends the process at the end of standard input, which the engine holds open as long as it lives."""
        threading.Thread(target=self._read_stdin, daemon=True).start()

    def _end_after(self, seconds):
        self._executions.wait_until_none(seconds)
        os._exit(0)

    def _read_stdin(self):
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            # Standard input is closed or cannot be read, which is no engine either.
            pass
        self.end()
