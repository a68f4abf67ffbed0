"""The edge to the mail house and the agency: the only place where a guarantor's name and address are opened.

Files are written under another name and renamed, so that nobody reads half a letter. Every file may be written again:
it has the same name and the same bytes, and one that was taken already is not laid out a second time.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic import ValidationError

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
from services.collections.core.gate_shelf import RuleShelf
from services.collections.core.letters import may_leave
from services.collections.core.messages import LetterKind, Place
from services.collections.places import place_of
from services.collections.render import Letterhead, reminder_text, statement_text
from shared.contracts import Message
from shared.decider import Decider, Effect, Pending
from shared.identity import Guarantor, PostalAddress
from shared.runtime import Runtime
from shared.sealed import SealBrokenError
from shared.store.port import Key
from shared.worker import Performer, answer_meta

Outcome: TypeAlias = Literal["delivered", "failed", "withdrawn"]
Writing: TypeAlias = SendStatement | SendReminder | PlaceAccount
Accounts: TypeAlias = Decider[Account, AccountMessage, CollectionFact]


PLACES: Mapping[LetterKind, tuple[str, str]] = {
    "statement": ("letters", ".txt"),
    "reminder": ("letters", ".txt"),
    "placement": ("agency", ".json"),
    "recall": ("agency", ".recall.json"),
}
"""Folder and file name's end of each kind."""


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
    ) -> None:
        self._runtime, self._accounts, self._rules = runtime, accounts, rules
        self._letterheads, self._exchange = letterheads, exchange

    def performers(self) -> Mapping[type[Effect], Performer]:
        return {
            SendStatement: self.send_statement,
            SendReminder: self.send_reminder,
            PlaceAccount: self.place_account,
            RecallAccount: self.recall_account,
        }

    async def send_statement(self, key: Key, pending: Pending) -> Message:
        """Lay the statement out for the mail house."""
        effect = pending.effect
        assert isinstance(effect, SendStatement), "the worker was given one performer for one effect"
        outcome, reason, place = await self._send(key, effect, effect.statement_id, "statement")
        return StatementDelivered(
            meta=answer_meta(key, pending, self._runtime.clock),
            account_id=effect.account_id,
            outcome=outcome,
            reason=reason,
            place=place,
            statement_id=effect.statement_id,
        )

    async def send_reminder(self, key: Key, pending: Pending) -> Message:
        """Lay the reminder out for the mail house."""
        effect = pending.effect
        assert isinstance(effect, SendReminder), "the worker was given one performer for one effect"
        outcome, reason, place = await self._send(key, effect, effect.reminder_id, "reminder")
        return ReminderDelivered(
            meta=answer_meta(key, pending, self._runtime.clock),
            account_id=effect.account_id,
            outcome=outcome,
            reason=reason,
            place=place,
            reminder_id=effect.reminder_id,
        )

    async def place_account(self, key: Key, pending: Pending) -> Message:
        """Lay the placement out for the agency."""
        effect = pending.effect
        assert isinstance(effect, PlaceAccount), "the worker was given one performer for one effect"
        outcome, reason, place = await self._send(key, effect, effect.placement_id, "placement")
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

    async def _send(self, key: Key, effect: Writing, id: str, kind: LetterKind) -> Sent:
        """Write it, unless nobody wants it any more, the gate forbids it by now, or it cannot be written."""
        path = self._path(key, kind, id)
        rows = await self._runtime.store.load(self._accounts, (key,))
        if not self._may_go(key, rows[key].snapshot.state, id, kind):
            return Sent("withdrawn") if await asyncio.to_thread(take_back, path) else Sent("delivered")
        try:
            guarantor = await self._guarantor(effect.sealed_guarantor)
            text = self._text(key.tenant, guarantor, effect)
        except UndeliverableError as error:
            self._runtime.log.info(
                "undeliverable", tenant=key.tenant, effect=type(effect).__name__, reason=error.reason
            )
            return Sent("failed", error.reason)
        await asyncio.to_thread(lay_out, path, text)
        return Sent("delivered", None, place_of(guarantor))

    def _may_go(self, key: Key, account: Account, id: str, kind: LetterKind) -> bool:
        """Whether it is still wanted, and the gate allows it at this moment too: hours may have passed since."""
        now = self._runtime.clock.now()
        asker = Asker(self._rules.on(key.tenant, now.date()), key.tenant, now, id)
        return still_wanted(account, id, kind) and may_leave(asker, account, id, kind)

    def _text(self, tenant: str, guarantor: Guarantor, effect: Writing) -> str:
        head = self._letterheads.get(tenant)
        if head is None:
            raise UndeliverableError("letterhead_missing")
        match effect:
            case SendStatement():
                return statement_text(head, guarantor, address_of(guarantor), effect)
            case SendReminder():
                return reminder_text(head, guarantor, address_of(guarantor), effect)
            case PlaceAccount():
                return json_line(placement_record(head, guarantor, effect))

    def _path(self, key: Key, kind: LetterKind, id: str) -> Path:
        folder, suffix = PLACES[kind]
        return self._exchange / key.tenant / folder / f"{id}{suffix}"

    async def _guarantor(self, sealed: str | None) -> Guarantor:
        if sealed is None:
            raise UndeliverableError("guarantor_missing")
        try:
            return Guarantor.model_validate_json(await self._runtime.sealer.open(sealed))
        except SealBrokenError:
            raise UndeliverableError("seal_broken") from None
        except ValidationError:
            raise UndeliverableError("guarantor_unreadable") from None


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


def json_line(record: Mapping[str, Any]) -> str:
    """One record, one line; keys in a fixed order, so that a repeat has the same bytes."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def lay_out(path: Path, text: str) -> None:
    """Write a file under its final name in one step. Whoever takes it moves it to `taken` beside it."""
    if _taken(path).exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def take_back(path: Path) -> bool:
    """Remove what an earlier attempt laid out before it died; False when it is too late, because it was taken."""
    path.unlink(missing_ok=True)
    return not _taken(path).exists()


def _taken(path: Path) -> Path:
    return path.parent / "taken" / path.name
