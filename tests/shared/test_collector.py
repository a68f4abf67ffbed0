"""What only the collector frees is freed in time, though it looks rarely."""

import gc
import weakref

from shared.collector import TIDY_AFTER, Tidy, calm_collector


class Knot:
    """Holds itself: reference counts never free it."""

    def __init__(self) -> None:
        self.me = self


def test_knots_are_freed_after_so_many_messages_and_not_before() -> None:
    thresholds = gc.get_threshold()
    calm_collector()
    try:
        knot = weakref.ref(Knot())
        tidy = Tidy()
        tidy.after(TIDY_AFTER - 1)
        assert knot() is not None
        tidy.after(1)
        assert knot() is None
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
