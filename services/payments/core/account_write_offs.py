"""Giving up money by a person: within the limits of its reason, above them by two people, and undone by a person.

A write-off takes no more than is open of the side it is meant for. Undoing one is a linked reversal of what still
stands of it: what a payer's later decision took back already is not given back twice.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from services.payments.core.account_facts import (
    AnyAccountFact,
    LedgerAccount,
    RepeatDiffered,
    WriteOffReversed,
    sides,
)
from services.payments.core.account_messages import DecideWriteOff, RequestWriteOff, RevertWriteOff
from services.payments.core.account_money_back import spendable
from services.payments.core.account_state import Account, AskedWriteOff, Receivable
from services.payments.core.person_facts import (
    PersonAnswered,
    PersonWroteOff,
    WriteOffAnswered,
    WriteOffRequested,
    WriteOffReverted,
)
from services.payments.core.remitted import digest_of
from services.payments.core.settling import owing
from services.payments.core.write_off_policy import Side, WriteOffPolicy

GIVEN_UP = {"patient": LedgerAccount.BAD_DEBT, "payer": LedgerAccount.DENIAL_WRITE_OFF}
OPEN = {"patient": LedgerAccount.PATIENT_RECEIVABLE, "payer": LedgerAccount.INSURANCE_RECEIVABLE}


def request_write_off(policy: WriteOffPolicy, state: Account, command: RequestWriteOff) -> tuple[AnyAccountFact, ...]:
    """Post it, let it wait for a second person, or refuse it with the rule that it breaks."""
    digest = digest_of(command, "roles")
    known = state.asked_write_offs.get(command.write_off_id)
    if known is not None:
        if known.digest == digest or digest in state.conflicts:
            return ()
        repeat = RepeatDiffered(
            account_id=state.account_id, kind="write-off", reference=command.write_off_id, digest=digest
        )
        return (repeat,)
    requested = WriteOffRequested(
        account_id=state.account_id,
        write_off_id=command.write_off_id,
        item_id=command.item_id,
        side=command.side,
        reason=command.reason,
        asked_cents=command.written_off_cents,
        note=command.note,
        requested_by=command.meta.actor,
        digest=digest,
    )
    asked = _asked(requested)
    because = _why_not(policy, state, asked, command.meta.occurred_at.date())
    if because:
        return requested, _answer(state, command.write_off_id, "refused", because=because)
    rule = policy.find(asked.reason, command.meta.occurred_at.date())
    assert rule is not None, "a reason that is not in force was refused"
    if asked.cents > rule.alone_for(command.roles):
        return requested, _answer(state, command.write_off_id, "waiting")
    return requested, *_posted(state, command.write_off_id, asked, approved_by="")


def decide_write_off(policy: WriteOffPolicy, state: Account, command: DecideWriteOff) -> tuple[AnyAccountFact, ...]:
    """Another person's word. Nobody approves what they asked for themselves; what is not open any more is refused."""
    asked = state.asked_write_offs.get(command.write_off_id)
    if asked is None or asked.status != "waiting" or asked.requested_by == command.meta.actor:
        return ()
    if not command.approved:
        return (_answer(state, command.write_off_id, "declined", command.meta.actor, command.note),)
    today = command.meta.occurred_at.date()
    because = _why_not(policy, state, asked, today)
    if because:
        return (_answer(state, command.write_off_id, "refused", command.meta.actor, because),)
    if why_not_approve(policy, asked, command.roles, today):
        return ()
    return _posted(state, command.write_off_id, asked, approved_by=command.meta.actor)


def why_not_approve(policy: WriteOffPolicy, asked: AskedWriteOff, roles: Iterable[str] | None, today: date) -> str:
    """Why a second person of these roles may not approve it; empty when they may. Until one may, it waits."""
    rule = policy.find(asked.reason, today)
    if rule is None or rule.may_approve(roles, asked.cents):
        return ""
    return f"{asked.cents} cents for {asked.reason} are more than your roles may approve: ask somebody who may"


def revert_write_off(state: Account, command: RevertWriteOff) -> tuple[AnyAccountFact, ...]:
    """The opposite of what still stands of it, on every claim it was posted to."""
    command_id = str(command.meta.id)
    if command_id in state.answered:
        return ()
    entries = tuple(_reverting(state, command))
    because = "" if entries else "nothing of this write-off stands: it was never posted, or it was taken back before"
    answered = PersonAnswered(
        account_id=state.account_id, command_id=command_id, wish="revert-write-off", because=because
    )
    return answered, *entries


def _reverting(state: Account, command: RevertWriteOff) -> Iterator[WriteOffReverted]:
    for item_id, item in state.receivables.items():
        for one in item.given_up:
            if one.write_off_id == command.write_off_id:
                yield WriteOffReverted(
                    account_id=state.account_id,
                    item_id=item_id,
                    write_off_id=one.write_off_id,
                    note=command.note,
                    denied_cents=one.denied_cents,
                    **sides(OPEN[one.side], GIVEN_UP[one.side], one.cents),
                )


def recover_bad_debt(state: Account) -> Iterator[WriteOffReversed]:
    """A payment after bad debt was written off: what it can pay of that is owed again, and paid.

    Only bad debt is still owed. What comes for a balance that a court discharged, that was settled for less or that was
    a courtesy stays unapplied: it is given back.
    """
    left_cents = sum(one.cents for one in spendable(state)) - sum(item.patient_cents for _, item in owing(state))
    oldest = sorted(state.receivables.items(), key=lambda one: (one[1].service_date, one[0]))
    for item_id, item in oldest:
        for one in item.given_up:
            cents = min(one.cents, left_cents)
            if one.side != "patient" or one.reason != "bad_debt" or cents <= 0:
                continue
            left_cents -= cents
            yield WriteOffReversed(
                account_id=state.account_id,
                item_id=item_id,
                write_off_id=one.write_off_id,
                **sides(OPEN["patient"], GIVEN_UP["patient"], cents),
            )


def take_back(state: Account, write_off_id: str) -> Iterator[WriteOffReversed]:
    """What still stands of the rest of a settlement: its money left again, so all of it is owed."""
    for item_id, item in state.receivables.items():
        for one in item.given_up:
            if one.write_off_id == write_off_id and one.side == "patient" and one.cents > 0:
                yield WriteOffReversed(
                    account_id=state.account_id,
                    item_id=item_id,
                    write_off_id=write_off_id,
                    **sides(OPEN["patient"], GIVEN_UP["patient"], one.cents),
                )


def open_cents(item: Receivable, side: Side) -> int:
    """What is open of a side: nothing where it shows a credit."""
    return max(0, item.patient_cents if side == "patient" else item.insurance_cents)


def _why_not(policy: WriteOffPolicy, state: Account, asked: AskedWriteOff, today: date) -> str:
    rule, open_here_cents = policy.find(asked.reason, today), sum(cents for _, cents in _open_items(state, asked))
    if rule is None:
        return "no such reason is in force: choose one that the write-off policy knows"
    if asked.side not in rule.sides:
        return f"this reason is not for the {asked.side}'s share"
    if asked.item_id and asked.item_id not in state.receivables:
        return "the account has no such claim or charge"
    if rule.most_cents is not None and asked.cents > rule.most_cents:
        return f"more than the {rule.most_cents} cents that this reason allows"
    if asked.cents > open_here_cents:
        return f"only {open_here_cents} cents of the {asked.side}'s share are open"
    return ""


def _open_items(state: Account, asked: AskedWriteOff) -> Iterator[tuple[str, int]]:
    """What is open of a side, on the claim or charge that was named, or on each of the account, the oldest first."""
    oldest = sorted(state.receivables.items(), key=lambda one: (one[1].service_date, one[0]))
    found = ((one, item) for one, item in oldest if asked.item_id in {"", one})
    yield from ((one, cents) for one, item in found if (cents := open_cents(item, asked.side)))


def _posted(state: Account, write_off_id: str, asked: AskedWriteOff, approved_by: str) -> tuple[AnyAccountFact, ...]:
    return _answer(state, write_off_id, "posted", approved_by), *_entries(state, write_off_id, asked, approved_by)


def _entries(state: Account, write_off_id: str, asked: AskedWriteOff, approved_by: str) -> Iterator[PersonWroteOff]:
    left_cents = asked.cents
    for item_id, open_here_cents in _open_items(state, asked):
        cents = min(left_cents, open_here_cents)
        left_cents -= cents
        if not cents:
            return
        denied_cents = max(0, state.receivables[item_id].denied_cents)
        yield PersonWroteOff(
            account_id=state.account_id,
            item_id=item_id,
            write_off_id=write_off_id,
            side=asked.side,
            reason=asked.reason,
            note=asked.note,
            requested_by=asked.requested_by,
            approved_by=approved_by,
            denied_cents=min(cents, denied_cents) if asked.side == "payer" else 0,
            **sides(GIVEN_UP[asked.side], OPEN[asked.side], cents),
        )


def _answer(
    state: Account, write_off_id: str, outcome: str, decided_by: str = "", because: str = ""
) -> WriteOffAnswered:
    return WriteOffAnswered.model_validate(
        {
            "account_id": state.account_id,
            "write_off_id": write_off_id,
            "outcome": outcome,
            "decided_by": decided_by,
            "because": because,
        }
    )


def _asked(fact: WriteOffRequested) -> AskedWriteOff:
    return AskedWriteOff(
        fact.item_id, fact.side, fact.reason, fact.asked_cents, fact.note, fact.requested_by, fact.digest
    )
