"""Chance that repeats: a draw is a function of the seed and its subject, never of what was drawn before."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Chance:
    """The draws for one subject, such as a member or a claim."""

    seed: int
    subject: str

    def number(self, name: str) -> int:
        """64 bits, the same for the same seed, subject and name."""
        text = f"{self.seed}\x1f{self.subject}\x1f{name}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

    def happens(self, name: str, percent: float) -> bool:
        """True for about `percent` in a hundred subjects."""
        return self.number(name) % 10_000 < percent * 100

    def between(self, name: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.number(name) % (high - low + 1)

    def choice(self, name: str, items: Sequence[Item]) -> Item:
        """One of the items, evenly."""
        return items[self.number(name) % len(items)]

    def weighted(self, name: str, weights: Mapping[Item, int]) -> Item:
        """One of the keys, each as often as its weight says."""
        rest = self.number(name) % sum(weights.values())
        for item, weight in weights.items():
            rest -= weight
            if rest < 0:
                return item
        raise AssertionError("the weights are used up")
