"""pyx12 as a judge of whole files, for any test; skipped, saying so, where it is not installed."""

import io
import logging
from collections.abc import Iterator
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest

Complaint = tuple[str, ...]


def judged_by_pyx12(data: bytes) -> tuple[bool, set[Complaint]]:
    """Whether pyx12 accepts a file, and its complaints: (segment, code) and (segment, element, code)."""
    params = pytest.importorskip("pyx12.params")
    document = pytest.importorskip("pyx12.x12n_document")
    answer = io.StringIO()
    logging.disable(logging.CRITICAL)
    try:
        with patch("pyx12.map_if.load_map_file", _map):
            verdict: Any = document.x12n_document(params.params(), io.StringIO(data.decode()), answer, None, None)
    finally:
        logging.disable(logging.NOTSET)
    text = answer.getvalue()
    return bool(verdict) and "*R*" not in text, set(_complaints(text))


def _map(name: str, _params: Any, folder: str | None) -> Any:
    """A guide's map. pyx12 reads it anew for each file, which is nearly all of its time; nobody writes to one."""
    return _read_map(name, folder)


@cache
def _read_map(name: str, folder: str | None) -> Any:
    params = pytest.importorskip("pyx12.params").params()
    return pytest.importorskip("pyx12.map_if._loader").load_map_file(name, params, folder)


def _complaints(answer: str) -> Iterator[Complaint]:
    """The IK3 and IK4 of a 999 without their positions in the file; IK304 8 only announces IK4s."""
    tag = ""
    for line in answer.split("~"):
        elements = line.strip().split("*")
        if elements[0] == "IK3":
            tag = elements[1]
            if elements[4] != "8":
                yield tag, elements[4]
        elif elements[0] == "IK4":
            yield tag, elements[1], elements[3]
