"""Listening sockets on loopback, and nowhere else."""

import errno
import socket
from collections.abc import Sequence

TAKEN = (errno.EADDRINUSE, errno.EACCES)  # Windows says EACCES for ports that another holds exclusively


def listen(port: int) -> list[socket.socket]:
    """Both loopback addresses, since `localhost` means ::1 first to some clients, which then wait before 127.0.0.1."""
    sockets = [_listening(socket.AF_INET, "127.0.0.1", port)]
    try:
        sockets.append(_listening(socket.AF_INET6, "::1", port))
    except OSError as fault:
        if fault.errno in TAKEN:
            close(sockets)
            raise
    return sockets  # a machine without IPv6 has one


def _listening(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listener = socket.socket(family)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where SO_REUSEADDR would share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def close(sockets: Sequence[socket.socket]) -> None:
    for each in sockets:
        each.close()
