"""Agencies for tests: contracts as a client's file has them, and a made-up agency that answers what it gets."""

import shutil
from pathlib import Path

from services.collections.agencies import agency_book
from services.collections.core.agency_policy import AgencyBook
from services.collections.policies import POLICY_FOLDER

CONTRACTS = """
[[agency]]
valid_from = 2026-01-01
source = "Contract of January"
owner = "patient financial services"
[agency.value]
agency_id = "agency_primary"
name = "North Star Recovery"
format = "house_csv"
then = "agency_second"
hold_days = 90
pays_after_recall_days = 30
fees = [
    { bps = 0, paid = "direct", age_below_days = 30 },
    { bps = 2200, placement = 1, legal = false },
    { bps = 3500, legal = true },
    { bps = 3000, flat_cents = 100 },
]
[agency.value.statuses]
PTP = "promise"
UNC = "uncollectible"
DEC = "deceased"
DSP = "disputed"
ATY = "attorney"
PIF = "paid"
SUI = "legal"

[[agency]]
valid_from = 2026-01-01
source = "Contract of February"
owner = "patient financial services"
[agency.value]
agency_id = "agency_second"
name = "Second Wind"
format = "house_fixed"
remits = "gross"
pays_after_recall_days = 30
least_cents = 5000
fees = [ { bps = 4000 } ]
statuses = { UNC = "uncollectible" }
"""


def contracts(root: Path, text: str = CONTRACTS, tenant: str = "lakeside") -> AgencyBook:
    """The book of agencies that a client's file makes."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copy(POLICY_FOLDER / "agencies.toml", root / "agencies.toml")
    (root / f"agencies.{tenant}.toml").write_text(text)
    return agency_book(root)


def remittance(*lines: str, gross: str, fee: str, net: str, trace: str = "CHK-1", count: int | None = None) -> str:
    """A file of payments with its sums."""
    return "\n".join(
        (*lines, f"RM,{len(lines) if count is None else count},{gross},{fee},{net},{trace},2026-12-01", "")
    )


def whole(*lines: str) -> str:
    """A file of acknowledgements or updates with its count."""
    return "\n".join((*lines, f"TT,{len(lines)},", ""))
