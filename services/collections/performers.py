"""The edge to the mail house, the agency and the message ports: where a guarantor's name and address are opened.

Whatever goes out may be asked for again: a file has the same name and bytes, a message the same id, and what is known
to have left does not leave a second time. Before anything leaves, the compliance gate is asked once more.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic import ValidationError

from services.collections.assistance_performers import AssistancePapers
from services.collections.core import (
    Account,
    AccountMessage,
    CollectionFact,
    FailureReason,
    PlaceAccount,
    PlacementDelivered,
    RecallAccount,
    RecallDelivered,
    ReminderDelivered,
    SendReminder,
    SendStatement,
    StatementDelivered,
    still_wanted,
)
from services.collections.core.asking import Asker
from services.collections.core.dispute_messages import NoticeDelivered, SendNotice
from services.collections.core.gate_shelf import RuleShelf
from services.collections.core.letters import may_leave
from services.collections.core.messages import Channel, LetterKind, Place
from services.collections.core.person import PHONE
from services.collections.files import json_line, lay_out, take_back
from services.collections.outlets import Outgoing, Outlet, RefusedError
from services.collections.packet import verification_packet
from services.collections.places import place_of
from services.collections.render import (
    Letterhead,
    Writing,
    address_lines,
    email_text,
    html_of,
    letter_text,
    sms_text,
    subject,
)
from services.collections.statement_desk import Asked, DoesNotAddUpError, StatementDesk
from services.collections.statement_pdf import statement_pdf
from shared.contracts import Message
from shared.decider import Decider, Effect, Pending
from shared.identity import Guarantor, PostalAddress
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key
from shared.worker import Performer, answer_meta

Outcome: TypeAlias = Literal["delivered", "failed", "withdrawn"]
Going: TypeAlias = Writing | PlaceAccount
Accounts: TypeAlias = Decider[Account, AccountMessage, CollectionFact]


PLACES: Mapping[LetterKind, tuple[str, str]] = {
    "statement": ("letters", ".pdf"),
    "reminder": ("letters", ".txt"),
    "placement": ("agency", ".json"),
    "recall": ("agency", ".recall.json"),
    "notice": ("letters", ".txt"),
}
"""Folder and file name's end of each kind."""
NO_OUTLETS: Mapping[Channel, Outlet] = {}


class Sent(NamedTuple):
    """What became of an effect, and where the guarantor lives, when the seal was opened."""

    outcome: Outcome
    reason: FailureReason | None = None
    place: Place | None = None


class UndeliverableError(Exception):
    """Nothing can go out until a person has mended it."""

    def __init__(self, reason: FailureReason) -> None:
        super().__init__(reason)
        self.reason: FailureReason = reason


class OutgoingMail:
    """Performs the effects of accounts into `<exchange>/<tenant>/letters` and `<exchange>/<tenant>/agency`."""

    def __init__(
        self,
        runtime: Runtime,
        accounts: Accounts,
        rules: RuleShelf,
        letterheads: Mapping[str, Letterhead],
        exchange: Path,
        outlets: Mapping[Channel, Outlet] = NO_OUTLETS,
        papers: AssistancePapers | None = None,
    ) -> None:
        self._runtime, self._accounts, self._rules = runtime, accounts, rules
        self._outlets, self._papers = outlets, papers
        self._letterheads, self._exchange = letterheads, exchange
        self._desk = StatementDesk(runtime)

    def performers(self) -> Mapping[type[Effect], Performer]:
        return {
            SendStatement: self.send_statement,
            SendReminder: self.send_reminder,
            PlaceAccount: self.place_account,
            RecallAccount: self.recall_account,
            SendNotice: self.send_notice,
        }

    async def send_statement(self, key: Key, pending: Pending) -> Message:
        """Lay the statement out for the mail house."""
        effect = pending.effect
        assert isinstance(effect, SendStatement), "the worker was given one performer for one effect"
        outcome, reason, place = await self._send(key, effect, effect.statement_id, "statement", pending)
        told = await self._desk.settle(key, effect, pending, outcome)
        return StatementDelivered(
            meta=answer_meta(key, pending, self._runtime.clock),
            account_id=effect.account_id,
            outcome=outcome,
            reason=reason,
            place=place,
            statement_id=effect.statement_id,
            **told,
        )

    async def send_reminder(self, key: Key, pending: Pending) -> Message:
        """Lay the reminder out for the mail house."""
        effect = pending.effect
        assert isinstance(effect, SendReminder), "the worker was given one performer for one effect"
        outcome, reason, place = await self._send(key, effect, effect.reminder_id, "reminder", pending)
        return ReminderDelivered(
            meta=answer_meta(key, pending, self._runtime.clock),
            account_id=effect.account_id,
            outcome=outcome,
            reason=reason,
            place=place,
            reminder_id=effect.reminder_id,
        )

    async def send_notice(self, key: Key, pending: Pending) -> Message:
        """Tell the person something; a verification goes with its packet."""
        effect = pending.effect
        assert isinstance(effect, SendNotice), "the worker was given one performer for one effect"
        outcome, reason, place = await self._send(key, effect, effect.notice_id, "notice", pending)
        return NoticeDelivered(
            meta=answer_meta(key, pending, self._runtime.clock),
            account_id=effect.account_id,
            outcome=outcome,
            reason=reason,
            place=place,
            notice_id=effect.notice_id,
        )

    async def place_account(self, key: Key, pending: Pending) -> Message:
        """Lay the placement out for the agency."""
        effect = pending.effect
        assert isinstance(effect, PlaceAccount), "the worker was given one performer for one effect"
        outcome, reason, place = await self._send(key, effect, effect.placement_id, "placement", pending)
        return PlacementDelivered(
            meta=answer_meta(key, pending, self._runtime.clock),
            account_id=effect.account_id,
            outcome=outcome,
            reason=reason,
            place=place,
            placement_id=effect.placement_id,
        )

    async def recall_account(self, key: Key, pending: Pending) -> Message:
        """Tell the agency to stop. It knows the account by its placement, so nobody is named."""
        effect = pending.effect
        assert isinstance(effect, RecallAccount), "the worker was given one performer for one effect"
        path = self._path(key, "recall", effect.placement_id)
        await asyncio.to_thread(lay_out, path, json_line(recall_record(effect)))
        return RecallDelivered(
            meta=answer_meta(key, pending, self._runtime.clock),
            account_id=effect.account_id,
            outcome="delivered",
            placement_id=effect.placement_id,
        )

    async def _send(self, key: Key, effect: Going, id: str, kind: LetterKind, pending: Pending) -> Sent:
        """Let it leave, unless nobody wants it any more, the gate forbids it by now, or it cannot be written."""
        path = self._path(key, kind, id)
        sent = self._exchange / key.tenant / "sent" / id
        rows = await self._runtime.store.load(self._accounts, (key,))
        account = rows[key].snapshot.state
        if await asyncio.to_thread(sent.exists):
            return Sent("delivered")
        if not self._may_go(key, account, id, kind):
            return Sent("withdrawn") if await asyncio.to_thread(take_back, path) else Sent("delivered")
        try:
            guarantor = await self._guarantor(effect.sealed_guarantor)
            if isinstance(effect, SendStatement):
                await self._state(Asked(key, account, effect, pending), guarantor, path)
            else:
                await self._leave(key, guarantor, effect, id, path)
        except (UndeliverableError, RefusedError) as error:
            self._runtime.log.info(
                "undeliverable", tenant=key.tenant, effect=type(effect).__name__, reason=error.reason
            )
            return Sent("failed", error.reason)
        if not isinstance(effect, PlaceAccount) and effect.channel != "letter":
            await asyncio.to_thread(lay_out, sent, "")
        return Sent("delivered", None, place_of(guarantor))

    async def _leave(self, key: Key, guarantor: Guarantor, effect: Going, id: str, path: Path) -> None:
        """By file or by message."""
        head = self._letterheads.get(key.tenant)
        if head is None:
            raise UndeliverableError("letterhead_missing")
        if isinstance(effect, PlaceAccount):
            await asyncio.to_thread(lay_out, path, json_line(placement_record(head, guarantor, effect)))
        elif effect.channel == "letter":
            to = address_lines(guarantor, await self._address(guarantor, effect))
            await asyncio.to_thread(lay_out, path, letter_text(head, to, effect))
        else:
            await self._message(head, guarantor, effect, id)
        if isinstance(effect, SendNotice) and effect.notice == "verification":
            packet = await self._packet(key, head, effect)
            await asyncio.to_thread(lay_out, path.with_suffix(".pdf"), packet)
        if isinstance(effect, SendNotice) and effect.application_id and self._papers is not None:
            letter = await self._papers.letter(key, head, guarantor, effect)
            await asyncio.to_thread(lay_out, path.with_suffix(".pdf"), letter)

    async def _state(self, asked: Asked, guarantor: Guarantor, path: Path) -> None:
        """A statement on paper, or by a message with the link to its payment page."""
        head, effect = self._letterheads.get(asked.key.tenant), asked.effect
        if head is None:
            raise UndeliverableError("letterhead_missing")
        by_letter = effect.channel == "letter"
        to = address_lines(guarantor, await self._address(guarantor, effect)) if by_letter else [guarantor.name]
        try:
            drawn = await self._desk.draw(asked, head, to)
        except DoesNotAddUpError:
            raise UndeliverableError("bills_do_not_add_up") from None
        if by_letter:
            await asyncio.to_thread(lay_out, path, await asyncio.to_thread(statement_pdf, drawn))
        else:
            linked = head.model_copy(update={"pay_online": drawn.pay_link or head.pay_online})
            await self._message(linked, guarantor, effect, effect.statement_id)

    async def _message(self, head: Letterhead, guarantor: Guarantor, effect: Writing, id: str) -> None:
        outlet = self._outlets.get(effect.channel)
        sender = head.email if effect.channel == "email" else head.text_number
        if outlet is None or not sender:
            raise UndeliverableError("channel_missing")
        to = await self._reach(guarantor, effect)
        by_mail = effect.channel == "email"
        text = email_text(head, [guarantor.name], effect) if by_mail else sms_text(head, effect)
        message = Outgoing(
            id=id,
            to=to,
            sender_name=head.name,
            sender=sender,
            subject=subject(head, effect.language),
            text=text,
            html=html_of(text, effect.language) if by_mail else "",
            stop_at=head.stop_at if by_mail else "",
            language=effect.language,
        )
        await outlet.send(message)

    async def _packet(self, key: Key, head: Letterhead, effect: SendNotice) -> bytes:
        """The papers that verify the debt, from the account's own journal."""
        rows = await self._runtime.store.load(self._accounts, (key,))
        history = await self._runtime.store.history(self._accounts, key)
        facts = [entry.fact for entry in history]
        return await asyncio.to_thread(
            verification_packet, head, rows[key].snapshot.state, facts, effect.dispute_id, effect.dated_on
        )

    def _may_go(self, key: Key, account: Account, id: str, kind: LetterKind) -> bool:
        """Whether it is still wanted, and the gate allows it at this moment too: hours may have passed since."""
        now = self._runtime.clock.now()
        asker = Asker(self._rules.on(key.tenant, now.date()), key.tenant, now, id)
        return still_wanted(account, id, kind) and may_leave(asker, account, id, kind)

    async def _address(self, guarantor: Guarantor, effect: Writing) -> PostalAddress:
        """The guarantor's own, or the one that was noted for them since."""
        if effect.sealed_reach is None:
            return address_of(guarantor)
        try:
            noted = PostalAddress.model_validate_json(await self._open(effect.sealed_reach))
        except ValidationError:
            raise UndeliverableError("guarantor_unreadable") from None
        return address_of(guarantor.model_copy(update={"address": noted}))

    async def _reach(self, guarantor: Guarantor, effect: Writing) -> str:
        """The number or e-mail address a message goes to."""
        if effect.sealed_reach is not None:
            return (await self._open(effect.sealed_reach)).decode()
        if effect.reach_id == PHONE and guarantor.phone:
            return guarantor.phone
        raise UndeliverableError("address_missing")

    def _path(self, key: Key, kind: LetterKind, id: str) -> Path:
        folder, suffix = PLACES[kind]
        return self._exchange / key.tenant / folder / f"{id}{suffix}"

    async def _guarantor(self, sealed: str | None) -> Guarantor:
        if sealed is None:
            raise UndeliverableError("guarantor_missing")
        try:
            return Guarantor.model_validate_json(await self._open(sealed))
        except ValidationError:
            raise UndeliverableError("guarantor_unreadable") from None

    async def _open(self, sealed: str) -> bytes:
        try:
            return await self._runtime.sealer.open(sealed)
        except SealBrokenError:
            raise UndeliverableError("seal_broken") from None


def address_of(guarantor: Guarantor) -> PostalAddress:
    """Where a letter can go; UndeliverableError when it cannot go anywhere."""
    address = guarantor.address
    if address is None or not address.line1.strip() or not address.city.strip() or not guarantor.name.strip():
        raise UndeliverableError("address_missing")
    return address


def placement_record(head: Letterhead, guarantor: Guarantor, effect: PlaceAccount) -> dict[str, Any]:
    """What an agency needs to act for the creditor: whose debt, how much, since when, and what the debtor was told."""
    return {
        "record": "placement",
        "placement_id": effect.placement_id,
        "agency_id": effect.agency_id,
        "creditor": head.name,
        "creditor_phone": head.phone,
        "account_number": effect.account_id,
        "guarantor": guarantor.model_dump(mode="json"),
        "balance_cents": effect.balance_cents,
        "currency": "USD",
        "claims": effect.claims,
        "first_statement_on": effect.first_statement_on.isoformat(),
        "due_on": effect.due_on.isoformat(),
        "placed_on": effect.placed_on.isoformat(),
    }


def recall_record(effect: RecallAccount) -> dict[str, Any]:
    """What ends a placement."""
    return {
        "record": "recall",
        "placement_id": effect.placement_id,
        "agency_id": effect.agency_id,
        "account_number": effect.account_id,
        "balance_cents": effect.balance_cents,
        "recalled_on": effect.recalled_on.isoformat(),
    }
