"""Where a statement is drawn: from the book of its bills, once for what was asked, and kept sealed as it goes out."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from services.collections.core.messages import SendStatement
from services.collections.core.state import Account
from services.collections.core.statement import PayLink, Sender, Statement, compose, faults_of
from services.collections.core.statement_book import STATEMENT_BOOK, Book, BookMessage, Stated
from services.collections.core.statement_facts import StatementDrawn
from services.collections.core.statement_messages import DrawStatement, NoteStatement, Standing
from services.collections.render import Letterhead
from shared.contracts import Meta
from shared.decider import Pending
from shared.derived import derived_id
from shared.runtime import Runtime
from shared.store.port import Key
from shared.worker import answer_meta

NEVER_TOLD_ATTEMPTS = 3
"""So often the news of the first bills is waited for; an account that was there before they were told has none."""


class NewsAwaitedError(Exception):
    """The book and the account have not heard the same news of payments yet: in a moment they have."""


class DoesNotAddUpError(Exception):
    """A statement that nobody may get. Its text names the sums, no amounts."""


class Asked(NamedTuple):
    """What is to be drawn: the work that the account asked for, and how often it was tried."""

    key: Key
    account: Account
    effect: SendStatement
    pending: Pending


class StatementDesk:
    """Draws statements; safe to ask again: what was drawn for the same work is what goes out."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def draw(self, asked: Asked, head: Letterhead, to: Sequence[str]) -> Statement:
        """The statement, kept. Raises NewsAwaitedError, DoesNotAddUpError."""
        key, effect = asked.key, asked.effect
        wanted = _digest(effect.model_dump_json(exclude={"sealed_guarantor", "sealed_reach"}))
        book = await self._book(key)
        known = book.stated(effect.statement_id)
        if known is not None and known.asked == wanted and known.standing != "withdrawn":
            return await kept_statement(self._runtime, key, effect.statement_id)
        _require_news(asked, book)
        link = self._link(key, effect, head)
        made = compose(book, asked.account, effect, sender_of(head), to, link)
        if faults := faults_of(made):
            raise DoesNotAddUpError(", ".join(faults))
        content = made.model_dump_json()
        draw = DrawStatement(
            meta=self._meta(asked, f"draw/{wanted}"),
            account_id=effect.account_id,
            statement_id=effect.statement_id,
            number=effect.number,
            asked=wanted,
            digest=_digest(content),
            sealed_content=await self._runtime.sealer.seal(key.tenant, effect.account_id, content.encode()),
            dated_on=effect.dated_on,
            balance_cents=effect.balance_cents,
            channel=effect.channel,
            replaces=made.replaces,
            through=max((one.sequence for one in book.money), default=0),
            pay_request_id="" if link is None else self._request_id(key, effect.statement_id),
            pay_until=made.pay_until,
        )
        stated = (await self._tell(draw)).stated(effect.statement_id)
        if stated is not None and stated.digest == draw.digest:
            return made
        return await kept_statement(self._runtime, key, effect.statement_id)  # another attempt was quicker

    async def settle(self, key: Key, effect: SendStatement, pending: Pending, outcome: str) -> dict[str, Any]:
        """Note what became of it; what the news of it says of its link, and of the statement that it corrects."""
        standing: Standing | None = {"delivered": "sent", "withdrawn": "withdrawn"}.get(outcome)  # type: ignore[assignment]
        stated = (await self._book(key)).stated(effect.statement_id)
        if standing is None or stated is None:
            return {}
        meta = answer_meta(key, pending, self._runtime.clock)
        meta = meta.model_copy(update={"id": derived_id(pending.id, standing), "causation": pending.id})
        await self._tell(
            NoteStatement(meta=meta, account_id=effect.account_id, statement_id=effect.statement_id, standing=standing)
        )
        if standing != "sent":
            return {}
        return {"pay_request_id": stated.pay_request_id, "pay_until": stated.pay_until, "replaces": stated.replaces}

    async def _book(self, key: Key) -> Book:
        return (await self._runtime.store.load(STATEMENT_BOOK, (key,)))[key].snapshot.state

    async def _tell(self, message: BookMessage) -> Book:
        return (await self._runtime.shell.transact_one(STATEMENT_BOOK, message)).snapshot.state

    def _meta(self, asked: Asked, what: str) -> Meta:
        meta = answer_meta(asked.key, asked.pending, self._runtime.clock)
        return meta.model_copy(update={"id": derived_id(asked.pending.id, what)})

    def _link(self, key: Key, effect: SendStatement, head: Letterhead) -> PayLink | None:
        """A link that says nothing of anybody, and that nobody can make who has not the key of the pseudonyms."""
        if not head.pay_page:
            return None
        until = datetime.combine(effect.dated_on + timedelta(head.pay_link_days), time(), UTC)
        return PayLink(
            url=f"{head.pay_page.rstrip('/')}/p/{key.tenant}/{self._token(key, effect.statement_id)}", until=until
        )

    def _token(self, key: Key, statement_id: str) -> str:
        return self._runtime.pseudonyms.of("plink", key.tenant, statement_id)

    def _request_id(self, key: Key, statement_id: str) -> str:
        """What payments knows the link by: made of the token, which cannot be made of it."""
        return self._runtime.pseudonyms.of("preq", key.tenant, self._token(key, statement_id))


async def kept_statement(runtime: Runtime, key: Key, statement_id: str) -> Statement:
    """A statement as it was drawn last. KeyError when there is none; SealBrokenError when its key is gone."""
    history = await runtime.store.history(STATEMENT_BOOK, key)
    drawn = [entry.fact for entry in history if isinstance(entry.fact, StatementDrawn)]
    found = next((fact for fact in reversed(drawn) if fact.statement_id == statement_id), None)
    if found is None:
        raise KeyError(statement_id)
    return Statement.model_validate_json(await runtime.sealer.open(found.sealed_content))


def is_as_sent(stated: Stated, statement: Statement) -> bool:
    """Whether the content is, to the letter, what was drawn."""
    return _digest(statement.model_dump_json()) == stated.digest


def sender_of(head: Letterhead) -> Sender:
    return Sender(
        name=head.name,
        lines=tuple(head.lines),
        phone=head.phone,
        languages_note=head.languages_note,
        pay_online=head.pay_online,
    )


def _require_news(asked: Asked, book: Book) -> None:
    told, heard = book.sequence, asked.account.balance_sequence
    never_told = told == 0 and asked.pending.attempts >= NEVER_TOLD_ATTEMPTS
    if told != heard and not never_told:
        raise NewsAwaitedError(f"the bills of news {told}, the balance of news {heard}")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
