"""What must be true after every run, whatever went wrong in it."""

from typing import Any

from services.payments.core.ledger import Totals, totals_of
from shared.decider import Decider
from shared.wire import header_map
from tests.simulation.service import Service
from tests.simulation.world import ACCOUNT, Book, World


async def check(world: World, book: Book, undisturbed: Book) -> None:
    """AssertionError names what is wrong."""
    for service in world.services:
        for decider in service.deciders:
            await _state_is_the_fold_of_the_journal(service, decider)
            await _nothing_is_parked(service, decider)
        assert await service.store.count_notes("dead_letters") == 0, "a good record was buried"
    _events_are_in_order_and_said_once(world)
    await _the_book_ties_out(world)
    _the_book_is_the_undisturbed_one(book, undisturbed)


async def _state_is_the_fold_of_the_journal(service: Service, decider: Decider[Any, Any, Any]) -> None:
    async for key, state in service.store.scan(decider):
        history = await service.store.history(decider, key)
        assert [e.number for e in history] == list(range(1, len(history) + 1)), (
            f"{decider.kind} {key}: a fact is missing"
        )
        assert decider.fold(e.fact for e in history) == state, f"{decider.kind} {key}: state is not its history"
    assert not await service.relay.owing([decider]), f"{decider.kind}: something was never published"


async def _nothing_is_parked(service: Service, decider: Decider[Any, Any, Any]) -> None:
    parked = await service.store.parked(decider, None)
    assert not parked, f"{decider.kind}: parked: {[reason for _, reason, _ in parked]}"


def _events_are_in_order_and_said_once(world: World) -> None:
    """Duplicates are allowed, gaps and contradictions are not; first sightings come in sequence."""
    seen: dict[str, bytes] = {}
    last: dict[tuple[str, str], int] = {}
    scripted = {str(m.meta.id) for m in (*world.script.submitted, *world.script.remitted)}
    for record in world.bus.records:
        headers = header_map(record.headers)
        if headers["ce_id"] in scripted or headers["ce_type"] == "due.v1":
            continue
        known = seen.setdefault(headers["ce_id"], record.value)
        assert known == record.value, f"{headers['ce_type']}: one id, two contents"
        subject, sequence = (headers["ce_tenant"], headers["ce_subject"]), int(headers["ce_sequence"])
        assert sequence <= last.get(subject, 0) + 1, f"{subject}: a gap before {sequence}"
        last[subject] = max(last.get(subject, 0), sequence)


async def _the_book_ties_out(world: World) -> None:
    book = Totals()
    async for key, state in world.payments.store.scan(ACCOUNT):
        totals = totals_of(state)
        assert totals.ties_out, f"{key}: charges are not all accounted for: {totals}"
        book += totals
    charged = sum({m.claim_id: m.charge_cents for m in world.script.submitted}.values())
    assert book.charge_cents == charged, "a charge was lost or doubled"
    assert book.received_cents == sum(p.paid_cents for p in world.script.payments), "patient money was lost or doubled"
    paid = sum({m.remitted.place: m.remitted.paid_cents for m in world.script.remitted}.values())
    assert book.paid_cents == paid, "payer money was lost or doubled"


def _the_book_is_the_undisturbed_one(book: Book, undisturbed: Book) -> None:
    assert book.totals == undisturbed.totals, "the final book depends on what went wrong"
    assert book.collections == undisturbed.collections, "what collections did depends on what went wrong"
