"""A service in small, run as a real process: it says that it is ready, and ends the way it is asked to.

`python toy.py PORT JOURNAL [--deaf] [--never-ready] [--broken]`. It writes `start` and `stop` to the journal.
"""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT, JOURNAL, FLAGS = int(sys.argv[1]), Path(sys.argv[2]), set(sys.argv[3:])


def note(word: str) -> None:
    with JOURNAL.open("a") as journal:
        journal.write(f"{word} {PORT}\n")


class Answers(BaseHTTPRequestHandler):
    """Ready, some numbers, and a way to die."""

    def do_GET(self) -> None:
        if self.path == "/die":
            os._exit(3)
        known = self.path == "/internal/status" or (self.path == "/health/ready" and "--never-ready" not in FLAGS)
        body = b'{"lag": 0, "outbox": 2}'
        self.send_response(200 if known else 503)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the journal tells the story."""


def leave(*_: object) -> None:
    note("stop")
    os._exit(0)


if "--broken" in FLAGS:
    sys.exit("this toy is broken")
note("start")
signal.signal(signal.SIGTERM, signal.SIG_IGN if "--deaf" in FLAGS else leave)
ThreadingHTTPServer(("127.0.0.1", PORT), Answers).serve_forever()
