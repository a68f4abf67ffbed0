"""Links by which a guarantor sees, without a login, what plans they may take: signed, and good until a moment.

Any service of the house makes one from an account and a moment, with the common pseudonym key; collections believes it.
Nothing is stored, and nothing in it names a person: an account's id is a pseudonym.
"""

import hmac
import re
from datetime import UTC, datetime
from typing import NamedTuple

from shared.sealed import Pseudonyms

PATTERN = r"^[A-Za-z0-9_-]{1,100}\.[0-9]{1,12}\.plans_[a-z2-7]{26}$"
_SHAPE = re.compile(PATTERN)


class PlanLink(NamedTuple):
    """What a good link says."""

    account_id: str
    until: datetime


def plan_link(pseudonyms: Pseudonyms, tenant: str, account_id: str, until: datetime) -> str:
    """The token of a link, such as `acct_k3v9….1790000000.plans_…`; the same input always gives the same."""
    stamp = str(int(until.timestamp()))
    return f"{account_id}.{stamp}.{_signed(pseudonyms, tenant, account_id, stamp)}"


def read_plan_link(pseudonyms: Pseudonyms, tenant: str, token: str, now: datetime) -> PlanLink | None:
    """What a token says; None for one that is not of this house and tenant, was changed, or is over."""
    if not _SHAPE.match(token):
        return None
    account_id, stamp, signature = token.rsplit(".", 2)
    wanted = _signed(pseudonyms, tenant, account_id, stamp)
    until = datetime.fromtimestamp(int(stamp), UTC)
    if not hmac.compare_digest(signature.encode(), wanted.encode()) or until <= now:
        return None
    return PlanLink(account_id, until)


def _signed(pseudonyms: Pseudonyms, tenant: str, account_id: str, stamp: str) -> str:
    # Pseudonyms fold the case of what they name; ids that differ only in it must not share a link.
    return pseudonyms.of("plans", tenant, account_id.encode().hex(), stamp)
