"""What people type: a value, or a sentence beside the field. Nothing is guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.console.core import dollars
from services.console.core.account_actions import ACCOUNT_ACTIONS
from services.console.core.actions import Action, in_path, request_of
from services.console.core.claim_actions import CLAIM_ACTIONS
from services.console.core.forms import CENTS_MAX, Field, NotReadableError, cents_of, read_form

EVERY = (*CLAIM_ACTIONS.values(), *ACCOUNT_ACTIONS.values())


@pytest.mark.parametrize(
    "text", ["12.5", "12.", "1,2", "12,34.00", "-5", "0", "0.00", "ten", "1e3", "٣", "9999999999", "$", "1 000"]
)
def test_half_an_amount_is_no_amount(text: str) -> None:
    with pytest.raises(NotReadableError):
        cents_of(text)


@settings(max_examples=50)
@given(st.integers(min_value=1, max_value=CENTS_MAX))
def test_an_amount_reads_back_as_it_is_shown(cents: int) -> None:
    assert cents_of(dollars(cents)) == cents
    assert cents_of(f"{cents // 100}.{cents % 100:02}") == cents


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        (Field("on", "On", "day"), "2026-02-30", "Write a day that exists"),
        (Field("how", "How", "choice", choices=(("a", "A"),)), "b", "Choose one of the list."),
        (Field("n", "N", "whole"), "1.5", "Write a whole number"),
        (Field("n", "N", "whole"), "²", "Write a whole number"),
        (Field("why", "Why", "words", least=3), "no", "Write 3 to 100 characters; these are 2."),
        (Field("why", "Why", "words"), "a\u202eb\x00", "cannot be seen"),
        (Field("why", "Why"), "", "This is needed."),
    ],
)
def test_what_cannot_be_is_said_and_has_no_value(field: Field, text: str, said: str) -> None:
    filled = read_form((field,), {field.name: text})
    assert filled.values == {}
    assert said in filled.problems[field.name]


def test_each_field_stands_for_itself() -> None:
    fields = (Field("a", "A", "cents"), Field("b", "B"), Field("c", "C", needed=False), Field("d", "D", "yes"))
    filled = read_form(fields, {"a": "1", "b": "שלום", "x": "ignored"})
    assert (filled.values, filled.problems) == ({"a": 1_00, "b": "שלום", "d": False}, {})


@pytest.mark.parametrize("action", EVERY, ids=lambda one: f"{one.service}-{one.name}")
def test_every_action_names_what_it_needs(action: Action) -> None:
    fields = {field.name for field in action.fields}
    known = {"claim_id", "account_id"}
    assert set(in_path(action.path)) <= fields | known
    assert set(action.of_page) <= known
    assert not action.why or "reason" in fields
    assert set(action.renamed) <= fields
    assert action.done


def test_typed_text_leads_nowhere_else() -> None:
    action = ACCOUNT_ACTIONS["move"]
    values = {"payment_id": "../x/../../remittances?a=b#c", "moved_cents": 1, "reason": "why"}
    sent = request_of(action, values, {"account_id": "acct_1"})
    assert sent.path == "/accounts/acct_1/payments/..%2Fx%2F..%2F..%2Fremittances%3Fa%3Db%23c/move"
    assert sent.body == {"moved_cents": 1, "reason": "why"}
