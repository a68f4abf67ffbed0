"""A dunning policy tried over the past: which accounts, dollars and contacts it would change, before it goes live."""

from services.collections.simulate.compare import Comparison, Difference, compare
from services.collections.simulate.life import Life, live
from services.collections.simulate.past import Past, read_export, told_of

__all__ = ["Comparison", "Difference", "Life", "Past", "compare", "live", "read_export", "told_of"]
