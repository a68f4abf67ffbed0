"""An Alertmanager of a test's own: the routes that are shipped, and receivers that a test can read."""

import json
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import yaml

from revcycle.stack.ports import free_port
from tests.operations.collector import listening
from tests.operations.watching import DEPLOY, running

SHIPPED = DEPLOY / "prometheus" / "alertmanager.yml"
PROGRAM = "prometheus-alertmanager"


class Told:
    """Who was told of which alerts."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.messages: list[tuple[str, dict[str, Any]]] = []

    def of(self, receiver: str, alert: str, service: str, status: str = "firing") -> list[dict[str, Any]]:
        """The alerts of this name that a receiver was told of."""
        return [
            one
            for to, message in self.messages
            for one in message["alerts"]
            if (to, one["labels"]["alertname"], one["labels"].get("service"), one["status"])
            == (receiver, alert, service, status)
        ]


@contextmanager
def telling(folder: Path) -> Generator[Told | None]:
    """Alertmanager until the block ends; None where it is not installed."""
    program = shutil.which(PROGRAM)
    if program is None:
        yield None
        return
    folder.mkdir(parents=True)
    told = Told(f"127.0.0.1:{free_port()}")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["content-length"])))
            told.messages.append((self.path.strip("/"), message))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    with listening(Handler) as url:
        settings = yaml.safe_load(SHIPPED.read_text())
        del settings["global"]
        settings["route"] |= {"group_wait": "0s", "group_interval": "1s"}
        settings["receivers"] = [
            {"name": one["name"], "webhook_configs": [{"url": f"{url}/{one['name']}", "send_resolved": True}]}
            for one in settings["receivers"]
        ]
        config = folder / "alertmanager.yml"
        config.write_text(yaml.safe_dump(settings))
        words = [program, f"--config.file={config}", f"--storage.path={folder / 'data'}", "--cluster.listen-address="]
        with running([*words, f"--web.listen-address={told.address}"], folder / "log"):
            yield told
