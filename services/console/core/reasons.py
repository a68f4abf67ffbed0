"""Codes in the field's everyday words. Short and our own: the code lists' official texts are not reproduced here."""

from collections.abc import Mapping

ADJUSTMENT_REASONS: Mapping[str, str] = {
    "1": "deductible",
    "2": "coinsurance",
    "3": "copay",
    "4": "modifier missing or wrong",
    "11": "diagnosis does not support the procedure",
    "15": "authorization number wrong or missing",
    "16": "information missing or wrong",
    "18": "duplicate claim",
    "22": "another payer goes first",
    "23": "effect of an earlier payer's decision",
    "26": "service before coverage began",
    "27": "service after coverage ended",
    "29": "filed too late",
    "31": "patient not known to the payer",
    "45": "above the fee schedule",
    "50": "not found medically necessary",
    "96": "not a covered service",
    "97": "bundled into another service",
    "109": "wrong payer",
    "119": "benefit limit reached",
    "151": "more services than the payer supports",
    "197": "authorization missing",
    "204": "not in the patient's plan",
    "253": "federal sequestration",
}

GROUPS: Mapping[str, str] = {
    "CO": "contract",
    "PR": "patient",
    "OA": "other",
    "PI": "payer's own",
}


def adjustment(group: str, reason: str) -> str:
    """`CO-45 (above the fee schedule)`; a code we have no words for stands alone."""
    code = f"{group}-{reason}"
    meaning = ADJUSTMENT_REASONS.get(reason)
    return code if meaning is None else f"{code} ({meaning})"
