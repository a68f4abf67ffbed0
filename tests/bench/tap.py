"""A tap on the wire: everything that clients of a MongoDB-wire server send passes through it and is written down."""

import socket
import struct
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import bson

OP_MSG = 2013
HEADER = struct.Struct("<iiii")
CHUNK_BYTES = 1 << 16


class Asked(NamedTuple):
    """One command as it was sent: its name comes first, its documents are whole."""

    database: str
    command: dict[str, Any]


class Tap:
    """Commands in the order in which they came, of all connections."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.url = ""

    def hear(self, message: bytes) -> None:
        command = read_message(message)
        if command is not None and "$db" in command:
            self.asked.append(Asked(command.pop("$db"), command))


@contextmanager
def tapped(url: str) -> Generator[Tap]:
    """Listen on a free port and pass everything on to the server at `url`; `Tap.url` is where to connect."""
    tap, server = Tap(), urlsplit(url)
    address = (server.hostname or "127.0.0.1", server.port or 27017)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        tap.url = f"mongodb://127.0.0.1:{listening.getsockname()[1]}/?directConnection=true"
        accepting = threading.Thread(target=_accept, args=(listening, address, tap), daemon=True)
        accepting.start()
        try:
            yield tap
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            accepting.join()


def _accept(listening: socket.socket, address: tuple[str, int], tap: Tap) -> None:
    with suppress(OSError):  # the end: the listening socket was shut down
        while True:
            client, _ = listening.accept()
            server = socket.create_connection(address)
            threading.Thread(target=_pass_on, args=(client, server, tap), daemon=True).start()
            threading.Thread(target=_pass_on, args=(server, client, None), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, tap: Tap | None) -> None:
    """Until one side ends; with a tap, message by message."""
    buffer = bytearray()
    with suppress(OSError), source:
        while data := source.recv(CHUNK_BYTES):
            target.sendall(data)
            if tap is not None:
                buffer += data
                for message in _whole_messages(buffer):
                    tap.hear(message)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def _whole_messages(buffer: bytearray) -> Iterator[bytes]:
    """Take what is complete off the front."""
    while len(buffer) >= HEADER.size and len(buffer) >= (size := HEADER.unpack_from(buffer)[0]):
        yield bytes(buffer[:size])
        del buffer[:size]


def read_message(message: bytes) -> dict[str, Any] | None:
    """The command of an OP_MSG with its document sequences put where they belong; None for any other message."""
    size, _, _, code = HEADER.unpack_from(message)
    if code != OP_MSG:
        return None
    at, end, command, sequences = HEADER.size + 4, size, dict[str, Any](), dict[str, list[Any]]()
    if message[HEADER.size] & 1:
        end -= 4  # a checksum
    while at < end:
        kind, at = message[at], at + 1
        (length,) = struct.unpack_from("<i", message, at)
        part = message[at : at + length]
        if kind == 0:
            command = bson.decode(part)
        else:
            name, _, documents = part[4:].partition(b"\0")
            sequences[name.decode()] = bson.decode_all(documents)
        at += length
    return command | sequences
