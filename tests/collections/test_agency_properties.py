"""Whatever comes in whatever order: one file for each record, one answer for each line, and fees that add up."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.collections.core.agency import CutFile, Enqueue, FileCut, RecordRef, RecordsTakenOut, make_agency
from services.collections.core.agency_format import FormatError, read_lines, write_line
from services.collections.core.agency_policy import AgencyBook, FeeTier, Placing, Work, choose
from services.collections.core.legal import LegalMessage, make_legal
from services.collections.core.legal_messages import (
    AddCost,
    EndSuit,
    EnterJudgment,
    FileSuit,
    GateAnswer,
    ProposeSuit,
    ReviewSuit,
    ServeSuit,
)
from services.collections.core.placement import PlacementCommand, make_placement
from services.collections.core.placement_messages import (
    AgencyAcked,
    AgencyPaid,
    AgencyUpdated,
    EndPlacement,
    OpenPlacement,
    RecordsDropped,
    RecordsFiled,
    TellAccountOfAgency,
    TellPlacement,
)
from services.collections.legal_terms import legal_book
from shared.contracts import AgencyPaymentReported, Meta
from shared.decider import Decider, Due
from shared.policy import PolicyError
from tests.collections.agency_kit import CONTRACTS, contracts
from tests.collections.story import at, on

FEW = settings(max_examples=60, deadline=None)
NAMESPACE = UUID(int=11)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> AgencyBook:
    return contracts(tmp_path_factory.mktemp("contracts"))


def meta(number: int, day: int = 0, actor: str = "ann") -> Meta:
    made = uuid5(NAMESPACE, str(number))
    return Meta(
        id=made,
        tenant="lakeside",
        occurred_at=at(day),
        source="collections",
        subject="placement/plc_1",
        key="acct_1",
        correlation=made,
        actor=actor,
    )


def opened() -> OpenPlacement:
    return OpenPlacement(
        meta=meta(0),
        placement_id="plc_1",
        account_id="acct_1",
        agency_id="agency_primary",
        terms="agency_primary/2026-01-01",
        number=1,
        placed_cents=100_00,
        claims=1,
        first_statement_on=on(-120),
        due_on=on(-90),
        placed_on=on(0),
        held_until=on(90),
        sealed_guarantor="sealed:guarantor",
    )


def command(number: int, choice: tuple[str, int, int]) -> PlacementCommand:  # noqa: PLR0911 - a table
    """One of what a placement may hear; ids and lines repeat often."""
    kind, one, day = choice
    common: dict[str, Any] = {"meta": meta(number, day), "placement_id": "plc_1"}
    line: dict[str, Any] = {"agency_id": "agency_primary", "file_id": f"file_{one % 3}", "line": 1 + one % 4}
    match kind:
        case "open":
            return opened()
        case "end":
            return EndPlacement(**common, how="paid" if one % 2 else "recalled", balance_cents=0, ended_on=on(day))
        case "pay":
            return TellPlacement(**common, what="payment", reference=f"pay_{one}", cents=100 * one, on=on(day))
        case "adjust":
            return TellPlacement(**common, what="adjustment", reference=f"b/{one}", cents=500 - 100 * one, on=on(day))
        case "filed":
            return RecordsFiled(
                **common, numbers=(1 + one,), file=f"f-{number}", unwritable=() if one % 5 else (one + 2,)
            )
        case "dropped":
            return RecordsDropped(**common, numbers=(1, 2 + one))
        case "ack":
            return AgencyAcked(**common, **line, accepted=bool(one % 4), agency_number=f"NS-{one}", code="")
        case "update":
            meanings: list[Any] = ["promise", "disputed", None, "legal", "paid", "uncollectible"]
            return AgencyUpdated(**common, **line, code="X", meaning=meanings[one % 6], on=on(day))
        case _:
            paid: Any = "direct" if kind == "direct" else "collected"
            fee: dict[str, Any] = {"cents": 100 * one, "fee_cents": 22 * one, "received_on": on(day % 3)}
            return AgencyPaid(**common, **line, reference=f"R-{one}", paid=paid, **fee)


KINDS = ("open", "end", "pay", "adjust", "filed", "filed", "dropped", "ack", "update", "paid", "paid", "direct")
LIVES = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 9), st.integers(0, 120)), max_size=25)


def obeys(decider: Decider[Any, Any, Any], messages: list[Any]) -> Any:
    """Batching is invisible, redelivery decides nothing, state is the fold of its facts; the run."""
    whole = decider.start(*messages)
    snapshot, facts = decider.start().snapshot, list[Any]()
    for one in messages:
        decided = decider.run(snapshot, [one])
        snapshot, facts = decided.snapshot, facts + list(decided.facts)
        assert decider.run(snapshot, [one]).facts == ()
    assert (tuple(facts), snapshot.state) == (whole.facts, whole.snapshot.state)
    assert decider.fold(facts) == snapshot.state
    return whole


@FEW
@given(life=LIVES)
def test_a_placement_tells_each_thing_once_and_its_cents_add_up(
    book: AgencyBook, life: list[tuple[str, int, int]]
) -> None:
    messages = [opened(), *(command(number, one) for number, one in enumerate(life, 1))]
    run = obeys(make_placement(book), messages)
    state = run.snapshot.state
    assert [one.number for one in state.records] == list(range(1, len(state.records) + 1))
    assert state.balance_cents == state.placed_cents - state.collected_cents - sum(one.cents for one in state.moved)
    reported = [event for event in run.events if isinstance(event, AgencyPaymentReported)]
    assert len({event.payment_id for event in reported}) == len(reported)
    assert sum(event.paid_cents for event in reported) == state.collected_cents
    assert all(0 <= event.fee_cents <= event.paid_cents for event in reported)
    answers = Counter((one.file_id, one.line) for one in state.lines)
    assert max(answers.values(), default=1) == 1


@FEW
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(("placement", "recall", "payment", "cut"))), max_size=30
    )
)
def test_each_record_is_in_one_file_and_what_was_taken_back_is_in_none(
    book: AgencyBook, steps: list[tuple[int, Any]]
) -> None:
    messages: list[Any] = []
    for number, (which, kind) in enumerate(steps):
        if kind == "cut":
            messages.append(CutFile(meta=meta(number, number), agency_id="agency_primary"))
            continue
        record = RecordRef(
            placement_id=f"plc_{which}", number={"placement": 1, "recall": 2, "payment": 3}[kind], kind=kind
        )
        messages.append(Enqueue(meta=meta(number, number), agency_id="agency_primary", record=record))
    run = make_agency(book).start(*messages)
    cut = [record for fact in run.facts if isinstance(fact, FileCut) for record in fact.records]
    gone = {(f.placement_id, n) for f in run.facts if isinstance(f, RecordsTakenOut) for n in f.numbers}
    assert len(set(cut)) == len(cut)
    assert not {(one.placement_id, one.number) for one in cut} & gone
    numbers = [fact.number for fact in run.facts if isinstance(fact, FileCut)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_records_wait_until_the_agencys_hour(book: AgencyBook) -> None:
    decider = make_agency(book)
    record = RecordRef(placement_id="plc_1", number=1, kind="placement")
    state = decider.start(Enqueue(meta=meta(1, 3), agency_id="agency_primary", record=record)).snapshot.state
    due = decider.due(state)
    assert due is not None
    assert due == at(4, 6)


def test_time_that_is_over_is_told_to_the_account_once(book: AgencyBook) -> None:
    decider = make_placement(book)
    run = decider.start(opened())
    due_at = decider.due(run.snapshot.state)
    assert due_at is not None
    assert due_at == datetime.combine(on(90), time.min, UTC)
    due = Due(meta=meta(7, 90), aggregate_id="plc_1", kind="placement", due_at=due_at)
    over = decider.run(run.snapshot, (due, due))
    (told,) = over.effects
    assert isinstance(told, TellAccountOfAgency)
    assert (told.news, told.account_id) == ("expired", "acct_1")
    assert decider.due(over.snapshot.state) is None


TEXT = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@FEW
@given(name=TEXT, cents=st.integers(0, 9_999_999), day=st.dates(date(2020, 1, 1), date(2040, 1, 1)), form=st.booleans())
def test_what_is_written_is_read_again(book: AgencyBook, name: str, cents: int, day: date, *, form: bool) -> None:
    terms = book.find("lakeside", "agency_primary" if form else "agency_second", on(0))
    assert terms is not None
    values = {"agency_number": name, "reference": name, "paid": "C", "received_on": day, "cents": cents, "fee_cents": 0}
    line = write_line(terms.format, "payment_in", {"placement_id": None, **values})
    (read,) = read_lines(terms.format, line)
    assert (read.kind, read.wrong) == ("payment_in", "")
    assert {key: read.values[key] for key in values} == values


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("PY,a,b,c,C,2026-13-01,1.00,0.00", "received_on: a date in the form %Y-%m-%d is wanted"),
        ("PY,a,b,c,C,2026-12-01,1,0.00", "cents: an amount in dollars with two places, such as 125.00, is wanted"),
        ("PY,a,b,,C,2026-12-01,1.00,0.00", "reference: it is empty"),
        ("PY,a,b", "it has 3 cells, and its kind has 8"),
        ("ZZ,1", "it begins with no code of this format"),
        ('PY,"a', "it begins with no code of this format"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(book: AgencyBook, line: str, wrong: str) -> None:
    terms = book.find("lakeside", "agency_primary", on(0))
    assert terms is not None
    (read,) = read_lines(terms.format, line)
    assert read.wrong == wrong


def test_what_a_column_cannot_hold_is_refused_by_its_name(book: AgencyBook) -> None:
    terms = book.find("lakeside", "agency_second", on(0))
    assert terms is not None
    values = {"placement_id": "p" * 25, "account_number": "a", "agency_number": "", "on": on(0)}
    with pytest.raises(FormatError, match="placement_id: it needs 25 characters and has 24"):
        write_line(terms.format, "recall", values)
    with pytest.raises(FormatError, match="account_number: there is nothing to write in it"):
        write_line(terms.format, "recall", {**values, "placement_id": "p", "account_number": ""})


@pytest.mark.parametrize(
    ("cents", "work", "fee"),
    [
        (50_00, Work("collected", 1, legal=False, age_days=120), 11_00),
        (50_00, Work("collected", 1, legal=True, age_days=120), 17_50),
        (50_00, Work("collected", 2, legal=False, age_days=120), 16_00),
        (50_00, Work("direct", 1, legal=False, age_days=10), 0),
        (50_00, Work("direct", 1, legal=False, age_days=30), 11_00),
        (1, Work("collected", 2, legal=False, age_days=1), 1),
        (3, Work("collected", 1, legal=False, age_days=120), 1),
    ],
)
def test_fees_follow_the_first_tier_that_fits(book: AgencyBook, cents: int, work: Work, fee: int) -> None:
    terms = book.find("lakeside", "agency_primary", on(0))
    assert terms is not None
    assert terms.fee_cents(cents, work) == fee


def test_who_takes_an_account(book: AgencyBook) -> None:
    def chosen(owed_cents: int, *returned: str) -> str | None:
        return choose(book, "lakeside", "agency_primary", Placing(owed_cents, "", "IL", returned), on(0)).agency_id

    assert chosen(10_00) == "agency_primary"
    assert chosen(60_00, "agency_primary") == "agency_second"
    assert chosen(10_00, "agency_primary") is None
    assert chosen(60_00, "agency_primary", "agency_second") is None
    before = choose(book, "lakeside", "agency_primary", Placing(60_00, "", "IL", ()), date(2025, 1, 1))
    assert before.why_not == "agency_primary: its contract is not in force"
    assert choose(book, "elsewhere", "anybody", Placing(1, "", "", ()), on(0)).agency_id == "anybody"


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('format = "house_csv"', 'format = "theirs"', "format: name one of house_csv, house_fixed"),
        ('then = "agency_second"', 'then = "agency_third"', "then: there is no agency 'agency_third'"),
        ("bps = 4000", "bps = 10001", "a fee is 0 to 10000 basis points"),
        ('remits = "gross"', 'remits = "all"', "remits: Input should be 'net' or 'gross'"),
        ('source = "Contract of February"\n', "", "an entry lacks source"),
    ],
)
def test_a_contract_that_cannot_be_used_is_refused_with_its_place(
    tmp_path: Any, was: str, becomes: str, says: str
) -> None:
    with pytest.raises(PolicyError, match=r"agencies\.lakeside\.toml: agency") as refused:
        contracts(tmp_path, CONTRACTS.replace(was, becomes))
    assert says in str(refused.value)
    assert FeeTier(bps=1).flat_cents == 0


def suit(number: int, choice: tuple[str, int]) -> LegalMessage:  # noqa: PLR0911 - a table
    kind, one = choice
    common: dict[str, Any] = {"meta": meta(number, number, actor=("ann", "bob", "cid")[one % 3]), "case_id": "leg_1"}
    gate = GateAnswer(decision_id=f"dec_{one}", allowed=one % 4 != 0, because="blocked")
    day = on(number)
    match kind:
        case "propose":
            return ProposeSuit(**common, account_id="acct_1", claimed_cents=1_200_00, reason="why", gate=gate)
        case "review":
            return ReviewSuit(**common, approved=one % 5 != 0, reason="why", roles=("operator",), gate=gate)
        case "file":
            return FileSuit(**common, filed_on=day, court="Court", sealed_docket="s", owed_cents=1_200_00, gate=gate)
        case "serve":
            return ServeSuit(**common, served_on=day)
        case "judge":
            return EnterJudgment(**common, judged_on=day, principal_cents=1_200_00, rate_bps=900, by="default")
        case "end":
            hows: list[Any] = ["satisfied", "dismissed", "withdrawn"]
            return EndSuit(**common, how=hows[one % 3], ended_on=day, reason="why", owed_cents=0)
        case _:
            return AddCost(**common, cost_id=f"cst_{one}", kind="filing", cents=89_00, on=day)


STEPS = st.sampled_from(("propose", "review", "file", "serve", "judge", "end", "cost"))


@FEW
@given(life=st.lists(st.tuples(STEPS, st.integers(0, 9)), max_size=25))
def test_no_suit_is_filed_that_nobody_else_approved_or_that_the_gate_blocked(life: list[tuple[str, int]]) -> None:
    messages = [suit(number, one) for number, one in enumerate(life)]
    run = obeys(make_legal(legal_book()), messages)
    state = run.snapshot.state
    if state.filed_on is not None:
        assert state.approved_by
        assert state.proposed_by not in state.approved_by
    assert state.costs_cents == 89_00 * len(state.costs)
    if state.judgment is not None:
        year = state.judgment.judged_on + timedelta(365)
        assert state.interest_cents(year) == 108_00
