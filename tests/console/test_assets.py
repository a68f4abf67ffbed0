"""The files of others are the ones their packages have, and pages ask for no other place."""

import hashlib
import re

from services.console.drawing import STATIC
from tests.console.desk import Desk

VENDOR = STATIC / "vendor"
LISTED = dict(re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.MULTILINE))


def test_each_vendored_file_is_listed_with_its_hash() -> None:
    there = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in VENDOR.iterdir() if p.suffix != ".md"}
    assert there == LISTED


async def test_a_page_names_no_other_host(told: Desk) -> None:
    text = (await told.browser().get("/")).text
    assert re.findall(r'(?:href|src|action)="(?:[a-z]+:)?//', text) == []
