"""The process: what it is started with, and how its parts are put together."""

import os
import resource
import sys
import threading

from . import preface
from .conformance import FUNCTIONS
from .endpoint import EndpointError, listen
from .execute import ExecuteConnection
from .executions import Executions
from .lifetime import Lifetime
from .manage import ManageConnection
from .reception import Reception
from .settings import SettingError, Settings

_TOKEN_BYTES = 32


class UsageError(Exception):
    """The worker was started in a way that it cannot work with."""


class Worker:
    """Puts each accepted connection on a thread of its own."""

    def __init__(self, limits, functions, executions, lifetime):
        self._limits = limits
        self._functions = functions
        self._executions = executions
        self._lifetime = lifetime
        self._is_managed = False

    def admit(self, role, sock, answer):
        """For the reception: takes a connection over, or returns False if there is no room for it."""
        if role == preface.MANAGE:
            if self._is_managed:
                return False
            connection = ManageConnection(sock, self._limits, self._executions, self._lifetime)
        elif self._lifetime.shutting_down:
            return False
        else:
            connection = ExecuteConnection(sock, self._limits, self._functions, self._executions)
        try:
            threading.Thread(target=connection.run, args=(answer,), daemon=True).start()
        except RuntimeError:
            # The system gives no further thread.
            sock.setblocking(False)
            return False
        self._is_managed = self._is_managed or role == preface.MANAGE
        return True


def main(arguments):
    """Serves until the engine is gone. Returns an exit code only if there was nothing to serve."""
    try:
        connection = read_connection(arguments)
        token = take_token(os.environ)
        limits = Settings()
        listeners = listen(connection, token is not None)
    except (UsageError, SettingError, EndpointError) as error:
        print(error, file=sys.stderr)
        return 2
    _prepare_process()
    executions = Executions()
    lifetime = Lifetime(executions)
    functions = FUNCTIONS if os.environ.get("UDF_WORKER_CONFORMANCE") == "1" else {}
    if os.environ.get("UDF_WORKER_STDIN") == "engine":
        lifetime.guard_stdin()
    worker = Worker(limits, functions, executions, lifetime)
    try:
        Reception(listeners, token, limits, worker.admit).run()
    except KeyboardInterrupt:
        return 130


def read_connection(arguments):
    """The endpoint of `--connection`. Other arguments are the specification's, and no concern of this worker."""
    options = dict(zip(arguments, arguments[1:]))
    if not options.get("--id") or not options.get("--connection"):
        raise UsageError("Usage: worker.py --id <id> --connection <socket path or TCP port>")
    return options["--connection"]


def take_token(environment):
    """Takes the token out of the environment, so that what the worker starts does not inherit it."""
    text = environment.pop("UDF_WORKER_TOKEN", None)
    if text is None:
        return None
    try:
        token = bytes.fromhex(text)
    except ValueError:
        token = b""
    if len(token) != _TOKEN_BYTES:
        # The value stays out of the message: it may be nearly right, and what is printed goes to a log.
        raise UsageError("UDF_WORKER_TOKEN must be %d hex digits." % (2 * _TOKEN_BYTES))
    return token


def _prepare_process():
    # Each connection is a descriptor, and the usual soft limit allows few.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # The process ends hard, without a flush: what a function prints is written at the end of each line.
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(line_buffering=True)
