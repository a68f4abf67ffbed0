"""HTTP of templates: what a letter or message looks like before it goes out, with made-up or real data."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Response
from pydantic import Field

from services.collections.api import Accounts, Collector, Reader
from services.collections.core import Account, SendReminder, SendStatement
from services.collections.core.dispute_messages import SendNotice
from services.collections.core.disputes import NOTICES
from services.collections.ports import letterheads_of
from services.collections.render import (
    LANGUAGES,
    Letterhead,
    Writing,
    address_lines,
    email_text,
    html_of,
    letter_text,
    sms_text,
    template_names,
)
from services.collections.telling import known_account
from shared.http import Body, Run
from shared.identity import Guarantor, PostalAddress
from shared.sealed import SealBrokenError

templates = APIRouter()
SAMPLE = Guarantor(
    name="SAM SAMPLE",
    address=PostalAddress(line1="1 Sample Street", city="Sampleton", state="IL", postal_code="60000"),
)


class PreviewBody(Body):
    """How to show it. Without `account_id` everything in it is made up."""

    account_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    language: Literal["en", "es"] = "en"
    channel: Literal["letter", "email", "text"] = "letter"
    format: Literal["text", "html"] = "text"


@templates.get("/templates")
async def list_templates(_: Reader) -> dict[str, Any]:
    """The templates by name, and the languages."""
    return {"templates": template_names(), "languages": LANGUAGES}


@templates.post("/templates/{name}/preview", response_class=Response)
async def preview(name: str, body: PreviewBody, run: Run, caller: Collector, accounts: Accounts) -> Response:
    """A template as it would look. With an account's own data the look is in the audit log."""
    if name not in template_names():
        raise HTTPException(404, "no such template; GET /templates names them")
    head = letterheads_of(run.settings).get(caller.tenant)
    if head is None:
        raise HTTPException(409, "the tenant has no letterhead")
    today, guarantor, account = run.clock.now().date(), SAMPLE, None
    if body.account_id is not None:
        account = await known_account(run, accounts, caller.tenant, body.account_id)
        await run.audit.record(caller, "template.preview", f"collection/{body.account_id}")
        guarantor = await _guarantor(run, account)
    letter = letter_like(name, body, account, today)
    text = shown(head, guarantor, letter)
    html = body.format == "html"
    return Response(html_of(text, body.language) if html else text, media_type="text/html" if html else "text/plain")


def shown(head: Letterhead, guarantor: Guarantor, letter: Writing) -> str:
    """The text as its channel would carry it."""
    if letter.channel == "text":
        return sms_text(head, letter)
    if letter.channel == "email":
        return email_text(head, [guarantor.name], letter)
    to = [guarantor.name] if guarantor.address is None else address_lines(guarantor, guarantor.address)
    return letter_text(head, to, letter)


def letter_like(name: str, body: PreviewBody, account: Account | None, today: date) -> Writing:
    """A letter of that template, about an account or a made-up one."""
    owed_cents = 120_00 if account is None else max(1, account.owed_cents)
    common: dict[str, Any] = {
        "account_id": "acct_sample" if account is None else account.account_id,
        "balance_cents": owed_cents,
        "dated_on": today,
        "sealed_guarantor": None,
        "channel": body.channel,
        "language": body.language,
    }
    due_on = today + timedelta(30)
    if name == "statement":
        return SendStatement(**common, statement_id="preview", number=1, amount_due_cents=owed_cents, due_on=due_on)
    if name in NOTICES:
        return SendNotice(
            **common,
            notice_id="preview",
            notice=NOTICES[name],
            dispute_id="dsp_sample",
            outcome="stands",
            amount_due_cents=min(40_00, owed_cents),
            due_on=due_on,
        )
    return SendReminder(
        **common,
        reminder_id="preview",
        level=1,
        final=name == "final_notice",
        due_on=today,
        days_overdue=0,
        template=name,
        notice_ends_on=today + timedelta(37) if name == "reminder" else None,
    )


async def _guarantor(run: Run, account: Account) -> Guarantor:
    if account.sealed_guarantor is None:
        raise HTTPException(409, "no guarantor is known for this account")
    try:
        return Guarantor.model_validate_json(await run.sealer.open(account.sealed_guarantor))
    except SealBrokenError:
        raise HTTPException(410, "the guarantor's data was shredded") from None
