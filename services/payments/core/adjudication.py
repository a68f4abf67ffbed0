"""What a claim adjustment means for the ledger: the dated classification of group and reason code.

Only patient responsibility moves to the patient, only contractual amounts are written down, and everything else stays
where it is: a denied amount is still owed by somebody until a person, an appeal or a corrected claim settles it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.payments.core.bill_policy import NO_BILL_RULES, BillPolicy
from services.payments.core.never_billed import Stops
from services.payments.core.write_off_policy import NO_WRITE_OFFS, WriteOffPolicy

PROVIDER_GROUPS = frozenset({"CO", "OA", "PI"})
PATIENT_GROUP = "PR"


class Action(StrEnum):
    """What the ledger does with an adjusted amount."""

    CONTRACTUAL = "contractual"  # nobody owes it: written down
    PATIENT = "patient"  # the patient owes it
    INFORMATIONAL = "informational"  # another payer's part, posted from that payer's own remittance
    DENIAL = "denial"  # refused: outstanding, and work for a person
    UNKNOWN = "unknown"  # no rule for it: outstanding and visible, like a denial


OUTSTANDING = frozenset({Action.DENIAL, Action.UNKNOWN})
"""Actions that leave the amount in the insurance receivable as denied."""


@dataclass(frozen=True, slots=True)
class AdjustmentRule:
    """One reason code from a date on: what to do under the provider groups (CO, OA, PI) and under PR."""

    valid_from: date
    provider: Action
    patient: Action


@dataclass(frozen=True, slots=True)
class AdjustmentPolicy:
    """The rules by claim adjustment reason code, newest first.

    With them comes what may never be billed to a patient, why a person may give up money, and what is asked before
    a bill.
    """

    rules: Mapping[str, tuple[AdjustmentRule, ...]]
    stops: Stops = ()
    write_offs: WriteOffPolicy = NO_WRITE_OFFS
    bills: BillPolicy = NO_BILL_RULES

    def classify(self, group: str, reason: str, on: date) -> Action:
        """The action for CAS group and reason on the date of the remittance.

        A code without a rule in force, and a group that 5010 does not know (CR was removed, X12 RFI 1147), is UNKNOWN.
        """
        rule = next((rule for rule in self.rules.get(reason, ()) if rule.valid_from <= on), None)
        if rule is None:
            return Action.UNKNOWN
        if group == PATIENT_GROUP:
            return rule.patient
        return rule.provider if group in PROVIDER_GROUPS else Action.UNKNOWN
