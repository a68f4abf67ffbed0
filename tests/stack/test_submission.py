"""Uploads to a service that is busy: sent again when it said so, and given up in the end."""

from pathlib import Path

import httpx

from revcycle.submission import WAITS_MAX, Uploader


def test_a_busy_service_is_waited_for_as_long_as_it_says(tmp_path: Path) -> None:
    file = tmp_path / "a.837"
    file.write_bytes(b"ISA*1")
    answers, waits, counted = [429, 429, 201], list[float](), list[int]()

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.read() == b"ISA*1"
        return httpx.Response(answers.pop(0), json={"file_id": "file_1"}, headers={"Retry-After": "7"})

    with Uploader("http://claims", "token", httpx.MockTransport(answer), waits.append) as uploader:
        outcome = uploader.upload(file, counted.append)
    assert (outcome.file_id, outcome.error, waits, sum(counted)) == ("file_1", None, [7, 7], 5)


def test_a_service_that_stays_busy_is_given_up(tmp_path: Path) -> None:
    file = tmp_path / "a.837"
    file.write_bytes(b"ISA*1")
    waits = list[float]()

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        return httpx.Response(429, json={"detail": "this tenant's quota is used up"}, headers={"Retry-After": "3600"})

    with Uploader("http://claims", "token", httpx.MockTransport(answer), waits.append) as uploader:
        outcome = uploader.upload(file, lambda _: None)
    assert outcome.error == "refused (429): this tenant's quota is used up"
    assert waits == [60] * WAITS_MAX
