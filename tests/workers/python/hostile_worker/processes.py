"""Whole workers with the right functions, whose process does what it should not."""

import os
import signal
import threading

from udf_worker import conformance
from udf_worker.lifetime import Lifetime
from udf_worker.main import main

from .functions import NeverCancelled, fork_daemon


def ignore_termination(arguments, _):
    """Neither SIGTERM nor the loss of its engine ends it, and its function does not heed a cancellation. Only SIGKILL is left."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _never_end()
    conformance.FUNCTIONS["udf.echo"] = NeverCancelled
    return main(arguments)


def flood(arguments, mebibytes):
    """`flood:MiB` on each output, beside the work."""
    for output in (1, 2):
        threading.Thread(target=_flood, args=(output, int(mebibytes)), daemon=True).start()
    return main(arguments)


def close_outputs(arguments, _):
    """From the beginning on."""
    os.close(1)
    os.close(2)
    # So that no socket gets their numbers.
    for _ in (1, 2):
        os.open(os.devnull, os.O_WRONLY)
    return main(arguments)


def serve_from_another_group(arguments, _):
    """The process that was started only waits; who serves is its child, in a session and group of its own, which does not end by itself."""
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.alarm(120)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _never_end()
        return main(arguments)
    os.waitpid(child, 0)


def double_fork(arguments, _):
    """Leaves a daemon at its start and serves as it should."""
    fork_daemon()
    return main(arguments)


def _never_end():
    Lifetime.end = lambda self: threading.Event().wait()
    Lifetime.end_when_settled = lambda self, cancelled: None


def _flood(output, mebibytes):
    line = b"flood " * 20 + b"\n"
    block = line * (64 * 1024 // len(line))
    for _ in range(mebibytes * 16):
        os.write(output, block)
    os.write(output, b"flood without end")
