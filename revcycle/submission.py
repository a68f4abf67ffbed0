"""Uploading files so that an interrupted upload is simply run again: the content's hash is the file's name."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from pydantic import JsonValue

CHUNK_BYTES = 256 * 1024
CREATED = 201
TOO_MANY = 429
WAITS_MAX = 30
"""How often one file is held back before that is its outcome."""
WAIT_SECONDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. `known` means that its content had been taken before."""

    file: Path
    sha256: str
    file_id: str | None = None
    known: bool = False
    error: str | None = None

    def in_words(self) -> str:
        return self.error or ("taken before" if self.known else "taken")

    def as_json(self) -> dict[str, str | bool | None]:
        return {
            "file": str(self.file),
            "sha256": self.sha256,
            "file_id": self.file_id,
            "known": self.known,
            "error": self.error,
        }


class Uploader:
    """`POST /files` of a claims service: the raw file, its name and its hash."""

    def __init__(
        self,
        url: str,
        token: str,
        transport: httpx.BaseTransport | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wait = wait
        headers = {"authorization": f"Bearer {token}", "content-type": "application/edi-x12"}
        timeout = httpx.Timeout(10, read=120)
        self._client = httpx.Client(
            base_url=url, headers=headers, timeout=timeout, transport=transport, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def upload(self, file: Path, sent: Callable[[int], None]) -> Outcome:
        """Send one file; `sent` hears how many bytes went. A refusal is an outcome, so that the other files go on.

        A service that is busy says when to come back: the file is sent again then.
        """
        sha256 = _hash(file)
        try:
            answer = self._send(file, sha256, sent)
            for _ in range(WAITS_MAX):
                if answer.status_code != TOO_MANY:
                    break
                self._wait(min(int(answer.headers.get("retry-after", "1")), WAIT_SECONDS_MAX))
                answer = self._send(file, sha256, sent)
        except httpx.HTTPError as error:
            return Outcome(file, sha256, error=f"not sent: {type(error).__name__}")
        if answer.is_success:
            return Outcome(file, sha256, str(answer.json()["file_id"]), known=answer.status_code != CREATED)
        return Outcome(file, sha256, error=f"refused ({answer.status_code}): {_detail(answer)}")

    def _send(self, file: Path, sha256: str, sent: Callable[[int], None]) -> httpx.Response:
        counted = 0

        def count(size: int) -> None:
            nonlocal counted
            counted += size
            sent(size)

        headers = {"x-file-name": file.name, "x-content-sha256": sha256}
        answer = self._client.post("/files", content=_chunks(file, count), headers=headers)
        if answer.status_code == TOO_MANY:
            sent(-counted)  # it goes again, from the start
        return answer


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _chunks(file: Path, sent: Callable[[int], None]) -> Iterator[bytes]:
    with file.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
            sent(len(chunk))


def _detail(answer: httpx.Response) -> str:
    """The service's own words, which name a field and a rule and hold no value."""
    try:
        said: JsonValue = answer.json()
    except ValueError:
        said = None
    return str(said["detail"]) if isinstance(said, dict) and "detail" in said else "no reason given"
