"""What people at desks do in the simulation: promises, disputes, help with bills, complaints; told until answered."""

import random
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from typing import Any, Literal, NamedTuple, TypeAlias, cast

from services.collections.core.assistance_messages import ConfirmAssistance, DecideAssistance, RequestAssistance
from services.collections.core.dispute_messages import AddEvidence, OpenDispute, ResolveDispute, SendVerification
from services.collections.core.work_messages import AnswerComplaint, MakePromise, TakeComplaint
from shared.contracts import Message
from shared.decider import Decider
from shared.shell import ParkedError
from shared.store.port import Key
from tests.simulation.moments import PLANNED_IN
from tests.simulation.parts import Collections
from tests.simulation.people import People, plan
from tests.simulation.script import Script
from tests.simulation.service import Process, Service

Course: TypeAlias = Literal["plan", "promise", "dispute", "granted", "denied", "complaint"]
COURSES: tuple[Course, ...] = ("promise", "dispute", "granted", "denied", "complaint")
VERIFIED_IN, ANSWERED_IN = PLANNED_IN + 1, PLANNED_IN + 2
DAYS_AHEAD = 12
PROMISED_CENTS = 15_00


class Desk(NamedTuple):
    """Who sits there, and the service that they tell."""

    people: People
    parts: Collections
    service: Service


def courses(script: Script, story: int) -> Iterator[tuple[str, str, Course]]:
    """What becomes of each account at the desk; the same in every seed of a story."""
    for tenant, account in sorted({(billed.tenant, billed.account_id) for billed in script.billed}):
        if (tenant, account) in script.plans:
            yield tenant, account, "plan"
        else:
            yield tenant, account, random.Random(f"{story}/{tenant}/{account}").choice(COURSES)


def errands(desk: Desk, script: Script, story: int, number: int) -> list[Coroutine[Any, Any, None]]:
    """What is done at the desk in a moment."""
    if number not in {PLANNED_IN, VERIFIED_IN, ANSWERED_IN}:
        return []
    return [work(desk, number, tenant, account, course) for tenant, account, course in courses(script, story)]


async def work(desk: Desk, number: int, tenant: str, account: str, course: Course) -> None:
    """One account's part of a moment; nothing where collections never heard of it."""
    if Key(tenant, account) not in desk.service.store.states(desk.parts.collection):
        return
    match course:
        case "plan":
            if number == PLANNED_IN:
                await plan(desk.people, (desk.parts, desk.service), tenant, account)
        case "promise":
            if number == PLANNED_IN:
                await _promise(desk, tenant, account)
        case "dispute":
            await _dispute(desk, number, tenant, account)
        case "complaint":
            await _complaint(desk, number, tenant, account)
        case "granted" | "denied":
            await _assistance(desk, number, tenant, account, grants=course == "granted")


async def tell(desk: Desk, decider: Decider[Any, Any, Any], what: str, message: Message) -> None:
    """A request, repeated until it is answered: whoever dies before or after it was stored is asked again."""

    async def request(process: Process) -> None:
        await process.life.step(f"Collector before {what}")
        try:
            await process.shell.transact_one(decider, message)
        except ParkedError:
            return
        await process.life.step(f"Collector after {what}")

    await desk.service.ask(request)


def _meta(desk: Desk, tenant: str, account: str, actor: str = "client") -> Any:
    meta = desk.people._meta(tenant, f"collection/{account}", account)
    return meta.model_copy(update={"actor": actor})


async def _promise(desk: Desk, tenant: str, account: str) -> None:
    promised_for = (desk.people.clock.now() + timedelta(days=DAYS_AHEAD)).date()
    message = MakePromise(
        meta=_meta(desk, tenant, account),
        account_id=account,
        promise_id=f"prm_{account}",
        promised_cents=PROMISED_CENTS,
        promised_for=promised_for,
    )
    await tell(desk, desk.parts.collection, "promise", message)


async def _dispute(desk: Desk, number: int, tenant: str, account: str) -> None:
    """Taken in, proven and verified, answered: the papers go out by mail."""
    given: Any = {"account_id": account, "dispute_id": f"dsp_{account}"}
    if number == PLANNED_IN:
        day = desk.people.clock.now().date()
        opened = OpenDispute(meta=_meta(desk, tenant, account), **given, kind="amount", written=True, received_on=day)
        return await tell(desk, desk.parts.collection, "dispute", opened)
    if number == VERIFIED_IN:
        added = AddEvidence(meta=_meta(desk, tenant, account), **given, document_id="doc_1", document="itemized_bill")
        await tell(desk, desk.parts.collection, "evidence", added)
        sent = SendVerification(meta=_meta(desk, tenant, account), **given)
        return await tell(desk, desk.parts.collection, "verification", sent)
    resolved = ResolveDispute(meta=_meta(desk, tenant, account), **given, outcome="stands")
    return await tell(desk, desk.parts.collection, "resolution", resolved)


async def _complaint(desk: Desk, number: int, tenant: str, account: str) -> None:
    given: Any = {"account_id": account, "complaint_id": f"cpl_{account}", "sealed_words": "sealed:words"}
    if number == PLANNED_IN:
        day = desk.people.clock.now().date()
        taken = TakeComplaint(
            meta=_meta(desk, tenant, account), **given, kind="conduct", channel="phone", received_on=day
        )
        await tell(desk, desk.parts.collection, "complaint", taken)
    if number == ANSWERED_IN:
        answered = AnswerComplaint(meta=_meta(desk, tenant, account), **given, outcome="not_upheld")
        await tell(desk, desk.parts.collection, "answer", answered)


async def _assistance(desk: Desk, number: int, tenant: str, account: str, *, grants: bool) -> None:
    name: Any = {"application_id": f"fap_{account}"}
    if number == PLANNED_IN:
        asked = RequestAssistance(
            meta=_meta(desk, tenant, account),
            **name,
            account_id=account,
            state="IL",
            enrolled_in=("snap",),
            received_on=desk.people.clock.now().date(),
        )
        await tell(desk, desk.parts.assistance, "assistance", asked)
    if number == ANSWERED_IN:
        decided = DecideAssistance(meta=_meta(desk, tenant, account), **name, grants=grants, reason="simulated")
        await tell(desk, desk.parts.assistance, "decision", decided)
        # The policy would grant all of it: to grant so much, and to deny it, a second person is asked.
        meta = _meta(desk, tenant, account, actor="another client")
        confirmed = ConfirmAssistance(meta=meta, **name, confirmed=True, reason="simulated")
        await tell(desk, desk.parts.assistance, "confirmation", confirmed)


def check_desk(parts: Collections, service: Service) -> None:
    """Nothing is left open at the desk, and accounts know what was decided of their applications."""
    accounts = service.store.states(parts.collection)
    for key, account in accounts.items():
        assert account.desk.promise is None, f"account {key}: a promise was never followed up"
        assert not account.debt.open_disputes, f"account {key}: a dispute is open"
        assert not account.desk.open_complaints, f"account {key}: a complaint is open"
    for key, application in service.store.states(parts.assistance).items():
        assert application.status in {"granted", "denied"}, f"application {key}: it is {application.status}"
        account = accounts[Key(key.tenant, application.account_id)]
        assert account.debt.assistance == application.status, f"application {key}: its account was not told"


def ends(parts: Collections, service: Service) -> dict[Key, str]:
    """How everything at the desk ended, to be compared with the undisturbed run."""
    found = dict[Key, str]()
    for key, account in service.store.states(parts.collection).items():
        promises = ",".join(one.outcome for one in account.desk.promises)
        disputes = ",".join(one.outcome for one in account.debt.disputes)
        complaints = ",".join(one.outcome for one in account.desk.complaints)
        if promises or disputes or complaints:
            found[key] = f"promises {promises}; disputes {disputes}; complaints {complaints}"
    for key, application in service.store.states(parts.assistance).items():
        found[key] = cast("str", application.status)
    return found
