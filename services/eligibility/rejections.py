"""What to do about a rejected inquiry: the codes of the payer with a fix in our own words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.eligibility.core.check_messages import Rejection
from shared.policy import read_policy

AAA_FILE = Path(__file__).parent / "policy" / "aaa.toml"


@dataclass(frozen=True, slots=True)
class Advice:
    """The table of `aaa.toml` on one day."""

    codes: Mapping[str, Mapping[str, Any]]
    follow_ups: Mapping[str, Mapping[str, Any]]

    def about(self, rejections: Iterable[Rejection]) -> list[dict[str, Any]]:
        """Each rejection as it came, with what to look at, what to do, and whether a retry helps.

        A retry helps when the code says that nothing is wrong with the question and the payer does not forbid it. A
        code that nobody knows is shown without advice; whether a retry helps is then None.
        """
        return [self._about(one) for one in rejections]

    def _about(self, one: Rejection) -> dict[str, Any]:
        known = self.codes.get(one.code)
        follow_up = self.follow_ups.get(one.follow_up)
        forbidden = follow_up is not None and follow_up["again"] == "never"
        return {
            **one.model_dump(),
            "field": None if known is None else known["field"],
            "fix": None if known is None else known["fix"],
            "payer_says": None if follow_up is None else follow_up["words"],
            "retry_helps": None if known is None else known["retry"] and not forbidden,
        }


def advice(on: date, path: Path = AAA_FILE) -> Advice:
    """The table in force on a day."""
    policy = read_policy(path, on)
    return Advice(policy["rejections"], policy["follow_ups"])
