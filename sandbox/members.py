"""What a payer knows of a member, from seed, payer and member identifier: 271 and 835 then tell one story."""

from dataclasses import dataclass
from typing import Literal

from sandbox.chance import Chance
from sandbox.profiles import PayerProfile

Standing = Literal["active", "inactive", "not_found", "invalid_id"]


@dataclass(frozen=True, slots=True)
class Member:
    """Cover and the member's own share. The deductible is not counted down from claim to claim."""

    standing: Standing
    copay_cents: int
    coinsurance_percent: int
    deductible_remaining_cents: int
    authorization_required: bool
    odd: bool
    vague: bool
    managed_care: bool


def member(seed: int, payer: PayerProfile, member_id: str) -> Member:
    """The member of this identifier; every identifier is one, unless the payer's shares say otherwise."""
    chance, profile = Chance(seed, f"member/{payer.id}/{member_id}"), payer.profile
    has_deductible = chance.happens("deductible", profile.deductible_percent)
    steps = profile.deductible_cents_max // 500
    return Member(
        standing=_standing(chance, payer, member_id),
        copay_cents=chance.choice("copay", profile.copay_cents),
        coinsurance_percent=chance.choice("coinsurance", profile.coinsurance_percents),
        deductible_remaining_cents=500 * chance.between("remaining", 1, max(1, steps)) if has_deductible else 0,
        authorization_required=chance.happens("authorization", profile.authorization_percent),
        odd=chance.happens("odd", profile.odd_percent),
        vague=chance.happens("vague", profile.vague_percent),
        managed_care=chance.happens("managed care", profile.managed_care_percent),
    )


def _standing(chance: Chance, payer: PayerProfile, member_id: str) -> Standing:
    profile = payer.profile
    if not member_id or chance.happens("invalid", profile.invalid_member_percent):
        return "invalid_id"
    if chance.happens("unknown", profile.unknown_member_percent):
        return "not_found"
    return "inactive" if chance.happens("inactive", profile.inactive_percent) else "active"
