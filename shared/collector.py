"""Python's garbage collector, set for a service: batches of short-lived objects, and a program that stays."""

import gc

YOUNG_OBJECTS = 100_000
"""How many more objects are made than freed before the young are looked at. Python's own 700 comes many times in a
batch of 500 messages, whose objects are nearly all freed by their reference counts."""

TIDY_AFTER = 5_000
"""Messages. Drivers leave what only the collector frees (FastStream's message of a batch holds itself), and what hangs
on it: looking so rarely, it would come to that late. What is looked through then is a few thousand objects."""


class Tidy:
    """Frees what reference counts do not, every so many messages."""

    def __init__(self) -> None:
        self._since = 0

    def after(self, messages: int) -> None:
        """So many more were handled. Nothing happens where the collector looks often by itself."""
        self._since += messages
        if self._since >= TIDY_AFTER and gc.get_freeze_count():
            self._since = 0
            gc.collect()


def look_rarely() -> None:
    """From the first line of a process: what its imports make is nearly all there to stay."""
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)


def calm_collector() -> None:
    """Once, when everything is imported and set up: what is there now stays, and is not looked at again.

    It is not looked through first: of 160,000 objects that a service begins with, the collector finds 200 to free, and
    takes a fifteenth of the start to do so.
    """
    gc.freeze()
    look_rarely()
