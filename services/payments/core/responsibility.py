"""What a patient's share consists of: deductible, coinsurance, copay, what is not covered, and other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

ShareKind: TypeAlias = Literal["deductible", "coinsurance", "copay", "non_covered", "other", "self_pay"]
"""`self_pay` is a charge that no payer was billed for."""


@dataclass(frozen=True, slots=True)
class KindRule:
    """From a day on, a reason code is of this kind."""

    valid_from: date
    kind: ShareKind


@dataclass(frozen=True, slots=True)
class SharePolicy:
    """The kinds by claim adjustment reason code, newest first."""

    rules: Mapping[str, tuple[KindRule, ...]]

    def kind_of(self, reason: str, on: date) -> ShareKind:
        rule = next((rule for rule in self.rules.get(reason, ()) if rule.valid_from <= on), None)
        return "other" if rule is None else rule.kind
