"""A port in use is found before anything starts, and named with the flag that moves it."""

import socket
from collections.abc import Mapping
from contextlib import closing

from revcycle.refusal import Exit, RefusalError
from revcycle.stack.options import HOST


def refuse_taken_ports(ports: Mapping[str, int]) -> None:
    """RefusalError naming every port that cannot be had, whose it would be, and the flag that chooses another."""
    taken = [(name, port) for name, port in ports.items() if not is_free(port)]
    doubled = [(name, port) for name, port in ports.items() if list(ports.values()).count(port) > 1]
    if doubled:
        lines = [f"Port {port} was chosen for {name} and for another part." for name, port in doubled]
        raise RefusalError("\n".join([*lines, "Give each part a port of its own."]), Exit.CONFLICT)
    if taken:
        lines = [f"Port {port} ({name}) is in use: choose another with {flag(name)}." for name, port in taken]
        raise RefusalError("\n".join(lines), Exit.CONFLICT)


def flag(name: str) -> str:
    return f"--{name}-port"


def is_free(port: int) -> bool:
    """Whether a server could listen there. Connections still closing from an earlier run do not count."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port nobody listens on now; for tests and for `--port 0`."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
