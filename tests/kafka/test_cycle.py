"""The whole cycle on three brokers of Apache Kafka: the stack is given their addresses, and the book ties out."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from revcycle.demo.run import begin_anew
from revcycle.demo.story import Course, Story
from revcycle.stack.layout import Layout
from revcycle.stack.options import MODULES
from revcycle.stack.ports import free_port
from revcycle.stack.topics import describe_topics, topic_names
from revcycle.stack.up import start_behind, stop_stack
from tests.servers import Brokers

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(900)]
COURSE = Course(start=date(2026, 7, 1), days=32, claims=12, public=False)


async def test_claims_travel_the_whole_way(three_brokers: Brokers, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "stack")
    begin_anew(layout)
    words = ["--dir", str(layout.root), f"--as-of={COURSE.start}", f"--kafka={three_brokers.servers}"]
    ports = [f"--{part}-port={free_port()}" for part in ("store", *MODULES)]
    record = start_behind([*words, *ports, "--log-level=WARNING"], layout)
    try:
        story = Story(COURSE, layout, record, Console(file=StringIO()))
        assert await story.run() == []
    finally:
        stop_stack(layout)
        begin_anew(layout)
    assert story.tally.counts["Claims received"] == COURSE.claims
    assert story.tally.events["payment.posted.v1"] > 0
    assert story.tally.dead_letters == 0
    topics = await describe_topics(three_brokers.servers, topic_names())
    assert {settings["min.insync.replicas"] for settings in topics.values()} == {"2"}
