"""A Prometheus of a test's own: the rules and settings that are shipped, in a hurry, fed by a running stack."""

import re
import shutil
import subprocess
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from revcycle.stack.ports import free_port
from revcycle.stack.record import StackRecord

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = (DEPLOY / "prometheus" / "alerts.yml", DEPLOY / "prometheus" / "slos.yml")
SETTINGS = DEPLOY / "prometheus" / "prometheus.yml"
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.5


def needs(program: str) -> str:
    """The path of a program of Debian's `prometheus` or `prometheus-alertmanager`; without it the test is skipped."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed (Debian: apt-get install prometheus prometheus-alertmanager)")
    return found


def hurried(rules: str) -> str:
    """The same rules, evaluated each second and with next to no patience: what they watch for stays as it is."""
    return re.sub(r"interval: \d+s", "interval: 1s", re.sub(r"for: \d+[smh]", "for: 1s", rules))


class Prometheus:
    """What it is asked."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self._began = time.time()

    def close(self) -> None:
        self._client.close()

    def ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return self._client.get("/-/ready").is_success
        return False

    def now(self, expr: str) -> list[Mapping[str, str]]:
        """The labels of every series that an expression gives now."""
        return [one["metric"] for one in self._ask("/api/v1/query", {"query": expr})]

    def since_the_start(self, expr: str) -> list[float]:
        """Every number that a panel with this expression would draw of the run."""
        span = {"start": self._began, "end": time.time(), "step": "5s"}
        series = self._ask("/api/v1/query_range", {"query": expr, **span})
        numbers = (float(value) for one in series for _, value in one["values"])
        return [number for number in numbers if number == number]  # noqa: PLR0124 - NaN is not drawn

    def firing(self, alert: str, **labels: str) -> bool:
        match = ",".join(f'{name}="{value}"' for name, value in {"alertname": alert, **labels}.items())
        return bool(self.now(f'ALERTS{{alertstate="firing",{match}}}'))

    def until(self, so: Any) -> None:
        """Wait until something is true; fail when it does not become so."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while not so():
            assert time.monotonic() < ends, "waited in vain"
            time.sleep(LOOK_SECONDS)

    def _ask(self, path: str, words: Mapping[str, Any]) -> list[Any]:
        answer = self._client.get(path, params=dict(words)).json()
        assert answer["status"] == "success", answer
        return list(answer["data"]["result"])


@contextmanager
def watching(
    folder: Path, record: StackRecord, token: Path, services: Iterable[str], managers: Iterable[str] = ()
) -> Generator[Prometheus]:
    """Prometheus beside a stack, until the block ends; it tells `managers` (host:port) of its alerts."""
    program, port = needs("prometheus"), free_port()
    folder.mkdir(parents=True)
    files = [folder / path.name for path in RULES]
    for path, copy in zip(RULES, files, strict=True):
        copy.write_text(hurried(path.read_text()))
    settings = yaml.safe_load(SETTINGS.read_text())
    settings["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    settings["rule_files"] = [str(path) for path in files]
    settings["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [*managers]}]}]}
    job = settings["scrape_configs"][0]
    job["authorization"] = {"credentials_file": str(token)}
    job["static_configs"] = [
        {"targets": [(record.url(name) or "").removeprefix("http://")], "labels": {"service": name}}
        for name in services
    ]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    words = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    address = f"127.0.0.1:{port}"
    found = Prometheus(f"http://{address}")
    with running([program, *words, f"--web.listen-address={address}"], folder / "log"):
        try:
            found.until(found.ready)
            yield found
        finally:
            found.close()


@contextmanager
def running(words: list[str], log: Path) -> Generator[None]:
    """A program beside the test, ended with the block."""
    with log.open("wb") as file:
        process = subprocess.Popen(words, stdout=file, stderr=file)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)
