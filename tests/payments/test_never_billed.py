"""What may never be billed to a patient: each rule by example, and whatever the order in which its facts come."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.payments.core.account_facts import PatientShareStopped
from services.payments.core.account_messages import AccountMessage, NoteStandings
from services.payments.core.account_state import Account, Receivable
from services.payments.core.ledger import prove, totals_of
from services.payments.core.never_billed import Circumstances, stop_for
from services.payments.policy.patient import load_never_billed, read_never_billed
from shared.contracts import ClaimRemitted, CoverageVerified
from tests.payments.kit import ACCOUNT, PROPERTY, TODAY, decision, given, meta, paid, remitted, said, submitted

STOPS = load_never_billed()
SHARE = {"CO-45": 2_000, "PR-2": 2_000}


def standing(*standings: Any, claim: str = "clm_a", name: str = "") -> NoteStandings:
    return NoteStandings(
        meta=meta(f"standings {claim} {standings} {name}"),
        account_id="acct_1",
        claim_id=claim,
        standings=standings,
        reason="the coverage check says so",
    )


def share_of(remittance: str = "rem_1", cas: dict[str, int] | None = None, **changes: Any) -> AccountMessage:
    cas = cas or SHARE
    return remitted(decision(remittance, 10_000 - sum(cas.values()), cas).model_copy(update=changes))


def item(state: Account, claim: str = "clm_a") -> Receivable:
    return state.receivables[claim]


@pytest.mark.parametrize(
    ("rule", "cas", "changes", "standings"),
    [
        ("qmb", {"PR-1": 500, "PR-2": 1_500}, {}, ("qmb",)),
        ("qmb", {"PR-3": 2_000}, {"remark_codes": ("N783",)}, ()),
        ("medicaid-other-payers-share", {"PR-2": 2_000}, {"filing_code": "MB"}, ("medicaid",)),
        ("medicaid-covered-service", {"PR-96": 2_000}, {"filing_code": "MC"}, ()),
        ("workers-compensation", {"PR-1": 2_000}, {"filing_code": "WC"}, ()),
        ("workers-compensation", {"PR-1": 2_000}, {}, ("workers_compensation",)),
        ("no-surprises", {"PR-96": 2_000}, {}, ("no_surprises",)),
        ("no-surprises", {"PR-96": 2_000}, {"remark_codes": ("N830",)}, ()),
        ("next-payer-first", {"PR-2": 2_000}, {"status": "19"}, ()),
    ],
)
def test_a_stated_share_is_stopped_by_its_rule_and_stays_visible(
    rule: str, cas: dict[str, int], changes: dict[str, Any], standings: tuple[Any, ...]
) -> None:
    decided = given(submitted(), standing(*standings)).when(share_of(cas=cas, **changes))
    state = decided.snapshot.state
    assert (state.owed_cents, item(state).insurance_cents) == (0, 2_000)
    assert [(one.rule, one.cents) for one in item(state).stopped] == [(rule, 2_000)]
    assert [fact.rule for fact in decided.facts if isinstance(fact, PatientShareStopped)] == [rule]
    told = said(decided)["ClaimRemitted"]
    assert isinstance(told, ClaimRemitted)
    assert (told.patient_responsibility_cents, told.stopped_cents) == (0, 2_000)
    assert "PatientBalanceChanged" not in said(decided)


@pytest.mark.parametrize(
    ("cas", "changes", "standings"),
    [
        ({"PR-2": 2_000}, {}, ()),
        ({"PR-96": 2_000}, {}, ("qmb",)),  # not covered by Medicare: no cost sharing
        ({"PR-3": 2_000}, {"filing_code": "MC"}, ("medicaid",)),  # Medicaid's own copay
        ({"PR-3": 2_000}, {"filing_code": "MC"}, ("qmb",)),
        ({"PR-1": 2_000}, {}, ("no_surprises",)),  # in-network cost sharing
        ({"PR-2": 2_000}, {"status": "19"}, ("no_next_payer",)),
    ],
)
def test_what_no_rule_stops_is_the_patients(
    cas: dict[str, int], changes: dict[str, Any], standings: tuple[Any, ...]
) -> None:
    state = given(submitted(), standing(*standings), share_of(cas=cas, **changes)).before.state
    assert (state.owed_cents, item(state).stopped) == (2_000, ())


@pytest.mark.parametrize(
    ("group", "reason", "rule"),
    [
        ("CO", "45", "not-patient-responsibility"),
        ("OA", "23", "not-patient-responsibility"),
        ("PI", "16", "not-patient-responsibility"),
        ("CR", "1", "not-patient-responsibility"),
        ("PR", "29", "timely-filing"),
        ("PR", "164", "timely-filing"),
        ("PR", "45", "balance-billing"),
        ("PR", "303", "qmb"),
        ("PR", "1", None),
    ],
)
def test_groups_and_reasons_that_are_never_a_patients(group: str, reason: str, rule: str | None) -> None:
    stop = stop_for(STOPS, group, reason, Circumstances(status="1"), TODAY)
    assert (stop.rule if stop else None) == rule
    assert stop is None or (stop.source and stop.owner and stop.valid_from <= TODAY)


def test_a_rule_is_in_force_from_its_day_on() -> None:
    known = Circumstances(standings=frozenset({"no_surprises"}))
    assert stop_for(STOPS, "PR", "96", known, date(2021, 12, 31)) is None
    found = stop_for(STOPS, "PR", "96", known, date(2022, 1, 1))
    assert found is not None
    assert found.rule == "no-surprises"


@pytest.mark.parametrize("left_out", ["source", "owner", "meaning", "valid_from"])
def test_a_rule_without_its_source_is_not_read(left_out: str) -> None:
    lines = {
        "rule": 'rule = "x"',
        "meaning": 'meaning = "m"',
        "source": 'source = "s"',
        "owner": 'owner = "o"',
        "valid_from": "valid_from = 2020-01-01",
    }
    text = "[[rule]]\n" + "\n".join(line for name, line in lines.items() if name != left_out)
    with pytest.raises((ValueError, TypeError), match="never_billed, entry 1"):
        read_never_billed(text)


def test_news_of_the_patient_after_the_bill_takes_it_off_the_balance_and_frees_the_money() -> None:
    history = (submitted(), share_of(), paid("pay_1", 1_500))
    decided = given(*history).when(standing("qmb"))
    state = decided.snapshot.state
    assert (state.owed_cents, state.unapplied_cents, item(state).patient_paid_cents) == (-1_500, 1_500, 0)
    assert "CreditBalanceFound" in said(decided)
    back = ACCOUNT.run(decided.snapshot, (standing(name="withdrawn"),)).snapshot.state
    assert (back.owed_cents, item(back).patient_paid_cents, item(back).stopped) == (500, 1_500, ())


def test_what_the_next_payer_pays_of_a_stopped_share_is_not_counted_twice() -> None:
    second = decision("rem_2", 1_500, {"CO-45": 500, "OA-23": 8_000}, status="2").model_copy(
        update={"payer_id": "medigap"}
    )
    history = (submitted(), share_of(status="19"), remitted(second))
    state = given(*history).before.state
    assert (state.owed_cents, item(state).insurance_cents, item(state).stopped) == (0, 0, ())


def test_what_the_next_payer_leaves_is_the_patients_when_it_decided() -> None:
    second = decision("rem_2", 0, {"OA-23": 8_000, "CO-45": 500}, status="2").model_copy(
        update={"payer_id": "medigap", "charge_cents": 8_500}
    )
    state = given(submitted(), share_of(status="19"), remitted(second)).before.state
    assert (item(state).stopped, item(state).moved_to_patient_cents) == ((), 2_000)


def verified(*, qmb: bool, claim: str = "clm_a") -> CoverageVerified:
    return CoverageVerified(
        meta=meta(f"verified {claim} {qmb}", subject="check/chk_1", sequence=1),
        account_id="acct_1",
        claim_id=claim,
        coverage_id="cov_1",
        payer_id="acme",
        service_date=TODAY,
        qualified_medicare_beneficiary=qmb,
    )


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 1, 0)])
def test_a_payer_that_names_a_qmb_is_believed_whenever_it_says_so(order: tuple[int, ...]) -> None:
    messages: tuple[AccountMessage, ...] = (verified(qmb=True), submitted(), share_of())
    state = given(*(messages[n] for n in order), verified(qmb=False)).before.state
    assert (state.owed_cents, [one.rule for one in item(state).stopped]) == (0, ["qmb"])
    assert not given(*messages).when(verified(qmb=True)).changed
    assert not given(submitted()).when(verified(qmb=False)).changed


def follows(claim: str = "clm_2", of: str = "clm_a") -> AccountMessage:
    """The claim of the same services to the next payer, with a number of its own."""
    return submitted(claim).model_copy(update={"follows_claim_id": of, "payer_id": "second"})


ANSWER = decision("rem_2", 1_500, {"CO-45": 500, "OA-23": 8_000}, status="2", pcn="PCN-clm_2").model_copy(
    update={"payer_id": "second"}
)


def test_case_65_a_claim_with_two_payers_is_charged_once_and_its_share_waits_for_the_second() -> None:
    waiting = given(submitted(), share_of()).when(follows())
    state = waiting.snapshot.state
    assert (list(state.receivables), item(state).charge_cents, state.owed_cents) == (["clm_a"], 10_000, 0)
    assert [one.rule for one in item(state).stopped] == ["next-payer-first"]
    decided = ACCOUNT.run(waiting.snapshot, (remitted(ANSWER, "clm_2"),))
    assert (item(decided.snapshot.state).insurance_cents, decided.snapshot.state.owed_cents) == (0, 0)
    told = said(decided)["ClaimRemitted"]
    assert isinstance(told, ClaimRemitted)
    assert (told.claim_id, told.paid_cents) == ("clm_2", 1_500)


FOLLOWED: tuple[AccountMessage, ...] = (submitted(), share_of(), follows(), remitted(ANSWER, "clm_2"))


@PROPERTY
@for_all(st.permutations(FOLLOWED), st.lists(st.sampled_from(FOLLOWED), max_size=3))
def test_case_65_two_payers_come_to_the_same_in_every_order(
    order: list[AccountMessage], again: list[AccountMessage]
) -> None:
    decided = ACCOUNT.start(*order, *again)
    assert books(decided.snapshot.state) == books(ACCOUNT.start(*FOLLOWED).snapshot.state)
    assert decided.snapshot.state.held == ()
    assert prove(decided.snapshot.state, decided.facts) == ()


SECOND = decision("rem_2", 1_500, {"CO-45": 500, "OA-23": 8_000}, status="2").model_copy(update={"payer_id": "second"})
FIRSTS = st.sampled_from(
    (
        share_of(),
        share_of(cas={"PR-1": 3_000, "CO-45": 1_000}, status="19"),
        share_of(cas={"PR-96": 1_000, "PR-2": 1_000}, filing_code="MC"),
        share_of(cas={"PR-45": 1_000, "PR-3": 1_000}, remark_codes=("N830",)),
    )
)
WORDS = st.sampled_from(
    (standing("qmb"), standing("medicaid"), standing("no_next_payer"), standing("workers_compensation"))
)


@PROPERTY
@for_all(FIRSTS, WORDS, st.booleans(), st.integers(0, 4_000), st.data())
def test_no_order_of_facts_bills_what_a_rule_stops(
    first: AccountMessage, word: NoteStandings, has_second: bool, cents: int, data: st.DataObject
) -> None:
    """The word needs its claim; the rest comes in any order, and the book is the same and proved."""
    rest = [first, word, *([remitted(SECOND)] if has_second else []), *([paid("pay_1", cents)] if cents else [])]
    ordered = ACCOUNT.start(submitted(), *rest)
    shuffled = ACCOUNT.start(submitted(), *data.draw(st.permutations(rest)))
    for decided in (ordered, shuffled):
        assert prove(decided.snapshot.state, decided.facts) == ()
        assert totals_of(decided.snapshot.state).ties_out
        assert item(decided.snapshot.state).patient_cents >= 0
    assert books(ordered.snapshot.state) == books(shuffled.snapshot.state)


def books(state: Account) -> tuple[Any, ...]:
    one = item(state)
    return (
        sorted(one.stopped),
        one.insurance_cents,
        one.patient_cents,
        one.coordinated_cents,
        one.patient_paid_cents,
        state.owed_cents,
        state.unapplied_cents,
    )
