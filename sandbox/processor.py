"""A card processor, emulated: an API and signed webhooks in the shape of Stripe's. It sees tokens, never a card.

Its news go out late, twice and out of order, as those of a real one do. Every object lives in a database of its own, so
it survives being killed; every request with an Idempotency-Key is answered once.

A test token says what becomes of a payment: `pm_card_ok`, `pm_card_declined`, `pm_bank_ok`, `pm_bank_r01` (returned
before it was paid), `pm_bank_late_r10` (returned after it was paid). Declines with a code of their own:
`pm_card_insufficient`, `pm_card_stolen`. With `confirm` an intent is paid at once from such a token, without a browser.
"""

import hashlib
import hmac
import json
import sqlite3
import tomllib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any, Literal, NamedTuple

from sandbox.chance import Chance

Object = dict[str, Any]
BANK_DAYS, LATE_RETURN_DAYS, PAYOUT_DAYS = 3, 6, 2
CARD_FEE_PER_TEN_THOUSAND, CARD_FEE_CENTS = 290, 30
BANK_FEE_CENTS, DISPUTE_FEE_CENTS = 80, 1_500
DECLINES = {
    "pm_card_insufficient": {"decline_code": "insufficient_funds"},
    "pm_card_stolen": {"decline_code": "stolen_card"},
}
TRIES_MAX = 50
_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, digest TEXT NOT NULL, id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS plans (
    id INTEGER PRIMARY KEY AUTOINCREMENT, object TEXT NOT NULL, what TEXT NOT NULL, at TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS news (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, body TEXT NOT NULL, rank REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS movements (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,
    amount INTEGER NOT NULL, fee INTEGER NOT NULL, at TEXT NOT NULL, payout TEXT);
"""


class RefusedError(Exception):
    """What a request gets instead of an answer: an HTTP status and a code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Outgoing(NamedTuple):
    """A webhook to deliver."""

    id: int
    tenant: str
    body: bytes


class SandboxProcessor:
    """The processor. Callers may be on any thread."""

    def __init__(self, folder: Path, secrets: Path | None, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._seed = seed
        self._api_key, self._secret = _read_secrets(secrets)
        self._db = sqlite3.connect(folder / "processor.sqlite3", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def authorize(self, header: str) -> None:
        """401 for a caller without the key."""
        if not self._api_key or not hmac.compare_digest(header.encode(), f"Bearer {self._api_key}".encode()):
            raise RefusedError(401, "invalid_api_key")

    # What clients ask

    def create_intent(self, form: Mapping[str, str], key: str, now: datetime) -> Object:
        """A payment intent that waits for the browser. The same key again is the same intent."""
        cents = _cents(form, "amount")
        if form.get("currency") != "usd":
            raise RefusedError(400, "currency_not_supported")
        with self._once(key, form, "pi") as (intent_id, known):
            if known is not None:
                return known
            made = {
                "id": intent_id,
                "object": "payment_intent",
                "amount": cents,
                "amount_received": 0,
                "currency": "usd",
                "status": "requires_payment_method",
                "payment_method_types": [form.get("payment_method_types[]", "card")],
                "client_secret": f"{intent_id}_secret_{self._token(intent_id)}",
                "metadata": _metadata(form),
                "created": int(now.timestamp()),
            }
            self._put(made)
            if form.get("confirm") == "true":
                return self._pay(made, form.get("payment_method", ""), now)
            return made

    def confirm(self, intent_id: str, client_secret: str, token: str, now: datetime) -> Object:
        """The browser pays with a token of the processor's page. A double click is one payment."""
        with self._lock:
            intent = self.get(intent_id)
            if not hmac.compare_digest(client_secret.encode(), str(intent["client_secret"]).encode()):
                raise RefusedError(401, "client_secret_invalid")
            if intent["status"] in {"succeeded", "processing", "canceled"}:
                return intent
            return self._pay(intent, token, now)

    def _pay(self, intent: Object, token: str, now: datetime) -> Object:
        """What becomes of a payment with a token."""
        if token == "pm_card_ok":  # noqa: S105 - a test token, no secret
            return self._succeed(intent, now)
        if token.startswith("pm_bank_"):
            return self._debit(intent, token, now)
        intent |= {"last_payment_error": {"code": "card_declined", **DECLINES.get(token, {})}}
        self._tell("payment_intent.payment_failed", intent, now)
        return intent

    def create_refund(self, form: Mapping[str, str], key: str, now: datetime) -> Object:
        """Send part of a payment back; never more than is left of it."""
        intent = self.get(form.get("payment_intent", ""))
        cents = _cents(form, "amount")
        with self._once(key, form, "re") as (refund_id, known):
            if known is not None:
                return known
            if cents > intent["amount_received"] - intent.get("amount_refunded", 0):
                raise RefusedError(400, "charge_already_refunded")
            intent["amount_refunded"] = intent.get("amount_refunded", 0) + cents
            self._put(intent)
            made = {
                "id": refund_id,
                "object": "refund",
                "amount": cents,
                "currency": "usd",
                "payment_intent": intent["id"],
                "status": "succeeded",
                "metadata": _metadata(form),
            }
            self._put(made)
            self._move(intent["metadata"], "refund", refund_id, -cents, 0, now)
            self._tell("refund.updated", made, now)
            return made

    def get(self, object_id: str) -> Object:
        with self._lock:
            found = self._db.execute("SELECT body FROM objects WHERE id = ?", (object_id,)).fetchone()
        if found is None:
            raise RefusedError(404, "resource_missing")
        made: Object = json.loads(found[0])
        return made

    # What banks do

    def dispute(self, intent_id: str, cents: int, code: str, now: datetime) -> Object:
        """The guarantor's bank takes money back."""
        with self._lock:
            intent = self.get(intent_id)
            if not 0 < cents <= intent["amount_received"]:
                raise RefusedError(400, "amount_too_large")
            dispute_id = f"dp_{self._token(f'{intent_id}/{cents}/{code}')}"
            fee = 0 if code.startswith("R") else DISPUTE_FEE_CENTS
            made: Object = {
                "id": dispute_id,
                "object": "dispute",
                "payment_intent": intent_id,
                "amount": cents,
                "currency": "usd",
                "status": "lost" if code.startswith("R") else "needs_response",
                "reason": "bank_return" if code.startswith("R") else "fraudulent",
                "network_reason_code": code,
                "fee": fee,
                "metadata": intent["metadata"],
            }
            self._move(intent["metadata"], "dispute", dispute_id, -cents, fee, now)
            self._tell("charge.dispute.created", made, now)
            return made

    def decide_dispute(self, dispute_id: str, outcome: Literal["won", "lost"], now: datetime) -> Object:
        with self._lock:
            made = self.get(dispute_id)
            if made["status"] in {"won", "lost"}:
                return made
            made["status"] = outcome
            if outcome == "won":
                self._move(made["metadata"], "dispute_reversal", dispute_id, made["amount"], 0, now)
            self._tell("charge.dispute.closed", made, now)
            return made

    def tick(self, now: datetime) -> int:
        """Do what is due: debits that arrive or return, and payouts. How much it was."""
        with self._lock:
            due = self._db.execute(
                "SELECT id, object, what, at FROM plans WHERE NOT done AND at <= ? ORDER BY at, id", (_stamp(now),)
            ).fetchall()
            for plan, object_id, what, at in due:
                self._carry_out(object_id, what, datetime.fromisoformat(at))
                self._db.execute("UPDATE plans SET done = 1 WHERE id = ?", (plan,))
            return len(due) + self._pay_out(now)

    def _carry_out(self, object_id: str, what: str, at: datetime) -> None:
        intent = self.get(object_id)
        if what == "succeed":
            self._succeed(intent, at)
        elif what == "late_return":
            self.dispute(object_id, intent["amount_received"], "R10", at)
        else:
            intent |= {"status": "requires_payment_method", "last_payment_error": {"code": "R01"}}
            self._tell("payment_intent.payment_failed", intent, at)

    def _debit(self, intent: Object, token: str, now: datetime) -> Object:
        intent["status"] = "processing"
        self._tell("payment_intent.processing", intent, now)
        returned = token == "pm_bank_r01"  # noqa: S105 - a test token, no secret
        self._plan(intent["id"], "return" if returned else "succeed", now + timedelta(BANK_DAYS))
        if token == "pm_bank_late_r10":  # noqa: S105 - a test token, no secret
            self._plan(intent["id"], "late_return", now + timedelta(LATE_RETURN_DAYS))
        return intent

    def _succeed(self, intent: Object, now: datetime) -> Object:
        cents, bank = int(intent["amount"]), "us_bank_account" in intent["payment_method_types"]
        fee = BANK_FEE_CENTS if bank else cents * CARD_FEE_PER_TEN_THOUSAND // 10_000 + CARD_FEE_CENTS
        intent |= {"status": "succeeded", "amount_received": cents, "fee": min(fee, cents)}
        self._move(intent["metadata"], "charge", intent["id"], cents, intent["fee"], now)
        self._tell("payment_intent.succeeded", intent, now)
        return intent

    def _pay_out(self, now: datetime) -> int:
        """What came in up to some days ago leaves as one transfer per client."""
        until = _stamp(now - timedelta(PAYOUT_DAYS))
        where = "payout IS NULL AND at <= ?"
        tenants = self._db.execute(f"SELECT DISTINCT tenant FROM movements WHERE {where}", (until,)).fetchall()  # noqa: S608 - no value
        made = 0
        for (tenant,) in tenants:
            rows = self._db.execute(
                f"SELECT id, kind, source, amount, fee FROM movements WHERE tenant = ? AND {where} ORDER BY id",  # noqa: S608 - no value
                (tenant, until),
            ).fetchall()
            net = sum(amount - fee for _, _, _, amount, fee in rows)
            if net <= 0:
                continue  # it waits until payments outweigh what was taken back
            payout_id = f"po_{self._token(f'{tenant}/{rows[-1][0]}')}"
            lines = [
                {"type": kind, "source": source, "amount": amount, "fee": fee, "net": amount - fee}
                for _, kind, source, amount, fee in rows
            ]
            payout = {
                "id": payout_id,
                "object": "payout",
                "amount": net,
                "currency": "usd",
                "arrival_date": int(now.timestamp()),
                "trace_id": f"PO{rows[-1][0]:09}",
                "status": "paid",
                "metadata": {"tenant": tenant},
                "balance_transactions": lines,
            }
            self._db.executemany("UPDATE movements SET payout = ? WHERE id = ?", [(payout_id, row[0]) for row in rows])
            self._tell("payout.paid", payout, now)
            made += 1
        return made

    # Webhooks

    def outgoing(self, limit: int = 100) -> list[Outgoing]:
        """What is still to be delivered, not in the order in which it happened."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, tenant, body FROM news WHERE NOT sent AND tries < ? ORDER BY tries, rank LIMIT ?",
                (TRIES_MAX, limit),
            ).fetchall()
        return [Outgoing(id_, tenant, body.encode()) for id_, tenant, body in rows]

    def delivered(self, news: int, *, taken: bool) -> None:
        with self._lock:
            self._db.execute("UPDATE news SET tries = tries + 1, sent = ? WHERE id = ?", (taken, news))

    def waiting(self) -> int:
        """How many webhooks wait."""
        with self._lock:
            counted = self._db.execute("SELECT count(*) FROM news WHERE NOT sent AND tries < ?", (TRIES_MAX,))
            return int(counted.fetchone()[0])

    def next_due_at(self) -> datetime | None:
        """When a debit arrives or returns, or a payout leaves, next."""
        with self._lock:
            plan = self._db.execute("SELECT min(at) FROM plans WHERE NOT done").fetchone()[0]
            owed = self._db.execute(
                "SELECT min(first) FROM (SELECT min(at) AS first FROM movements WHERE payout IS NULL"
                " GROUP BY tenant HAVING sum(amount - fee) > 0)"
            ).fetchone()[0]
        due = [] if plan is None else [datetime.fromisoformat(plan)]
        due += [] if owed is None else [datetime.fromisoformat(owed) + timedelta(PAYOUT_DAYS)]
        return min(due, default=None)

    def is_busy(self, now: datetime) -> bool:
        """Whether something is due that was not done yet."""
        with self._lock:
            plan = self._db.execute("SELECT 1 FROM plans WHERE NOT done AND at <= ?", (_stamp(now),)).fetchone()
            until = _stamp(now - timedelta(PAYOUT_DAYS))
            owed = self._db.execute(
                "SELECT 1 FROM movements WHERE payout IS NULL AND at <= ? GROUP BY tenant HAVING sum(amount - fee) > 0",
                (until,),
            ).fetchone()
        return plan is not None or owed is not None

    def payouts(self) -> list[Object]:
        """Every payout that left."""
        with self._lock:
            rows = self._db.execute("SELECT body FROM objects WHERE kind = 'payout'").fetchall()
        return [json.loads(body) for (body,) in rows]

    def signed(self, outgoing: Outgoing, at: int) -> str:
        """The `Stripe-Signature` of a webhook, with the client's own secret."""
        secret = f"whsec_{hmac.new(self._secret.encode(), outgoing.tenant.encode(), hashlib.sha256).hexdigest()}"
        made = hmac.new(secret.encode(), f"{at}.".encode() + outgoing.body, hashlib.sha256).hexdigest()
        return f"t={at},v1={made}"

    # What it keeps

    def _tell(self, kind: str, about: Object, now: datetime) -> None:
        """Keep the object and its news; about a quarter of the news go out twice."""
        self._put(about)
        count = self._db.execute("SELECT count(*) FROM news").fetchone()[0]
        event_id = f"evt_{self._token('/'.join((str(about['id']), kind, str(count))))}"
        event = {"id": event_id, "type": kind, "created": int(now.timestamp()), "data": {"object": about}}
        chance = Chance(self._seed, event_id)
        for _ in range(2 if chance.happens("twice", 25) else 1):
            self._db.execute(
                "INSERT INTO news (tenant, body, rank) VALUES (?, ?, ?)",
                (about["metadata"].get("tenant", ""), json.dumps(event), chance.number("rank") % 1000),
            )

    def _put(self, made: Object) -> None:
        tenant = made["metadata"].get("tenant", "")
        row = (made["id"], tenant, made["object"], json.dumps(made))
        self._db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", row)

    def _plan(self, object_id: str, what: str, at: datetime) -> None:
        self._db.execute("INSERT INTO plans (object, what, at) VALUES (?, ?, ?)", (object_id, what, _stamp(at)))

    def _move(self, metadata: Mapping[str, str], kind: str, source: str, cents: int, fee: int, now: datetime) -> None:
        self._db.execute(
            "INSERT INTO movements (tenant, kind, source, amount, fee, at) VALUES (?, ?, ?, ?, ?, ?)",
            (metadata.get("tenant", ""), kind, source, cents, fee, _stamp(now)),
        )

    @contextmanager
    def _once(self, key: str, form: Mapping[str, str], prefix: str) -> Generator[tuple[str, Object | None]]:
        """One request under its key: the id it makes, and what it made before. All or nothing."""
        if not key:
            raise RefusedError(400, "idempotency_key_missing")
        digest = json.dumps(dict(sorted(form.items())))
        with self._lock:
            found = self._db.execute("SELECT digest, id FROM keys WHERE name = ?", (key,)).fetchone()
            if found is not None:
                if found[0] != digest:
                    raise RefusedError(409, "idempotency_key_in_use")
                yield found[1], self.get(found[1])
                return
            made_id = f"{prefix}_{self._token(key)}"
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute("INSERT INTO keys VALUES (?, ?, ?)", (key, digest, made_id))
                yield made_id, None
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _token(self, name: str) -> str:
        return hashlib.sha256(f"{self._seed}/{name}".encode()).hexdigest()[:24]


def _read_secrets(path: Path | None) -> tuple[str, str]:
    if path is None:
        return "", ""
    account = tomllib.loads(path.read_text())["*"]
    return str(account["api_key"]), str(account["webhook_secrets"][0])


def _cents(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "")
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= 99_999_999:
        raise RefusedError(400, "amount_invalid")
    return int(text)


def _metadata(form: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in form.items()
        if name.startswith("metadata[")
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
