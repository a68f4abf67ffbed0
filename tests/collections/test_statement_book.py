"""The book of statements: bills and claims as they are told, in any order, however often; which statements count."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.collections.core.statement import faults_of, pending_of
from services.collections.core.statement_book import STATEMENT_BOOK, Book, BookMessage
from services.collections.core.statement_messages import DrawStatement, NoteStatement, Standing
from shared.contracts import ClaimRemitted, LineDecision, PatientMoneyReversed
from tests.collections.statement_samples import (
    SEVERAL_VISITS,
    balance,
    bill,
    book_of,
    decided,
    line,
    meta_of,
    paid,
    statement,
    submitted,
)
from tests.collections.story import ACCOUNT

DAY = date(2026, 6, 1)


def remitted(
    sequence: int, claim: str, open_cents: int | None, *lines: LineDecision, charged: str = ""
) -> ClaimRemitted:
    return ClaimRemitted(
        meta=meta_of(sequence, DAY),
        account_id=ACCOUNT,
        claim_id=claim,
        patient_control_number="PCN",
        remittance_id=f"rem_{sequence}",
        payer_id="acme",
        status="1",
        charge_cents=10_000,
        paid_cents=6_000,
        patient_responsibility_cents=2_000,
        denied_cents=0,
        payment_date=DAY,
        lines=lines,
        open_at_payer_cents=open_cents,
        charged_claim_id=charged,
    )


def draw(number: int, asked: str = "a", **changes: object) -> DrawStatement:
    return DrawStatement(
        meta=meta_of(number, DAY, "collections"),
        account_id=ACCOUNT,
        statement_id=f"stm_{number}",
        number=number,
        asked=asked,
        digest="d",
        sealed_content="sealed:AAAA",
        dated_on=DAY,
        balance_cents=100,
        channel="letter",
    ).model_copy(update=changes)


def note(number: int, standing: Standing) -> NoteStatement:
    return NoteStatement(
        meta=meta_of(number, DAY, f"collections/{standing}"),
        account_id=ACCOUNT,
        statement_id=f"stm_{number}",
        standing=standing,
    )


def test_a_claim_is_pending_from_the_day_it_went_out_until_its_payer_left_nothing_open() -> None:
    told: list[BookMessage] = [submitted("clm_a", DAY, 10_000)]
    assert [one.open_cents for one in pending_of(book_of(*told))] == [10_000]
    told.append(remitted(1, "clm_a", 2_500))
    assert [one.open_cents for one in pending_of(book_of(*told))] == [2_500]
    told.append(remitted(2, "clm_a", 0))
    assert pending_of(book_of(*told)) == ()


def test_a_claim_to_the_next_payer_is_not_pending_beside_the_one_that_was_charged() -> None:
    second = submitted("clm_b", DAY, 10_000, follows_claim_id="clm_a")
    book = book_of(submitted("clm_a", DAY, 10_000), second, remitted(3, "clm_b", 1_000, charged="clm_a"))
    assert [(one.bill_id, one.open_cents) for one in pending_of(book)] == [("clm_a", 1_000)]


def test_news_of_claims_may_come_again_in_any_order_and_say_nothing_new() -> None:
    news: list[BookMessage] = [submitted("clm_a", DAY, 10_000), remitted(1, "clm_a", 2_500), remitted(2, "clm_a", 0)]
    assert book_of(*news, *news) == book_of(*news)
    assert book_of(*reversed(news)).claims == book_of(*news).claims


def test_what_is_not_told_with_a_newer_balance_is_closed_unless_it_is_news_to_payments() -> None:
    news = (submitted("clm_a", DAY, 10_000), remitted(1, "clm_a", 2_500), submitted("clm_new", DAY, 700))
    book = book_of(*news, balance(2, DAY, [bill("chg_1", DAY, 500)]))
    assert [one.bill_id for one in pending_of(book)] == ["clm_new"]


def test_an_older_balance_says_nothing_new() -> None:
    newest = balance(5, DAY, [bill("chg_1", DAY, 500)])
    assert book_of(newest, balance(4, DAY, [bill("chg_1", DAY, 900)])) == book_of(newest)


def test_an_age_counts_from_when_the_guarantor_came_to_owe_it() -> None:
    old = bill("clm_a", date(2025, 1, 1), 500)
    made = statement(balance(1, date(2026, 5, 20), [old]), balance(2, date(2026, 6, 25), [old, bill("chg_1", DAY, 70)]))
    assert [one.cents for one in made.aging] == [70, 500, 0, 0, 0]


def test_lines_show_what_payers_paid_of_each_where_it_adds_up() -> None:
    billed = bill(
        "clm_a", DAY, 2_000, [line("99213", 7_000), line("80053", 3_000)], insurance_paid=6_000, adjusted=2_000
    )
    whole = [decided("99213", 4_500, 1_000, 1_500), decided("80053", 1_500, 1_000, 500)]
    made = statement(remitted(1, "clm_a", 0, *whole), balance(2, DAY, [billed]))
    assert [(one.insurance_paid_cents, one.adjusted_cents) for one in made.visits[0].lines] == [
        (4_500, 1_000),
        (1_500, 1_000),
    ]
    part = statement(remitted(1, "clm_a", 0, whole[0]), balance(2, DAY, [billed]))
    assert [(one.insurance_paid_cents, one.adjusted_cents) for one in part.visits[0].lines] == [(None, None)] * 2


def test_a_line_that_fits_two_billed_ones_is_told_by_its_number_or_not_at_all() -> None:
    twice = [line("97110", 5_000, number="1"), line("97110", 5_000, number="2")]
    billed = bill("clm_a", DAY, 2_000, twice, insurance_paid=6_000, adjusted=2_000)
    numbered = [decided("97110", 4_000, 1_000, 0, number="2"), decided("97110", 2_000, 1_000, 2_000, number="1")]
    by_number = statement(remitted(1, "clm_a", 0, *numbered), balance(2, DAY, [billed])).visits[0]
    assert [one.insurance_paid_cents for one in by_number.lines] == [2_000, 4_000]
    nameless = [one.model_copy(update={"line_control_number": ""}) for one in numbered]
    guess = statement(remitted(1, "clm_a", 0, *nameless), balance(2, DAY, [billed])).visits[0]
    assert [one.insurance_paid_cents for one in guess.lines] == [None, None]


def test_payments_are_shown_once_on_the_first_statement_after_them() -> None:
    back = PatientMoneyReversed(
        meta=meta_of(3, DAY), account_id=ACCOUNT, payment_id="pay_2", reversal_id="r", reversed_cents=300, cause="void"
    )
    before = book_of(paid(2, DAY, 300), back)
    assert [one.cents for one in before.money] == [300, -300]
    after = book_of(paid(2, DAY, 300), back, draw(1, through=3), paid(4, DAY, 70), note(1, "sent"), paid(2, DAY, 300))
    assert [one.cents for one in after.money] == [70]


def test_what_is_not_billed_yet_stands_on_no_statement() -> None:
    held = bill("chg_2", DAY, 900).model_copy(update={"held_cents": 900})
    event = balance(1, DAY, [bill("chg_1", DAY, 500), held]).model_copy(update={"balance_cents": 500})
    made = statement(event)
    assert (faults_of(made), [one.bill_id for one in made.visits]) == ((), ["chg_1"])


def counted(*messages: BookMessage) -> int:
    return book_of(*messages).counted


def test_a_statement_counts_when_it_went_out_and_did_not_come_back() -> None:
    assert counted(draw(1)) == 0
    assert counted(draw(1), note(1, "withdrawn")) == 0
    assert counted(draw(1), note(1, "sent")) == 1
    assert counted(draw(1), note(1, "sent"), note(1, "sent"), note(1, "returned")) == 0
    assert counted(draw(1), note(1, "sent"), draw(2), note(2, "sent")) == 2


def test_a_corrected_statement_and_its_correction_count_once() -> None:
    wrong = (draw(1), note(1, "sent"), note(1, "wrong"))
    assert (counted(*wrong), book_of(*wrong).corrected_number) == (1, 1)
    corrected = (*wrong, draw(2, replaces=1), note(2, "sent"))
    assert (counted(*corrected), book_of(*corrected).corrected_number) == (1, 0)
    assert counted(*corrected, note(2, "returned")) == 1, "the first one is all that they have"


def test_what_left_the_house_is_never_drawn_again_and_the_rest_only_when_it_says_something_else() -> None:
    assert book_of(draw(1), draw(1, digest="other")).statements[0].digest == "d"
    assert book_of(draw(1), draw(1, "b", digest="other")).statements[0].digest == "other"
    assert book_of(draw(1), note(1, "sent"), draw(1, "b", digest="other")).statements[0].digest == "d"
    assert book_of(draw(1), note(1, "withdrawn"), draw(1, digest="other")).statements[0].digest == "other"


@pytest.mark.parametrize("standing", ["returned", "wrong"])
def test_what_never_went_out_neither_comes_back_nor_was_wrong(standing: Standing) -> None:
    assert book_of(draw(1), note(1, standing)) == book_of(draw(1))


MESSAGES: tuple[BookMessage, ...] = (
    *SEVERAL_VISITS,
    submitted("clm_a", DAY, 10_000),
    remitted(7, "clm_a", 900, decided("99213", 4_500, 1_000, 1_500)),
    paid(8, DAY, 250),
    draw(1),
    note(1, "sent"),
    note(1, "wrong"),
    draw(2, replaces=1),
    note(2, "sent"),
    note(2, "returned"),
)


@given(st.lists(st.sampled_from(MESSAGES), max_size=20))
def test_batching_is_invisible_redelivery_decides_nothing_and_the_state_is_the_fold(told: list[BookMessage]) -> None:
    whole = STATEMENT_BOOK.start(*told)
    snapshot = STATEMENT_BOOK.start().snapshot
    for message in told:
        snapshot = STATEMENT_BOOK.run(snapshot, (message,)).snapshot
    assert snapshot.state == whole.snapshot.state == STATEMENT_BOOK.fold(whole.facts)
    again = STATEMENT_BOOK.run(
        whole.snapshot, [one for one in told if not isinstance(one, DrawStatement | NoteStatement)]
    )
    assert again.facts == ()


@given(st.lists(st.sampled_from(MESSAGES), max_size=20))
def test_what_insurance_has_is_in_no_sum_that_is_due(told: list[BookMessage]) -> None:
    book: Book = book_of(*told)
    if book.balance_cents > 0:
        made = statement(*told)
        assert faults_of(made) == ()
        pending_only = {one.bill_id for one in made.pending} - {one.bill_id for one in made.visits}
        owed = {one.bill_id: one.owed_cents for one in made.visits}
        assert sum(owed.values()) - made.unapplied_cents == made.balance_cents
        assert not pending_only & owed.keys()
