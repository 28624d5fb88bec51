"""Whole workers whose `udf.echo` misbehaves."""

import os
import signal
import sys
import tempfile
import threading

from udf_worker.conformance import FUNCTIONS, Echo
from udf_worker.main import main


def serve(arguments, name):
    """`function:name`: one of the functions below."""
    FUNCTIONS["udf.echo"] = FAULTS[name]
    # Python itself ignores the signal for too long a file; programs in general do not.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    return main(arguments)


class ExitInInit(Echo):
    def init(self, payload):
        os._exit(11)


class KillInInit(Echo):
    def init(self, payload):
        os.kill(os.getpid(), signal.SIGKILL)


class ExitAfterInit(Echo):
    """Answers init, and ends before any input has come."""

    def start(self):
        os._exit(12)


class ExitInBatch(Echo):
    def batch(self, data):
        os._exit(42)


class Crash(Echo):
    """SIGSEGV, as a faulty native library has it."""

    def batch(self, data):
        os.kill(os.getpid(), signal.SIGSEGV)
        threading.Event().wait()


class ExitWithDaemon(Echo):
    """Ends, and leaves a daemon that holds its socket and its outputs."""

    def batch(self, data):
        fork_daemon()
        os._exit(13)


class Allocate(Echo):
    """Takes all the memory that there is, and leaves it to the worker to report that."""

    def batch(self, data):
        taken = []
        while True:
            taken.append(bytearray(4 * 1024 * 1024))


class AllocateAndDie(Allocate):
    """As a program does that is not made for the end of memory."""

    def batch(self, data):
        try:
            super().batch(data)
        except MemoryError:
            os.abort()


class WriteAFile(Echo):
    """Writes as long as it is let."""

    def batch(self, data):
        with tempfile.TemporaryFile() as file:
            while True:
                file.write(bytes(64 * 1024))
                file.flush()


class CloseOutputs(Echo):
    def batch(self, data):
        sys.stdout = sys.stderr = None
        os.close(1)
        os.close(2)
        return (data,)


class NeverCancelled(Echo):
    """Echoes, and is then deaf."""

    def batch(self, data):
        yield data
        threading.Event().wait()


class Spin(Echo):
    """Echoes, and then computes for ever."""

    def batch(self, data):
        yield data
        while True:
            pass


def fork_daemon():
    """Twice, and in a session of its own, so that nobody is its parent. It outlives everything for as long as it is let."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            threading.Event().wait(100)
        os._exit(0)


FAULTS = {
    "exit-in-init": ExitInInit,
    "kill-in-init": KillInInit,
    "exit-after-init": ExitAfterInit,
    "exit-in-batch": ExitInBatch,
    "crash": Crash,
    "exit-with-daemon": ExitWithDaemon,
    "allocate": Allocate,
    "allocate-and-die": AllocateAndDie,
    "write-a-file": WriteAFile,
    "close-outputs": CloseOutputs,
    "never-cancelled": NeverCancelled,
    "spin": Spin,
}
