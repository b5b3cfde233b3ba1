# SPDX-License-Identifier: PostgreSQL
"""A TCP port of localhost that leads to the Unix socket of a server, for clients that know no such sockets."""
import contextlib
import socket
import threading


def _copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _serve(listener, path):
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        for ends in ((client, server), (server, client)):
            threading.Thread(target=_copy, args=ends, daemon=True).start()


@contextlib.contextmanager
def port_of(path):
    """The port, as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, path), daemon=True).start()
        yield listener.getsockname()[1]
