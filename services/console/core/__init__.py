"""The console's projections: claims, accounts, remittances and the newest events. Pure."""

from services.console.core.account_view import ACCOUNT_STAGES, ACCOUNT_VIEW, AccountStage, AccountView
from services.console.core.claim_view import CLAIM_STATUSES, CLAIM_VIEW, COVERAGES, ClaimStatus, ClaimView, Coverage
from services.console.core.moments import Moment, in_causal_order
from services.console.core.remittance_view import (
    REMITTANCE_STATUSES,
    REMITTANCE_VIEW,
    RemittanceStatus,
    RemittanceView,
)
from services.console.core.tail import KEPT, SHARD_IDS, TAIL, Tail
from services.console.core.totals import Sum, Totals, add_account, add_claim, add_remittance
from services.console.core.wording import counted, dollars

__all__ = [
    "ACCOUNT_STAGES",
    "ACCOUNT_VIEW",
    "CLAIM_STATUSES",
    "CLAIM_VIEW",
    "COVERAGES",
    "KEPT",
    "REMITTANCE_STATUSES",
    "REMITTANCE_VIEW",
    "SHARD_IDS",
    "TAIL",
    "AccountStage",
    "AccountView",
    "ClaimStatus",
    "ClaimView",
    "Coverage",
    "Moment",
    "RemittanceStatus",
    "RemittanceView",
    "Sum",
    "Tail",
    "Totals",
    "add_account",
    "add_claim",
    "add_remittance",
    "counted",
    "dollars",
    "in_causal_order",
]
