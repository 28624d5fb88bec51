"""A worker process under test."""

import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid

from . import wire
from .connection import SAFETY_SECONDS, Connection, ExecuteConnection, ManageConnection

COMMAND_VARIABLE = "UDF_WORKER_COMMAND"
OWN_WORKER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "worker.py")

_KINDS = {wire.EXECUTE: ExecuteConnection, wire.MANAGE: ManageConnection}


def is_own_worker():
    """Whether the worker under test is the one in this folder, whose every choice is known."""
    return not os.environ.get(COMMAND_VARIABLE)


def command():
    given = os.environ.get(COMMAND_VARIABLE)
    return shlex.split(given) if given else [sys.executable, OWN_WORKER]


class WorkerProcess:
    """Starts a worker as an engine does, and leaves nothing of it behind. To be used in a with statement."""

    def __init__(self, transport, *, conformance=True, token=True, stdin_guard=True, environment=None, launcher=None,
                 address=None):
        self.transport = transport
        self.token = os.urandom(32) if token else None
        self.manage = None
        self._launcher = launcher or command()
        self._conformance = conformance
        self._stdin_guard = stdin_guard
        self._more_environment = environment or {}
        self._connections = []
        self._directory = tempfile.mkdtemp(prefix="udf-wire-")
        self._log = open(os.path.join(self._directory, "log"), "w+b")
        self.address = address or self._free_address()
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def launch(self):
        """Starts the process and does not wait for it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("UDF_WORKER_")}
        if self.token is not None:
            environment["UDF_WORKER_TOKEN"] = self.token.hex()
        if self._conformance:
            environment["UDF_WORKER_CONFORMANCE"] = "1"
        if self._stdin_guard:
            environment["UDF_WORKER_STDIN"] = "engine"
        environment.update(self._more_environment)
        arguments = self._launcher + ["--id", str(uuid.uuid4()), "--connection", str(self.address)]
        stdin = subprocess.PIPE if self._stdin_guard else subprocess.DEVNULL
        self.process = subprocess.Popen(
            arguments, env=environment, stdin=stdin, stdout=self._log, stderr=subprocess.STDOUT)
        return self

    def start(self):
        """Starts the process and opens its manage connection. A port that was taken meanwhile is replaced."""
        for _ in range(3):
            self.launch()
            try:
                self.manage = self.connect(wire.MANAGE)
                return self
            except _Exited:
                if self.transport != "tcp":
                    raise
                if self.process.stdin:
                    self.process.stdin.close()
                self.address = self._free_address()
        raise AssertionError("The worker exited three times with another port each time.\n%s" % self.output())

    def dial(self, host="127.0.0.1"):
        """A connected socket, with nothing sent. Waits until the worker listens."""
        deadline = time.monotonic() + SAFETY_SECONDS
        while True:
            sock = socket.socket(socket.AF_UNIX if self.transport == "unix" else
                                 socket.AF_INET6 if ":" in host else socket.AF_INET)
            try:
                sock.connect(_socket_name(self.address) if self.transport == "unix" else (host, self.address))
                self._connections.append(sock)
                return sock
            except (FileNotFoundError, ConnectionRefusedError):
                sock.close()
            try:
                # Nothing tells that a process listens; its exit is waited for between two attempts.
                code = self.process.wait(0.01)
            except subprocess.TimeoutExpired:
                code = None
            if code is not None:
                raise _Exited("The worker exited with code %d.\n%s" % (code, self.output()))
            if time.monotonic() > deadline:
                raise AssertionError("The worker does not listen.\n%s" % self.output())

    def unconnected(self, host="127.0.0.1"):
        """An execute connection whose preface is still to be sent."""
        return ExecuteConnection(self.dial(host))

    def greet(self, role, **more):
        """Connects and sends a preface. Returns the connection and the answer to it."""
        connection = _KINDS.get(role, Connection)(self.dial())
        sent = wire.preface(more.pop("token", self.token), role, **more)
        connection.send_bytes(sent)
        return connection, self.preface_answer(connection, sent)

    def preface_answer(self, connection, sent):
        answer = connection.receive_bytes(wire.PREFACE_ANSWER_BYTES)
        if len(answer) < wire.PREFACE_ANSWER_BYTES:
            raise AssertionError("The worker ended the connection instead of answering the preface.")
        return wire.PrefaceAnswer(answer, sent, self.token)

    def connect(self, role=wire.EXECUTE):
        """A connection that was accepted."""
        connection, answer = self.greet(role)
        if not answer.is_verified or answer.status != 0:
            raise AssertionError("The worker refused role %d with status %d." % (role, answer.status))
        return connection

    def wait_for_exit(self, seconds=SAFETY_SECONDS):
        """The exit code; fails the test if there is none in time."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError("The worker still runs after %g s.\n%s" % (seconds, self.output()))

    def output(self):
        self._log.flush()
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")

    def stop(self):
        for sock in self._connections:
            sock.close()
        if self.process is not None:
            if self.process.stdin:
                self.process.stdin.close()
            self.process.kill()
            self.process.wait()
        self._log.close()
        shutil.rmtree(self._directory)

    def _free_address(self):
        if self.transport == "unix":
            return os.path.join(self._directory, "w.sock")
        with socket.socket(socket.AF_INET) as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]


def _socket_name(address):
    return "\0" + address[1:] if address.startswith("@") else address


class _Exited(AssertionError):
    pass
