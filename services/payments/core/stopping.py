"""Keeping from the patient what may never be billed: a step of settling that looks at the state alone.

A payer's word and what is known of the patient may come in any order, so only the amounts are remembered: what
rules stop of the decisions that stand is moved back to the payer's receivable, under the rule's name.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from services.payments.core.account_facts import AnyAccountFact, LedgerAccount, Part, PatientShareStopped, sides
from services.payments.core.account_state import Account, Posting, Receivable, Stopped
from services.payments.core.adjudication import OUTSTANDING, Action
from services.payments.core.never_billed import Circumstances, Stop, Stops, stop_for
from services.payments.core.remitted import NOT_OURS
from shared.replaced import replace

NEXT_PAYER_BILLED = "next_payer_billed"
"""The standing of a claim that went on to the next payer, which has not decided."""
NO_NEXT_PAYER = "no_next_payer"
"""The standing by which a person says that no further payer will decide the claim."""


def stop_shares(stops: Stops, state: Account, item_id: str) -> Iterator[AnyAccountFact]:
    """One entry for each rule whose amount is another than before.

    What payers together paid past the charge (`coordinated_cents`) is taken off the stopped amounts first: that part of
    the share is paid for.
    """
    item = with_learned(state, item_id)
    if item is None or not item.payer_id:
        return
    wanted = {one.rule: one.cents for one in wanted_stops(stops, item)}
    before = {one.rule: one.cents for one in item.stopped}
    for rule in {**before, **wanted}:
        change_cents = wanted.get(rule, 0) - before.get(rule, 0)
        if change_cents:
            yield PatientShareStopped(
                account_id=state.account_id,
                item_id=item_id,
                rule=rule,
                **sides(LedgerAccount.INSURANCE_RECEIVABLE, LedgerAccount.PATIENT_RECEIVABLE, change_cents),
            )


def with_learned(state: Account, item_id: str) -> Receivable | None:
    """A claim with everything known of its patient: what persons said and what other services told."""
    item, learned = state.receivables.get(item_id), state.learned.get(item_id, ())
    return item if item is None or not learned else replace(item, standings=(*item.standings, *learned))


def wanted_stops(stops: Stops, item: Receivable) -> tuple[Stopped, ...]:
    """What each rule keeps from the patient, as the claim stands."""
    sums: dict[str, int] = {}
    for posting in item.postings:
        for part, stop in stopped_parts(stops, item, posting):
            if part.action is Action.PATIENT:
                sums[stop.rule] = sums.get(stop.rule, 0) + part.amount_cents
    room_cents = max(0, item.moved_to_patient_cents - item.coordinated_cents)
    paid_for_cents = item.coordinated_cents
    made: list[Stopped] = []
    for rule, stated_cents in sorted(sums.items()):
        taken_cents = min(max(0, stated_cents), paid_for_cents)
        cents = min(max(0, stated_cents) - taken_cents, room_cents)
        paid_for_cents, room_cents = paid_for_cents - taken_cents, room_cents - cents
        if cents:
            made.append(Stopped(rule, cents))
    return tuple(made)


def stopped_parts(stops: Stops, item: Receivable, posting: Posting) -> Iterator[tuple[Part, Stop]]:
    """The amounts of a decision that stands which may not be billed: a stated share, or what was refused."""
    known = circumstances_of(item, posting)
    for part in posting.parts:
        if part.action is Action.PATIENT or part.action in OUTSTANDING:
            stop = stop_for(stops, part.group, part.reason, known, posting.paid_on or date.min)
            if stop is not None:
                yield part, stop


def circumstances_of(item: Receivable, posting: Posting) -> Circumstances:
    billed = {NEXT_PAYER_BILLED} if item.next_payers >= _RANKS.get(posting.status, 1) else set[str]()
    return Circumstances(
        status=posting.status,
        filing_code=posting.filing_code,
        remark_codes=frozenset(posting.remark_codes),
        standings=frozenset({*item.standings, *billed}),
        next_payer_decided=NO_NEXT_PAYER in item.standings or _another_decided(item.postings, posting),
    )


def _another_decided(postings: Iterable[Posting], forwarding: Posting) -> bool:
    """Whether a payer that comes after this one decided, and its decision stands."""
    rank = _RANKS.get(forwarding.status, 0)
    return any(
        one.open
        and one.payer_id != forwarding.payer_id
        and one.status != NOT_OURS
        and _RANKS.get(one.status, LAST) > rank
        for one in postings
    )


_RANKS = {"1": 1, "19": 1, "2": 2, "20": 2, "3": 3, "21": 3}
"""CLP02: processed as primary, secondary, tertiary payer, forwarded or not."""
LAST = 9
