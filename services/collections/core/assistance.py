"""An application for financial assistance: asked for, proven, decided by the client's policy, confirmed, taken back.

While it is open nothing that asks for money goes out and nobody acts against the debtor (26 CFR 1.501(r)-6(c)); the
account is told so. What is granted is a percentage of the patient's share of the care it covers; payments gives it up,
also where it was paid already, and gives it back when it is revoked.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Literal, NamedTuple, TypeAlias, assert_never

from pydantic import Field, TypeAdapter

from services.collections.core.assistance_facts import (
    AssistanceAmended,
    AssistanceAsked,
    AssistanceConfirmed,
    AssistanceDecided,
    AssistanceEndedFact,
    AssistanceNotDone,
    DocumentsTimePassed,
)
from services.collections.core.assistance_messages import (
    AccountTold,
    AmendAssistance,
    AssistanceCommand,
    ConfirmAssistance,
    DecideAssistance,
    EndAssistance,
    RequestAssistance,
    TellAccount,
)
from services.collections.core.assistance_policy import ALWAYS, AssistancePolicy, Program
from services.collections.core.assistance_state import AnyAssistanceFact, Application, evolve
from shared.contracts import AssistanceDenied, AssistanceEnded, AssistanceGranted, AssistanceRequested, Event, Meta
from shared.decider import Decider, Due, Effect, Scalar, named_by
from shared.digests import content_digest


class Assessment(NamedTuple):
    """What the policy says of an application as it is now.

    `missing` are facts and documents that are still wanted; with any, nothing is decided. `income_percent` is the
    income in whole percent of the guideline, rounded down; None where enrolment alone decides.
    """

    missing: tuple[str, ...]
    discount_percent: int
    income_percent: int | None
    why: str
    program: str
    poverty: str


AssistanceMessage: TypeAlias = (
    RequestAssistance | AmendAssistance | DecideAssistance | ConfirmAssistance | EndAssistance | AccountTold | Due
)
Decision: TypeAlias = tuple[AnyAssistanceFact | Effect, ...]
AssistanceDecider: TypeAlias = Decider[Application, AssistanceMessage, AnyAssistanceFact]
NO_PROGRAM = timedelta(days=365)
"""How long an application stays open where the client has adopted no program: the house is late, not the applicant."""


def assess(policy: AssistancePolicy, tenant: str, state: Application) -> Assessment:
    """What the policy in force on the day of the application says. Raises nothing: what lacks is `missing`."""
    program, table = policy.program(tenant, state.received_on), policy.table(tenant, state.received_on)
    if program is None or table is None or not program.usable:
        return Assessment(("a program that the client has adopted",), 0, None, "", "", "")
    presumed = max((program.presumptive.get(one, 0) for one in state.enrolled_in), default=0)
    if presumed:
        best = next(one for one in state.enrolled_in if program.presumptive.get(one) == presumed)
        return Assessment((), presumed, None, f"enrolled in {best}", program.version, "")
    if not table.usable:
        return Assessment((f"an operator's confirmation of {table.version}",), 0, None, "", program.version, "")
    missing = _missing(program, state)
    if missing or state.household_size is None or state.incomes is None:
        return Assessment(missing, 0, None, "", program.version, table.version)
    income_cents = sum(one.annual_cents for one in state.incomes)
    guideline_cents = table.guideline_cents(state.state, state.household_size)
    percent = income_cents * 100 // guideline_cents
    discount = program.discount_at(income_cents, guideline_cents)
    why = f"{income_cents} cents a year are {percent} percent of {guideline_cents} for {state.household_size}"
    return Assessment((), discount, percent, why, program.version, table.version)


def _missing(program: Program, state: Application) -> tuple[str, ...]:
    asked = [name for name in ("household_size", "incomes") if getattr(state, name) is None]
    kinds = {one.kind for one in state.incomes or () if one.annual_cents}
    wanted = [
        program.documents[ALWAYS],
        *(program.documents[kind] for kind in sorted(kinds) if kind in program.documents),
    ]
    return (*asked, *(one for one in dict.fromkeys(wanted) if one not in state.documents))


def decide(policy: AssistancePolicy, state: Application, message: AssistanceMessage) -> Decision:
    """A command that was answered already decides nothing, whatever became of the application since."""
    if not isinstance(message, AssistanceCommand):
        return _answer(policy, state, message)
    command_id = str(message.meta.id)
    if command_id in state.heard:
        return ()
    first, *more = _answer(policy, state, message) or (None,)
    if first is None or isinstance(first, Effect | AssistanceNotDone):
        return () if first is None else (first, *more)
    return (first.model_copy(update={"heard": command_id}), *more)


def _answer(policy: AssistancePolicy, state: Application, message: AssistanceMessage) -> Decision:  # noqa: PLR0911
    """Every branch on the message is here."""
    match message:
        case RequestAssistance():
            return _ask(policy, state, message)
        case AmendAssistance():
            return _amend(state, message)
        case DecideAssistance():
            return _decide(policy, state, message)
        case ConfirmAssistance():
            return _confirm(state, message)
        case EndAssistance():
            return _end(state, message)
        case Due():
            return _lapse(policy, state, message)
        case AccountTold():
            return ()
        case _:
            assert_never(message)


def _ask(policy: AssistancePolicy, state: Application, command: RequestAssistance) -> Decision:
    """Kept even where no program is in force: what rests while it is open does not depend on that."""
    digest = content_digest(command)
    if state.application_id:
        differs = "this application is known with other content: amend it, or give the new one an id of its own"
        return () if digest == state.digest else _not_done(state, command, differs)
    program = policy.program(command.meta.tenant, command.received_on)
    stays = timedelta(days=program.documents_days) if program else NO_PROGRAM
    since = command.first_statement_on
    late = since is not None and program is not None and (command.received_on - since).days > program.application_days
    asked = AssistanceAsked(
        application_id=command.application_id,
        account_id=command.account_id,
        state=command.state,
        household_size=command.household_size,
        incomes=command.incomes,
        enrolled_in=command.enrolled_in,
        received_on=command.received_on,
        late=late,
        documents_by=command.received_on + stays,
        digest=digest,
    )
    return asked, TellAccount(account_id=command.account_id)


def _amend(state: Application, command: AmendAssistance) -> Decision:
    """Also after it lapsed or was denied: what arrives late opens it again. Not after a decision that grants."""
    if state.status in {"granted", "waiting", "revoked", "unseen"}:
        return _not_done(state, command, f"the application is {state.status}: it cannot be amended")
    amended = AssistanceAmended(
        application_id=state.application_id,
        state=command.state or state.state,
        household_size=command.household_size or state.household_size,
        incomes=state.incomes if command.incomes is None else command.incomes,
        enrolled_in=state.enrolled_in if command.enrolled_in is None else command.enrolled_in,
        documents=tuple(dict.fromkeys((*state.documents, *command.documents))),
        reopened=not state.is_open,
    )
    if not amended.reopened:
        return (amended,) if evolve(state, amended) != state else ()
    return amended, TellAccount(account_id=state.account_id)


def _decide(policy: AssistancePolicy, state: Application, command: DecideAssistance) -> Decision:
    if state.status != "open":
        return _not_done(state, command, f"the application is {state.status}: nothing waits for a decision")
    tenant, today = command.meta.tenant, command.meta.occurred_at.date()
    found, program = assess(policy, tenant, state), policy.program(tenant, state.received_on)
    if found.missing or program is None:
        return _not_done(state, command, f"still missing: {', '.join(found.missing)}")
    percent = (command.discount_percent or found.discount_percent) if command.grants else 0
    if command.grants and not percent:
        return _not_done(state, command, "the policy grants nothing here: name the percentage, and why")
    decided = AssistanceDecided(
        application_id=state.application_id,
        grants=command.grants,
        discount_percent=percent,
        policy_percent=found.discount_percent,
        income_percent=found.income_percent,
        program=found.program,
        poverty=found.poverty,
        covers_from=state.received_on - timedelta(days=program.covers_days_back),
        covers_until=state.received_on + timedelta(days=program.covers_days_ahead),
        refund_at_least_cents=program.refund_at_least_cents,
        reason=command.reason,
        decided_by=command.meta.actor,
        decided_on=today,
        waits=percent != found.discount_percent or percent > program.alone_up_to_discount_percent,
    )
    return (decided,) if decided.waits else (decided, TellAccount(account_id=state.account_id))


def _confirm(state: Application, command: ConfirmAssistance) -> Decision:
    """Never by the one who decided."""
    decided = state.decision
    if state.status != "waiting" or decided is None:
        return _not_done(state, command, f"the application is {state.status}: nothing waits for a second person")
    if command.meta.actor == decided.decided_by:
        return _not_done(state, command, "whoever decided cannot confirm it: another person must")
    confirmed = AssistanceConfirmed(
        application_id=state.application_id,
        confirmed=command.confirmed,
        confirmed_by=command.meta.actor,
        reason=command.reason,
    )
    return (confirmed, TellAccount(account_id=state.account_id)) if command.confirmed else (confirmed,)


def _end(state: Application, command: EndAssistance) -> Decision:
    wanted = state.status == "granted" if command.how == "revoked" else state.is_open
    if not wanted:
        return _not_done(state, command, f"the application is {state.status}: it cannot be {command.how}")
    return _ended(state, command.how, command.reason)


def _lapse(policy: AssistancePolicy, state: Application, due: Due) -> Decision:
    """Only for what the applicant did not bring: what waits for the house never runs out."""
    if state.status != "open" or due.due_at < _due_at(state.documents_by):
        return ()
    missing = assess(policy, due.meta.tenant, state).missing
    theirs = {"household_size", "incomes", *_documents_of(policy, due.meta.tenant, state)}
    lacking = tuple(one for one in missing if one in theirs)
    if lacking:
        return _ended(state, "lapsed", f"not brought: {', '.join(lacking)}")
    return (DocumentsTimePassed(application_id=state.application_id),)


def _documents_of(policy: AssistancePolicy, tenant: str, state: Application) -> tuple[str, ...]:
    program = policy.program(tenant, state.received_on)
    return tuple(program.documents.values()) if program else ()


def _ended(state: Application, how: Literal["withdrawn", "lapsed", "revoked"], reason: str) -> Decision:
    ended = AssistanceEndedFact(application_id=state.application_id, how=how, reason=reason)
    return ended, TellAccount(account_id=state.account_id)


def _not_done(
    state: Application,
    command: RequestAssistance | AmendAssistance | DecideAssistance | ConfirmAssistance | EndAssistance,
    because: str,
) -> Decision:
    command_id = str(command.meta.id)
    if state.because(command_id):
        return ()
    return (AssistanceNotDone(application_id=command.application_id, command_id=command_id, because=because),)


def publish(state: Application, fact: AnyAssistanceFact, meta: Meta) -> Event | None:
    """State is after the fact. What is public says no income and no reason."""
    match fact:
        case AssistanceAsked():
            return AssistanceRequested(meta=meta, account_id=state.account_id, application_id=state.application_id)
        case AssistanceAmended() if fact.reopened:
            return AssistanceRequested(meta=meta, account_id=state.account_id, application_id=state.application_id)
        case AssistanceDecided() | AssistanceConfirmed():
            return _outcome(state, meta)
        case AssistanceEndedFact():
            return AssistanceEnded(
                meta=meta, account_id=state.account_id, application_id=state.application_id, how=fact.how
            )
        case _:
            return None


def _outcome(state: Application, meta: Meta) -> Event | None:
    decided = state.decision
    if decided is None or state.status not in {"granted", "denied"}:
        return None
    if not decided.grants:
        return AssistanceDenied(meta=meta, account_id=state.account_id, application_id=state.application_id)
    return AssistanceGranted(
        meta=meta,
        account_id=state.account_id,
        application_id=state.application_id,
        discount_percent=decided.discount_percent,
        covers_from=decided.covers_from,
        covers_until=decided.covers_until,
        refund_at_least_cents=decided.refund_at_least_cents,
    )


def _due_at(day: date) -> datetime:
    """The end of the day, wherever in the country the applicant is: noon UTC of the next."""
    return datetime.combine(day + timedelta(days=1), time(12), UTC)


def _due(state: Application) -> datetime | None:
    return _due_at(state.documents_by) if state.status == "open" and not state.time_passed else None


def _index(state: Application) -> Mapping[str, Scalar]:
    return {"status": state.status, "account_id": state.account_id, "is_open": state.is_open}


def make_assistance(policy: AssistancePolicy) -> AssistanceDecider:
    """The decider under the clients' policies."""
    return Decider(
        service="collections",
        kind="assistance",
        initial=Application(),
        decide=partial(decide, policy),
        evolve=evolve,
        publish=publish,
        aggregate_id=named_by("application_id"),
        record_key=lambda state: state.account_id or state.application_id,
        state_codec=TypeAdapter(Application),
        message_codec=TypeAdapter(Annotated[AssistanceMessage, Field(discriminator="type")]),
        fact_codec=TypeAdapter(Annotated[AnyAssistanceFact, Field(discriminator="type")]),
        effect_codec=TypeAdapter(Annotated[TellAccount, Field(discriminator="type")]),
        index=_index,
        due=_due,
    )
