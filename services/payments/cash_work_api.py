"""HTTP of what waits for a person on the cash side, the oldest first, and of the lists that the bank left."""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, get_args

from fastapi import APIRouter, Depends

from services.payments.api_models import Limit, Reader
from services.payments.cash_parts import CashParts, cash_parts_of
from services.payments.core.bank_file import BANK_FILE
from services.payments.core.card_payment import CARD_PAYMENT
from services.payments.core.control_number import CONTROL_NUMBER
from services.payments.core.payout import PAYOUT
from shared.decider import Decider, Scalar
from shared.http import Run
from shared.store.port import Store

cash_work = APIRouter()

Parts = Annotated[CashParts, Depends(cash_parts_of)]
WorkKind: TypeAlias = Literal[
    "unmatched_claim",
    "unapplied_cash",
    "deposit_without_remittance",
    "remittance_without_deposit",
    "credit",
    "refund_to_approve",
    "odd_card_payment",
    "odd_payout",
]


class Work(NamedTuple):
    """One thing that waits: since when, what it is about, and where more of it is told."""

    kind: WorkKind
    id: str
    cents: int
    since: date | None
    what: str
    path: str


class Source(NamedTuple):
    """Where work of a kind is found: aggregates by an index."""

    decider: Decider[Any, Any, Any]
    where: Mapping[str, Scalar]


def sources(parts: CashParts) -> Mapping[WorkKind, Source]:
    """Every kind of work, and what it is a list of."""
    return {
        "unmatched_claim": Source(CONTROL_NUMBER, {"held": True}),
        "unapplied_cash": Source(parts.deposit, {"status": "open"}),
        "deposit_without_remittance": Source(parts.deposit, {"status": "late"}),
        "remittance_without_deposit": Source(parts.expected, {"status": "late"}),
        "credit": Source(parts.credit_case, {"open": True}),
        "refund_to_approve": Source(parts.refund, {"waits": True}),
        "odd_card_payment": Source(CARD_PAYMENT, {"odd": True}),
        "odd_payout": Source(PAYOUT, {"odd": True}),
    }


@cash_work.get("/cash/work")
async def work(
    run: Run, caller: Reader, parts: Parts, kind: WorkKind | None = None, after: str | None = None, limit: Limit = 50
) -> dict[str, Any]:
    """How much of each kind waits, and the first of each, the oldest first.

    With `kind` only that one, by id: go on with `after` the last one's.
    """
    today = run.clock.now().date()
    kinds = (kind,) if kind else get_args(WorkKind)
    found: list[Work] = []
    counts: dict[str, int] = {}
    for one in kinds:
        source = sources(parts)[one]
        counts[one] = await run.store.count(source.decider, caller.tenant, source.where)
        start = after if kind else None
        found += [item async for item in _found(run.store, caller.tenant, one, source, start, limit)]
    if kind is None:
        found.sort(key=lambda item: (item.since or date.max, item.kind, item.id))
    return {"counts": counts, "items": [_shown(item, today) for item in found[:limit]]}


@cash_work.get("/bank/files")
async def bank_files(run: Run, caller: Reader, after: str | None = None, limit: Limit = 50) -> list[dict[str, Any]]:
    """The bank's lists that were picked up, each once, with what came of it."""
    found = await run.store.find(BANK_FILE, caller.tenant, {}, after, limit)
    return [
        {
            "file_id": one.file_id,
            "name": one.name,
            "form": one.form,
            "credits": one.credits,
            "known_before": one.known,
            "credited_cents": one.credited_cents,
            "debits_passed_over": one.debits,
            "statements_refused": one.refused,
            "came_again_as": one.again,
        }
        for _, one in found
    ]


async def _found(
    store: Store, tenant: str, kind: WorkKind, source: Source, after: str | None, limit: int
) -> AsyncIterator[Work]:
    for _, state in await store.find(source.decider, tenant, source.where, after, limit):
        yield _work(kind, state)


# One branch for each kind: a table.
def _work(kind: WorkKind, state: Any) -> Work:  # noqa: PLR0911
    match kind:
        case "unmatched_claim":
            first = state.held[0]
            number = state.patient_control_number
            cents, days = sum(one.paid_cents for one in state.held), [one.payment_date for one in state.held]
            path = f"/unmatched?remittance_id={first.remittance_id}"
            return Work(kind, number, cents, min(days), f"{len(state.held)} decisions of {first.payer_id}", path)
        case "unapplied_cash" | "deposit_without_remittance":
            what = f"trace {state.trace}" if state.trace else f"bank reference {state.bank_reference}"
            path = f"/bank/deposits/{state.deposit_id}/candidates"
            return Work(kind, state.deposit_id, state.unapplied_cents, state.deposited_on, what, path)
        case "remittance_without_deposit":
            what = f"{state.kind} {state.trace}".strip()
            path = f"/bank/expected?status={state.status}"
            return Work(kind, state.expected_id, state.open_cents, state.sent_on, what, path)
        case "credit":
            whose = "a payer" if state.claim_id else "a patient"
            return Work(kind, state.case_id, state.cents, state.found_on, f"of {whose}", f"/credits/{state.case_id}")
        case "refund_to_approve":
            what = f"to a {state.party}, by {state.method}"
            return Work(kind, state.refund_id, state.cents, state.asked_on, what, f"/refunds/{state.refund_id}")
        case "odd_card_payment":
            what = [*state.odd, *state.shortfalls][0]
            path = f"/payment-intents/{state.intent_id}"
            return Work(kind, state.intent_id, state.asked_cents, None, what, path)
        case "odd_payout":
            path = f"/payouts/{state.payout_id}"
            return Work(kind, state.payout_id, state.cents, state.arrives_on, state.odd or "it came twice", path)


def _shown(item: Work, today: date) -> dict[str, Any]:
    return item._asdict() | {"age_days": None if item.since is None else (today - item.since).days}
