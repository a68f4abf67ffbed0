"""HTTP of contacts: may I, what came in, what became of it, and every decision of the gate made again."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, Field

from services.collections.api import AccountId, Accounts, Collector, Reader
from services.collections.books import Books
from services.collections.core import Channel
from services.collections.core.gate import Act, Carried, Party, Purpose
from services.collections.core.inbound_words import read_words
from services.collections.core.person_facts import MediumName, WishJudged
from services.collections.core.person_messages import AskGate, DeliveryReport, HearInbound, ReportDelivery
from services.collections.core.state import Contact
from services.collections.person_views import decisions_made_again, shown_decision
from services.collections.ports import words_of
from services.collections.statement_api import note_returned
from services.collections.telling import Reasoned, command_id_of, known_account, tell, told
from shared.http import Body, IdempotencyKey, Run, command_meta
from shared.store.port import Key

contacting = APIRouter()


class WishBody(Reasoned):
    """What somebody wants to do, now."""

    act: Act = Act.CONTACT
    medium: MediumName | None = None
    purpose: Purpose = Purpose.COLLECTION
    party: Party = Party.CONSUMER
    reach_id: str = ""
    automated: bool = False
    carries: tuple[Carried, ...] = ()
    threatens: tuple[Act, ...] = ()


class InboundBody(Body):
    """A message from the person, as the gateway or mail server hands it over. Its words are read and not kept."""

    account_id: AccountId
    message_id: Annotated[str, Field(min_length=1, max_length=200)]
    channel: Literal["text", "email", "letter", "portal"]
    reach_id: Annotated[str, Field(min_length=1, max_length=60)]
    text: Annotated[str, Field(max_length=10_000)]
    received_at: AwareDatetime


class ReportBody(Body):
    """What became of something that went out: from a mail server's report, a gateway, or the mail room."""

    account_id: AccountId
    contact_id: Annotated[str, Field(min_length=1, max_length=60)]
    report: DeliveryReport
    reported_at: AwareDatetime
    next_action_on: date | None = None


@contacting.post("/accounts/{account_id}/gate")
async def ask_gate(
    account_id: str, body: WishBody, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """Whether this may be done now: the answer is kept, and names every reason, rule and version."""
    await known_account(run, accounts, caller.tenant, account_id)
    if body.act is Act.CONTACT and body.medium is None:
        raise HTTPException(422, "medium: a contact has one")
    _, command_id = await told(
        run,
        caller,
        accounts,
        key,
        body,
        account_id,
        "gate.ask",
        lambda meta, _: AskGate(
            meta=meta,
            account_id=account_id,
            act=body.act.value,
            medium=body.medium,
            purpose=body.purpose.value,
            party=body.party.value,
            reach_id=body.reach_id,
            automated=body.automated,
            carries=tuple(body.carries),
            threatens=tuple(body.threatens),
        ),
    )
    history = await run.store.history(accounts, Key(caller.tenant, account_id))
    facts = (entry.fact for entry in history)
    asked = next(one for one in facts if isinstance(one, WishJudged) and one.heard == str(command_id))
    return shown_decision(asked)


@contacting.get("/accounts/{account_id}/decisions")
async def list_decisions(
    account_id: str, run: Run, caller: Reader, accounts: Accounts, books: Books
) -> list[dict[str, Any]]:
    """Every answer of the gate, oldest first, each made again from the journal: `same` says that it came out equal."""
    await known_account(run, accounts, caller.tenant, account_id)
    history = await run.store.history(accounts, Key(caller.tenant, account_id))
    again = decisions_made_again(accounts, books.rules, caller.tenant, history)
    return [{**shown_decision(fact), "same": same} for fact, same in again]


@contacting.get("/accounts/{account_id}/contacts")
async def list_contacts(account_id: str, run: Run, caller: Reader, accounts: Accounts) -> list[dict[str, Any]]:
    """The contacts, newest last, with what became of each and when the next step comes."""
    account = await known_account(run, accounts, caller.tenant, account_id)
    due = accounts.due(account)
    return [shown_contact(one, None if due is None else due.date()) for one in account.contacts]


def shown_contact(contact: Contact, due_on: date | None) -> dict[str, Any]:
    """One contact; where nobody set a day for the next action, it is the policy's."""
    return {
        "contact_id": contact.contact_id,
        "channel": contact.channel,
        "purpose": contact.purpose,
        "direction": contact.direction,
        "outcome": contact.outcome,
        "contacted_at": contact.contacted_at,
        "reach_id": contact.reach_id,
        "decision_id": contact.decision_id,
        "next_action_on": contact.next_action_on or due_on,
    }


@contacting.post("/inbound", status_code=201)
async def post_inbound(
    body: InboundBody, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, Any]:
    """A message came from the person. What it means is read by the dated words; a wish to stop counts at once."""
    account = await known_account(run, accounts, caller.tenant, body.account_id)
    if account.person.reach(body.reach_id) is None:
        raise HTTPException(404, "the account knows no such way to reach them")
    reading = read_words(words_of(run.settings), body.text, body.received_at.date())
    channel: Channel = body.channel
    command_id = await command_id_of(run, caller, key, body, "inbound")
    message = HearInbound(
        meta=command_meta(run, caller, "collections", command_id, f"collection/{body.account_id}", body.account_id),
        account_id=body.account_id,
        contact_id=run.pseudonyms.of("in", caller.tenant, body.channel, body.message_id),
        channel=channel,
        reach_id=body.reach_id,
        meaning=reading.meaning,
        stops_everything=reading.stops_everything,
        received_at=body.received_at,
    )
    await tell(run, caller, accounts, message, "contact.inbound", reading.meaning)
    return {"contact_id": message.contact_id, "meaning": reading.meaning}


@contacting.post("/deliveries", status_code=201)
async def post_delivery(
    body: ReportBody, run: Run, caller: Collector, accounts: Accounts, key: IdempotencyKey
) -> dict[str, str]:
    """What became of a contact. A dead address is not used again, and the next try goes another way."""
    account = await known_account(run, accounts, caller.tenant, body.account_id)
    if account.contact(body.contact_id) is None:
        raise HTTPException(404, "the account knows no such contact")
    command_id = await command_id_of(run, caller, key, body, "delivery")
    report = ReportDelivery(
        meta=command_meta(run, caller, "collections", command_id, f"collection/{body.account_id}", body.account_id),
        **body.model_dump(),
    )
    await tell(run, caller, accounts, report, "contact.report", body.report)
    if body.report in {"returned_mail", "bounced"}:
        await note_returned(run, report.meta, body.account_id, body.contact_id)
    return {"contact_id": body.contact_id, "outcome": body.report}
