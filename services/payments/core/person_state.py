"""How a person's word, and what was given up, change an account. No rules here."""

from typing import TypeAlias, assert_never

from services.payments.core.account_facts import (
    BalanceWrittenOff,
    DenialWriteOffReversed,
    DenialWrittenOff,
    LedgerAccount,
    WriteOffReversed,
)
from services.payments.core.account_shape import Account, AskedWriteOff, GivenUp, Receivable
from services.payments.core.person_facts import (
    AssistanceNoted,
    ClaimUnposted,
    InsuredCorrectionClosed,
    InsuredCorrectionFound,
    PersonAnswered,
    PersonWroteOff,
    StandingsLearned,
    StandingsNoted,
    WriteOffAnswered,
    WriteOffRequested,
    WriteOffReverted,
)
from services.payments.core.write_off_policy import Side
from shared.replaced import replace

Said: TypeAlias = (
    StandingsNoted
    | StandingsLearned
    | PersonAnswered
    | WriteOffRequested
    | WriteOffAnswered
    | ClaimUnposted
    | InsuredCorrectionFound
    | InsuredCorrectionClosed
    | AssistanceNoted
)
GivingUp: TypeAlias = (
    BalanceWrittenOff | WriteOffReversed | DenialWrittenOff | DenialWriteOffReversed | PersonWroteOff | WriteOffReverted
)


# One branch for each word: the table itself, not logic to take apart.
def as_said(state: Account, fact: Said) -> Account:  # noqa: PLR0911
    """The account after a person's word that moves no money by itself."""
    match fact:
        case StandingsNoted():
            item = replace(state.receivables[fact.item_id], standings=fact.standings)
            return replace(state, receivables={**state.receivables, fact.item_id: item})
        case StandingsLearned():
            known = tuple(sorted({*state.learned.get(fact.item_id, ()), *fact.standings}))
            return replace(state, learned={**state.learned, fact.item_id: known})
        case PersonAnswered():
            return replace(state, answered={**state.answered, fact.command_id: fact.because})
        case WriteOffRequested():
            asked = AskedWriteOff(
                fact.item_id, fact.side, fact.reason, fact.asked_cents, fact.note, fact.requested_by, fact.digest
            )
            return _with_asked(state, fact.write_off_id, asked)
        case WriteOffAnswered():
            asked = state.asked_write_offs[fact.write_off_id]
            answered = asked._replace(status=fact.outcome, decided_by=fact.decided_by, because=fact.because)
            return _with_asked(state, fact.write_off_id, answered)
        case ClaimUnposted():
            return _unposted(state, fact)
        case AssistanceNoted():
            grants = {one: grant for one, grant in state.grants.items() if one != fact.application_id}
            if fact.grant is not None:
                grants[fact.application_id] = fact.grant
            heard = {**state.grants_heard, fact.application_id: fact.sequence}
            return replace(state, grants=grants, grants_heard=heard)
        case InsuredCorrectionFound() | InsuredCorrectionClosed():
            item = state.receivables[fact.item_id]
            others = tuple(one for one in item.corrections if one != fact.place)
            corrections = (*others, fact.place) if isinstance(fact, InsuredCorrectionFound) else others
            item = replace(item, corrections=corrections)
            return replace(state, receivables={**state.receivables, fact.item_id: item})
        case _:
            assert_never(fact)


def _with_asked(state: Account, write_off_id: str, asked: AskedWriteOff) -> Account:
    return replace(state, asked_write_offs={**state.asked_write_offs, write_off_id: asked})


def _unposted(state: Account, fact: ClaimUnposted) -> Account:
    """As if it had not been posted; what was held at its place is let go, too."""
    held = tuple(one for one in state.held if one.remitted.place != fact.place)
    item = state.receivables.get(fact.item_id)
    if item is None:
        return replace(state, held=held)
    postings = tuple(one for one in item.postings if one.place != fact.place)
    corrections = tuple(one for one in item.corrections if one != fact.place)
    denied_cents = item.denied_cents - fact.denied_cents
    item = replace(item, postings=postings, corrections=corrections, denied_cents=denied_cents)
    return replace(state, held=held, receivables={**state.receivables, fact.item_id: item})


def as_given_up(item: Receivable, fact: GivingUp) -> Receivable:
    """Which write-offs stand on a claim, and what of its refused amount nobody gave up."""
    match fact:
        case BalanceWrittenOff():
            return _given_up(item, GivenUp(fact.write_off_id, "patient", fact.cents, 0, fact.reason))
        case DenialWrittenOff():
            return _given_up(item, GivenUp(fact.write_off_id, "payer", fact.cents, fact.cents))
        case PersonWroteOff():
            return _given_up(item, GivenUp(fact.write_off_id, fact.side, fact.cents, fact.denied_cents, fact.reason))
        case WriteOffReversed():
            return _taken_back(item, "patient", fact.write_off_id, fact.cents, 0)
        case DenialWriteOffReversed():
            denied_cents = fact.cents if fact.denied_cents is None else fact.denied_cents
            return _taken_back(item, "payer", fact.write_off_id, fact.cents, denied_cents)
        case WriteOffReverted():
            side: Side = "patient" if LedgerAccount.BAD_DEBT in (fact.debit, fact.credit) else "payer"
            return _taken_back(item, side, fact.write_off_id, fact.cents, fact.denied_cents)
        case _:
            assert_never(fact)


def _given_up(item: Receivable, made: GivenUp) -> Receivable:
    return replace(item, given_up=(*item.given_up, made), denied_cents=item.denied_cents - made.denied_cents)


def _taken_back(item: Receivable, side: Side, write_off_id: str, cents: int, denied_cents: int) -> Receivable:
    """Less of what was given up: of the named write-off, or, in entries of before it was named, of the newest."""
    stand: list[GivenUp] = []
    wanted_cents, wanted_denied_cents = cents, denied_cents
    for one in reversed(item.given_up):
        is_meant = one.side == side and write_off_id in ("", one.write_off_id)
        taken_cents = min(one.cents, wanted_cents) if is_meant else 0
        taken_denied_cents = min(one.denied_cents, wanted_denied_cents) if is_meant else 0
        wanted_cents, wanted_denied_cents = wanted_cents - taken_cents, wanted_denied_cents - taken_denied_cents
        if one.cents > taken_cents:
            left = one._replace(cents=one.cents - taken_cents, denied_cents=one.denied_cents - taken_denied_cents)
            stand.append(left)
    return replace(item, given_up=tuple(reversed(stand)), denied_cents=item.denied_cents + denied_cents)
