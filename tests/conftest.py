"""Fixtures every test may ask for, and how hard properties try."""

import signal
from types import FrameType

from hypothesis import settings

pytest_plugins = ["tests.servers", "tests.outbound", "tests.sharing"]


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


# Ctrl-C as ever, but by a handler of ours. Around each of its runs asyncio replaces the default one, and Python 3.11,
# looking whose handler it is, writes out as text what the last fixture gave: a fifth of the time of our largest ones.
signal.signal(signal.SIGINT, _interrupted)

# `make check` tries a few examples of each property, `make test` many; a slow machine is no failure of either.
settings.register_profile("quick", max_examples=8, deadline=None)
settings.register_profile("full", max_examples=50, deadline=None)
settings.load_profile("full")
