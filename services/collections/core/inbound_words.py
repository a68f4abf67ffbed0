"""What a short message from the person means, by the dated list of words. Pure: the list is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.collections.core.person_messages import InboundMeaning


@dataclass(frozen=True, slots=True)
class WordList:
    """The words in force from a day on, lower case. `everything`: a stop holds for every medium from then on."""

    valid_from: date
    words: Mapping[InboundMeaning, Sequence[str]]
    stops_everything: bool = False


class Reading(NamedTuple):
    """What a message means, and whether its stop is for every medium."""

    meaning: InboundMeaning
    stops_everything: bool = False


ORDER: tuple[InboundMeaning, ...] = ("stop", "dispute", "help", "start")
"""When words of several meanings are in one message, the one that protects the person is taken."""


def read_words(lists: Sequence[WordList], text: str, on: date) -> Reading:
    """What a message means on a day. A stop is heard wherever its word stands: any reasonable way will do."""
    in_force = [one for one in lists if one.valid_from <= on]
    if not in_force:
        return Reading("other")
    newest = max(in_force, key=lambda one: one.valid_from)
    said = f" {' '.join(''.join(c if c.isalnum() else ' ' for c in text.casefold()).split())} "
    for meaning in ORDER:
        words = newest.words.get(meaning, ())
        whole = meaning in {"stop", "dispute"}
        if any(f" {word} " in said if whole else said.strip() == word for word in words):
            return Reading(meaning, meaning == "stop" and newest.stops_everything)
    return Reading("other")
