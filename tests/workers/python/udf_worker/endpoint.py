"""The listening sockets of the one address that the engine gives."""

import errno
import os
import socket
import sys

# Executions open connections in bursts; the kernel cuts this to its own limit.
_BACKLOG = 1024

_NO_IPV6 = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)


class EndpointError(Exception):
    """The worker cannot listen where it was told to."""


def listen(connection, has_token):
    """Listens at a socket path, at an abstract name ('@' in place of its zero byte), or at a decimal port on each
    loopback address of the machine."""
    if connection.startswith("@"):
        return [_listen_abstract(connection, has_token)]
    if not connection.isdigit():
        return [_listen_unix(connection)]
    if not has_token:
        raise EndpointError(
            "The connection '%s' is TCP, which everybody on this machine can reach. It is only served with a token"
            " in UDF_WORKER_TOKEN." % connection)
    port = int(connection)
    if not 0 < port < 65536:
        raise EndpointError("The connection '%s' is no TCP port: these go from 1 to 65535." % connection)
    return _listen_tcp(port)


def _listen_unix(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The engine's directory is private; a worker that is started by hand may be given a public one.
    mask = os.umask(0o177)
    try:
        listener.bind(path)
        listener.listen(_BACKLOG)
    except OSError as error:
        raise EndpointError("Cannot listen on the socket path '%s': %s." % (path, error))
    finally:
        os.umask(mask)
    return listener


def _listen_abstract(connection, has_token):
    if not sys.platform.startswith("linux"):
        raise EndpointError("The connection '%s' is an abstract socket, which only Linux has." % connection)
    if not has_token:
        raise EndpointError(
            "The connection '%s' is an abstract socket, which everybody on this machine can reach. It is only served"
            " with a token in UDF_WORKER_TOKEN." % connection)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind("\0" + connection[1:])
        listener.listen(_BACKLOG)
    except OSError as error:
        raise EndpointError("Cannot listen on the abstract socket '%s': %s." % (connection, error))
    return listener


def _listen_tcp(port):
    """All addresses or none: a stranger must not hold one of the two that an engine may try."""
    listeners = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((address, port))
            listeners.append(listener)
        except OSError as error:
            if family == socket.AF_INET6 and error.errno in _NO_IPV6:
                continue
            raise EndpointError("Cannot listen on %s port %d: %s." % (address, port, error))
    try:
        for listener in listeners:
            listener.listen(_BACKLOG)
    except OSError as error:
        raise EndpointError("Cannot listen on port %d: %s." % (port, error))
    return listeners
