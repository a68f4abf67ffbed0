"""HTTP of collectors' work on one account: who works on it, until when it waits, notes, promises, complaints."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import Field, NonNegativeInt

from services.collections.api import Accounts
from services.collections.books import Books
from services.collections.core import Channel
from services.collections.core.work_facts import AccountNoteAdded, ComplaintAnswered, ComplaintTaken
from services.collections.core.work_messages import (
    AddAccountNote,
    AnswerComplaint,
    AssignAccount,
    CancelPromise,
    ComplaintKind,
    ComplaintOutcome,
    MakePromise,
    NoteTopic,
    PromiseCancel,
    PutOffAccount,
    TakeComplaint,
    WorkMessage,
)
from services.collections.telling import Reason, ShortId, command_id_of, known_account
from services.collections.work_views import shown_item
from shared.auth import Principal
from shared.contracts import PositiveCents
from shared.http import Body, IdempotencyKey, Run, allow, command_meta
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key

working = APIRouter()
Worker = Annotated[Principal, Depends(allow("collector"))]
Assigner = Annotated[Principal, Depends(allow("collector", "operator"))]
Words = Annotated[str, Field(min_length=1, max_length=4_000)]


class Versioned(Body):
    """With `version`, the change is refused when somebody changed the account's work meanwhile."""

    version: NonNegativeInt | None = None


class AssignmentBody(Versioned):
    """Whose account it is; null gives it back. An operator gives it to anybody."""

    owner: Annotated[str, Field(min_length=1, max_length=100)] | None


class PutOffBody(Versioned):
    """Until when nothing can be done."""

    until: date


class NoteBody(Versioned):
    """What a collector wants the next one to know. It is sealed at once."""

    topic: NoteTopic
    text: Words


class PromiseBody(Versioned):
    """What the guarantor promised, until when, and how they said so."""

    promised_cents: PositiveCents
    promised_for: date
    channel: Channel = "phone"
    contact_id: Annotated[str, Field(max_length=60)] = ""


class CancelBody(Versioned):
    """Why a promise counts no more."""

    how: PromiseCancel
    reason: Reason


class ComplaintBody(Versioned):
    """A complaint about how the account is collected, as it came; its words are sealed."""

    kind: ComplaintKind
    channel: Channel
    received_on: date
    text: Words


class AnswerBody(Versioned):
    """What became of the complaint; the words are sealed."""

    outcome: ComplaintOutcome
    text: Words


@dataclass(frozen=True, slots=True)
class Desk:
    """What every change of one account's work needs."""

    account_id: str
    run: Run
    key: IdempotencyKey
    accounts: Accounts
    books: Books

    async def does(
        self,
        caller: Principal,
        body: Versioned,
        action: str,
        make: Callable[..., WorkMessage],
        prefix: str = "",
        **given: Any,
    ) -> dict[str, Any]:
        """Tell the account, once; its item afterwards. 404 for no such account, 409 with the reason it is refused for.

        `prefix` begins the id of what the command makes, named `<prefix>_id`.
        """
        run, account_id = self.run, self.account_id
        await known_account(run, self.accounts, caller.tenant, account_id)
        command_id = await command_id_of(run, caller, self.key, body, f"{action}/{account_id}")
        named = {f"{prefix}_id": f"{prefix}_{command_id.hex[:20]}"} if prefix else {}
        command = make(
            meta=command_meta(run, caller, "collections", command_id, f"collection/{account_id}", account_id),
            account_id=account_id,
            version=body.version,
            **named,
            **given,
        )
        await run.audit.record(caller, action, f"collection/{account_id}", getattr(body, "reason", ""))
        account = (await run.shell.transact_one(self.accounts, command)).snapshot.state
        if because := account.desk.because(str(command_id)):
            raise HTTPException(409, because)
        return {**named, **shown_item(self.books.work, account)}

    async def seals(self, caller: Principal, text: str) -> str:
        return await self.run.sealer.seal(caller.tenant, self.account_id, text.encode())


Work = Annotated[Desk, Depends()]


@working.post("/accounts/{account_id}/assignment")
async def assign(body: AssignmentBody, work: Work, caller: Assigner) -> dict[str, Any]:
    """Claim the account, give it back, or (an operator) give it to somebody; 409 where it is another collector's."""
    supervises = "operator" in caller.roles
    return await work.does(caller, body, "work.assign", AssignAccount, owner=body.owner, supervises=supervises)


@working.post("/accounts/{account_id}/put-off")
async def put_off(body: PutOffBody, work: Work, caller: Worker) -> dict[str, Any]:
    """Take it out of its queue until a day; it comes back by itself."""
    return await work.does(caller, body, "work.put-off", PutOffAccount, until=body.until)


@working.post("/accounts/{account_id}/notes", status_code=201)
async def add_note(body: NoteBody, work: Work, caller: Worker) -> dict[str, Any]:
    """Write something down; it is kept sealed."""
    sealed = await work.seals(caller, body.text)
    return await work.does(caller, body, "work.note", AddAccountNote, "note", topic=body.topic, sealed_note=sealed)


@working.post("/accounts/{account_id}/promises", status_code=201)
async def make_promise(body: PromiseBody, work: Work, caller: Worker) -> dict[str, Any]:
    """Note a promise to pay; 409 with every reason when the policy takes none. Dunning rests as the policy says."""
    given = body.model_dump(exclude={"version"})
    return await work.does(caller, body, "promise.make", MakePromise, "promise", **given)


@working.post("/accounts/{account_id}/promises/{promise_id}/cancel")
async def cancel_promise(promise_id: ShortId, body: CancelBody, work: Work, caller: Worker) -> dict[str, Any]:
    """They took it back, or it was entered by mistake; dunning goes on."""
    return await work.does(caller, body, "promise.cancel", CancelPromise, promise_id=promise_id, how=body.how)


@working.post("/accounts/{account_id}/complaints", status_code=201)
async def take_complaint(body: ComplaintBody, work: Work, caller: Worker) -> dict[str, Any]:
    """Take a complaint in; the account is in the complaints' queue until it is answered."""
    if body.received_on > work.run.clock.now().date():
        raise HTTPException(422, "received_on: a complaint is taken in after it came")
    sealed = await work.seals(caller, body.text)
    given = body.model_dump(include={"kind", "channel", "received_on"})
    return await work.does(caller, body, "complaint.take", TakeComplaint, "complaint", sealed_words=sealed, **given)


@working.post("/accounts/{account_id}/complaints/{complaint_id}/answer")
async def answer_complaint(complaint_id: ShortId, body: AnswerBody, work: Work, caller: Worker) -> dict[str, Any]:
    """Answer a complaint, once."""
    sealed = await work.seals(caller, body.text)
    given = {"complaint_id": complaint_id, "outcome": body.outcome, "sealed_words": sealed}
    return await work.does(caller, body, "complaint.answer", AnswerComplaint, **given)


@working.get("/accounts/{account_id}/notes")
async def read_notes(account_id: str, run: Run, caller: Worker, accounts: Accounts) -> dict[str, Any]:
    """Notes and complaints in the clear, newest first. Each look is in the audit log."""
    await known_account(run, accounts, caller.tenant, account_id)
    await run.audit.record(caller, "work.notes.read", f"collection/{account_id}")
    notes, words = list[dict[str, Any]](), list[dict[str, Any]]()
    for entry in reversed(await run.store.history(accounts, Key(caller.tenant, account_id))):
        match entry.fact:
            case AccountNoteAdded() as fact:
                shown = fact.model_dump(include={"note_id", "topic", "at", "by"})
                notes.append({**shown, "text": await _opened(run, fact.sealed_note)})
            case ComplaintTaken() as fact:
                shown = fact.model_dump(include={"complaint_id", "kind", "channel", "received_on"})
                words.append({**shown, "by": fact.taken_by, "text": await _opened(run, fact.sealed_words)})
            case ComplaintAnswered() as fact:
                shown = fact.model_dump(include={"complaint_id", "outcome", "answered_on"})
                words.append({**shown, "by": fact.answered_by, "text": await _opened(run, fact.sealed_words)})
            case _:
                pass
    return {"account_id": account_id, "notes": notes, "complaints": words}


async def _opened(run: Runtime, sealed: str) -> str | None:
    """The words; None when their key was shredded."""
    try:
        return (await run.sealer.open(sealed)).decode()
    except SealBrokenError:
        return None
