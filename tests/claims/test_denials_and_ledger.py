"""The classifier and the ledger read the same codes: what one keeps as refused, the other gives to somebody as work."""

from datetime import date

import pytest

from services.claims.core.denial import Adjusted, DecidedLine, Decision, classify
from services.claims.denial_policy import denial_book
from services.payments.core.adjudication import Action
from services.payments.policy import load_adjustments
from tests.claims.test_labels import CASES

DAY = date(2026, 6, 1)
CODES = sorted({one.carc for case in CASES for one in case.every_adjustment})
LEDGER = load_adjustments()
HELD = {Action.DENIAL, Action.UNKNOWN}
WORKED_OTHERWISE = {
    "59": "Takes a whole line here: the classifier has the edit checked, the ledger writes the price down.",
    "303": "A QMB's share: the classifier asks for a review, and the ledger waits for it.",
}


@pytest.mark.parametrize("carc", CODES)
def test_what_the_ledger_holds_as_refused_the_classifier_calls_refused(carc: str) -> None:
    adjusted = (Adjusted("CO", carc, 100_00),)
    line = DecidedLine(1, 100_00, 0, adjusted)
    found = classify(denial_book(), Decision("1", DAY, 100_00, 0, lines=(line,)))
    refused, held = found.denied_cents > 0, LEDGER.classify("CO", carc, DAY) in HELD
    assert (refused == held) != (carc in WORKED_OTHERWISE)
