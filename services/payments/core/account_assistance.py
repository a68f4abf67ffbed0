"""What a client's financial assistance takes off an account: a part of the guarantor's share of the care it covers.

What was paid already of that part is the guarantor's again, and what was given up as bad debt becomes charity. The step
looks at the state alone, so a grant and a payer's decision may come in either order; when the grant ends, or the share
changes, it is put right by linked entries.
"""

from collections.abc import Iterator, Mapping

from services.payments.core.account_facts import (
    AnyAccountFact,
    LedgerAccount,
    PatientPaymentReleased,
    WriteOffReversed,
    sides,
)
from services.payments.core.account_state import Account, Receivable
from services.payments.core.person_facts import AssistanceNoted, Grant, PersonWroteOff, WriteOffReverted
from services.payments.core.settling import newest_given_up, newest_paid
from shared.contracts import AssistanceEnded, AssistanceGranted
from shared.replaced import replace

PATIENT, GIVEN_UP = LedgerAccount.PATIENT_RECEIVABLE, LedgerAccount.BAD_DEBT
CHARITY = "charity"


def note_grant(state: Account, event: AssistanceGranted) -> tuple[AnyAccountFact, ...]:
    """Remember it; the newest word about an application counts."""
    grant = Grant(
        discount_percent=event.discount_percent,
        covers_from=event.covers_from,
        covers_until=event.covers_until,
    )
    return _noted(state, event, grant)


def note_end(state: Account, event: AssistanceEnded) -> tuple[AnyAccountFact, ...]:
    """Whatever was granted under it is granted no more."""
    return _noted(state, event, None)


def _noted(
    state: Account, event: AssistanceGranted | AssistanceEnded, grant: Grant | None
) -> tuple[AnyAccountFact, ...]:
    sequence = event.meta.sequence
    if sequence <= state.grants_heard.get(event.application_id, -1):
        return ()
    noted = AssistanceNoted(
        account_id=state.account_id, application_id=event.application_id, sequence=sequence, grant=grant
    )
    return (noted,)


def assist(state: Account) -> Iterator[AnyAccountFact]:
    """Bring what is given up for each application to what its grant says, claim by claim, oldest service first."""
    if not state.grants_heard:
        return
    due = {item_id: _due(state, item) for item_id, item in state.receivables.items()}
    for item_id in sorted(due, key=lambda one: (state.receivables[one].service_date, one)):
        item = state.receivables[item_id]
        yield from _taken_back(state, item_id, item, due[item_id])
        yield from _given(state, item_id, item, due[item_id])


def _due(state: Account, item: Receivable) -> Mapping[str, int]:
    """Cents to be given up, by application: the best grant that covers the care; rounded for the guarantor."""
    fitting = [
        (grant.discount_percent, application_id)
        for application_id, grant in state.grants.items()
        if grant.covers_from <= item.service_date <= grant.covers_until
    ]
    if not fitting:
        return {}
    percent, application_id = max(fitting)
    others_cents = sum(one.moved_cents for one in item.others)
    share_cents = max(0, item.moved_to_patient_cents - item.coordinated_cents - item.stopped_cents - others_cents)
    return {application_id: -(-share_cents * percent // 100)}


def _standing(state: Account, item: Receivable) -> Mapping[str, int]:
    """What stands of earlier gifts on this claim, by application."""
    stands: dict[str, int] = {}
    for one in item.given_up:
        if one.write_off_id in state.grants_heard:
            stands[one.write_off_id] = stands.get(one.write_off_id, 0) + one.cents
    return stands


def _taken_back(state: Account, item_id: str, item: Receivable, due: Mapping[str, int]) -> Iterator[AnyAccountFact]:
    for application_id, stands_cents in _standing(state, item).items():
        too_much_cents = stands_cents - due.get(application_id, 0)
        if too_much_cents > 0:
            yield WriteOffReverted(
                account_id=state.account_id,
                item_id=item_id,
                write_off_id=application_id,
                note="financial assistance",
                **sides(PATIENT, GIVEN_UP, too_much_cents),
            )


def _given(state: Account, item_id: str, item: Receivable, due: Mapping[str, int]) -> Iterator[AnyAccountFact]:
    stands = _standing(state, item)
    for application_id, due_cents in due.items():
        others_cents = sum(cents for one, cents in stands.items() if one != application_id)
        open_cents = max(0, item.patient_cents) + others_cents
        lacking_cents = max(0, due_cents - stands.get(application_id, 0))
        freed = tuple(_freed(state, item_id, item, lacking_cents - open_cents))
        cents = min(lacking_cents, open_cents + sum(fact.effect_on(PATIENT) for fact in freed))
        yield from freed
        if cents:
            yield PersonWroteOff(
                account_id=state.account_id,
                item_id=item_id,
                write_off_id=application_id,
                side="patient",
                reason=CHARITY,
                note="financial assistance",
                requested_by="financial assistance",
                approved_by="",
                **sides(GIVEN_UP, PATIENT, cents),
            )


def _freed(
    state: Account, item_id: str, item: Receivable, cents: int
) -> Iterator[WriteOffReversed | PatientPaymentReleased]:
    """Room for a gift: first what was given up as bad debt, then the newest payments."""
    if cents <= 0:
        return
    others = replace(item, given_up=tuple(one for one in item.given_up if one.write_off_id not in state.grants_heard))
    for one in newest_given_up(others, "patient", cents):
        cents -= one.cents
        yield WriteOffReversed(
            account_id=state.account_id,
            item_id=item_id,
            write_off_id=one.write_off_id,
            **sides(PATIENT, GIVEN_UP, one.cents),
        )
    for payment_id, paid_cents in newest_paid(item, cents):
        yield PatientPaymentReleased(
            account_id=state.account_id,
            item_id=item_id,
            payment_id=payment_id,
            **sides(PATIENT, LedgerAccount.UNAPPLIED_CREDIT, paid_cents),
        )
