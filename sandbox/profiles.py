"""Who the payers are and how they behave: `payers.toml`, read once."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sandbox.chance import Chance

PAYERS_FILE = Path(__file__).with_name("payers.toml")


class Profile(BaseModel):
    """One way to be a payer; the file says what each figure is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    unlisted: bool = False
    acknowledge_days: int = Field(ge=0)
    pay_days_min: int = Field(ge=1)
    pay_days_max: int
    pay_weekday: int = Field(ge=0, le=6)
    contract_percent: int = Field(gt=0, le=100)
    contract_spread: int
    copay_cents: tuple[int, ...]
    coinsurance_percents: tuple[int, ...]
    deductible_percent: float
    deductible_cents_max: int
    sequestration_percent: int
    rejected_percent: float
    file_rejected_percent: float
    denied_percent: float
    partial_percent: float
    reversed_percent: float
    adjusted_percent: float
    information_percent: float
    requests_papers: bool
    request_days: int = Field(ge=1)
    inactive_percent: float
    authorization_percent: float
    review_pended_percent: float
    review_pended_inquiries: int = Field(ge=0)
    review_denied_percent: float
    review_modified_percent: float
    review_contact_percent: float
    unknown_member_percent: float
    invalid_member_percent: float
    unavailable_percent: float
    unavailable_tries: int
    down_percent: float
    down_tries: int
    slow_percent: float
    slow_tries: int
    odd_percent: float
    vague_percent: float
    insurance_type: str
    found_by_name_percent: float
    managed_care_percent: float
    managed_care_name: str
    managed_care_id: str
    method: str
    remits: bool
    denials: dict[str, int]


class PayerProfile(BaseModel):
    """One payer: its identifier as claims name it (NM109), its name, and how it behaves."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    profile: Profile


class Payers:
    """Every payer there can be: those the file names, and any other by the hash of its identifier."""

    def __init__(self, content: dict[str, Any]) -> None:
        default = content["default"]
        self._profiles = {
            name: Profile(**{**default, **own, "name": name}) for name, own in content["profiles"].items()
        }
        self._named = {
            payer_id: PayerProfile(id=payer_id, name=one["name"], profile=self._profiles[one["profile"]])
            for payer_id, one in content["payers"].items()
        }
        self._unlisted = [one for one in self._profiles.values() if one.unlisted]

    def ids(self) -> list[str]:
        """The payers the file names."""
        return list(self._named)

    def find(self, payer_id: str, name: str = "") -> PayerProfile:
        """The payer of this identifier; `name` is what a claim calls one the file does not know."""
        known = self._named.get(payer_id)
        if known:
            return known
        profile = Chance(0, f"payer/{payer_id}").choice("profile", self._unlisted)
        return PayerProfile(id=payer_id, name=name or f"PAYER {payer_id}", profile=profile)


@cache
def read_payers(path: Path = PAYERS_FILE) -> Payers:
    """The payers of a file. Raises pydantic's ValidationError for a figure out of range or an unknown key."""
    return Payers(tomllib.loads(path.read_text()))
