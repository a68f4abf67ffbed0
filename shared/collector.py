"""Python's garbage collector, set for a service: batches of short-lived objects, and a program that stays."""

import gc

YOUNG_OBJECTS = 100_000
"""How many more objects are made than freed before the young are looked at. A batch of 500 messages makes some 50,000,
nearly all of them freed by their reference counts; looking at them every 700 cost a third of a batch's time."""


def calm_collector() -> None:
    """Once, when everything is imported and set up: what is there now stays, and is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)
