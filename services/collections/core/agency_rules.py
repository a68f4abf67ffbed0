"""An account and its agency: what it hears, what it tells, and who has it next."""

from services.collections.core.agency_account import AgencyGaveBack, BalanceExplained, HearAgency, TellAgency
from services.collections.core.agency_policy import Choice, Placing, choose
from services.collections.core.asking import may_act
from services.collections.core.evolve import evolve
from services.collections.core.facts import BalanceNoted
from services.collections.core.gate import Act
from services.collections.core.letters import Books, Items, Today, day_of, prepare_placement, recall
from services.collections.core.person_facts import FlagNoted, PersonFacts, ReachNoted, StepHeld
from services.collections.core.person_rules import agency_has
from services.collections.core.policy_facts import PaymentNoted
from services.collections.core.schedule import agency_of
from services.collections.core.state import Account, Episode, Placement
from services.collections.core.write_off import given_up
from shared.contracts import PatientBalanceChanged, PatientPaymentReceived

WORK = {
    "refused": "the agency refused the account: see why, and place it elsewhere or decide",
    "bankruptcy": "the agency reports a bankruptcy: enter the case",
    "disputed": "the agency reports a dispute: enter it with what the guarantor said",
}
"""What a person is asked, where the agency's word alone is not enough to act on."""


def hear_agency(account: Account, command: HearAgency) -> Items:  # noqa: PLR0911 - one case per word
    """News of the agency that has the account; of one that has it no more it says nothing new."""
    placed = agency_has(account)
    if placed is None or placed.placement_id != command.placement_id:
        return ()
    if command.news == "contact_data":
        return _learned(account, command)
    if command.news in {"deceased", "attorney"}:
        return _flagged(account, command, placed)
    back = AgencyGaveBack(
        account_id=account.account_id,
        placement_id=placed.placement_id,
        agency_id=placed.agency_id,
        news=command.news,
        work=WORK.get(command.news, ""),
    )
    told = recall(account, placed.placement_id, placed.agency_id, day_of(command.meta.occurred_at))
    match command.news:
        case "refused" | "returned":
            return (back,)
        case "recalled":
            return (back, *told, *_rests(account))
        case "expired":
            return (back, *told)
        case _:  # once it is cleared up, the same agency may have it again
            return (*told, back)


def _rests(account: Account) -> Items:
    """What a person took back goes to no other agency until somebody lets it (`POST /accounts/{id}/holds/release`)."""
    if account.episode is None:
        return ()
    held = StepHeld(
        account_id=account.account_id,
        action="place",
        until=None,
        rule="recalled",
        decision_id="",
        work="a person took it back from its agency: decide what becomes of it",
    )
    return (held,)


def _flagged(account: Account, command: HearAgency, placed: Placement) -> Items:
    """A death takes the account back; with an attorney the agency goes on, and nobody here writes to the person."""
    on = day_of(command.meta.occurred_at)
    flag = FlagNoted(
        account_id=account.account_id,
        heard=str(command.meta.id),
        flag="deceased" if command.news == "deceased" else "attorney",
        holds=True,
        since=on,
    )
    if command.news == "attorney":
        return (flag,)
    return (flag, *recall(evolve(account, flag), placed.placement_id, placed.agency_id, on))


def _learned(account: Account, command: HearAgency) -> Items:
    """Ways to reach them that the agency found: noted, not confirmed."""
    noted: list[PersonFacts] = [
        ReachNoted(
            account_id=account.account_id,
            heard=str(command.meta.id),
            reach_id=f"{command.agency_id}_{one.kind}"[:60],
            kind=one.kind,
            sealed=one.sealed,
            zones=account.person.zones,
            of_workplace=False,
            confirmed=False,
        )
        for one in command.reaches
    ]
    return () if str(command.meta.id) in account.heard else tuple(noted)


def told_of_payment(books: Books, account: Account, payment: PatientPaymentReceived, noted: Items) -> Items:
    """The agency is told of a payment once: as much of it as lowered the balance. What it collected it knows itself."""
    placed = _placed_with(books, account, payment.meta.tenant)
    if placed is None or not any(isinstance(one, PaymentNoted) for one in noted) or not payment.applied_cents:
        return ()
    tell = TellAgency(
        account_id=account.account_id,
        placement_id=placed.placement_id,
        what="payment",
        reference=payment.payment_id,
        cents=payment.applied_cents,
        on=day_of(payment.meta.occurred_at),
    )
    if account.episode is None or account.episode.placement is None:
        return (tell,)
    ahead_cents = account.paid_ahead_cents + payment.applied_cents
    return BalanceExplained(account_id=account.account_id, paid_ahead_cents=ahead_cents), tell


def told_of_balance(books: Books, account: Account, message: PatientBalanceChanged, made: Items) -> Items:
    """What moved the balance beside payments: a late decision of a payer, a charge, a return. `made` is what it did."""
    noted = next((one for one in made if isinstance(one, BalanceNoted)), None)
    placed = _placed_with(books, account, message.meta.tenant)
    if noted is None or placed is None or account.episode is None or account.episode.placement is None:
        return ()
    change_cents = account.owed_cents - evolve(account, noted).owed_cents - account.paid_ahead_cents
    explained = BalanceExplained(account_id=account.account_id, paid_ahead_cents=0)
    facts = (explained,) if account.paid_ahead_cents else ()
    if not change_cents:
        return facts
    tell = TellAgency(
        account_id=account.account_id,
        placement_id=placed.placement_id,
        what="adjustment",
        reference=f"balance/{message.meta.sequence}",
        cents=change_cents,
        on=day_of(message.meta.occurred_at),
    )
    return (*facts, tell)


def _placed_with(books: Books, account: Account, tenant: str) -> Placement | None:
    """The placement with an agency that is configured; others take one record an account, and hear nothing between."""
    placed = agency_has(account)
    return placed if placed is not None and books.agencies.is_known(tenant, placed.agency_id) else None


def place_with_agency(today: Today, account: Account, episode: Episode) -> Items:
    """Place it with the first agency that takes it. What the last agency gave back as uncollectible is bad debt.

    Where none takes it for another reason a person is asked; the gate is asked before any agency is.
    """
    wanted = agency_of(today.policy, account, episode)
    choice = next_agency(today, account, episode, wanted)
    if choice.agency_id is not None:
        return prepare_placement(today, account, episode, choice.agency_id)
    leave = may_act(today.asker, account, Act.PLACEMENT, "place")
    if not leave.allowed:
        return leave.facts
    if episode.given_back in {"returned", "expired"}:
        return (*leave.facts, *given_up(today.tenant, account, episode, "bad_debt"))
    held = StepHeld(
        account_id=account.account_id,
        action="place",
        until=None,
        rule="agency",
        decision_id=leave.decision_id,
        work=f"no agency takes it: {choice.why_not}",
    )
    return (*leave.facts, held)


def next_agency(today: Today, account: Account, episode: Episode, wanted: str) -> Choice:
    placing = Placing(account.owed_cents, account.standing.segment, account.person.state, episode.returned_by)
    return choose(today.agencies, today.tenant, wanted, placing, today.on)
