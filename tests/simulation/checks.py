"""What must be true when everything has come to rest, whatever went wrong before.

What must hold at each step is in `stores`:
the ledger balances, no decision is overwritten, and nothing is said twice with different content.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.claims.core import INTAKE_FILE
from services.payments.core.account_messages import PostPatientPayment, ReversePatientPayment
from services.payments.core.inbound_file import INBOUND_FILE
from services.payments.core.ledger import Totals
from services.payments.core.remittance import REMITTANCE
from shared.decider import Decider
from shared.store.port import Key
from tests.simulation.cash import check_cash
from tests.simulation.collecting import check_desk
from tests.simulation.money import reversal_of
from tests.simulation.service import Service
from tests.simulation.stores import POISON, buried
from tests.simulation.world import Book, World

CLAIM_ENDS = frozenset({"held", "submitted", "accepted", "paid", "denied"})
SUBMISSION_ENDS = frozenset({"sent", "refused", "empty"})

ID_STARTS = len('{"id":"')
ID_ENDS = ID_STARTS + 36
"""An envelope begins with its id, which derives from the message it answers."""


def check(world: World, book: Book, undisturbed: Book) -> None:
    """AssertionError names what is wrong."""
    for service in world.services:
        for decider in service.deciders:
            _history_is_whole_and_public(world, service, decider)
        _dead_letters_have_reasons(world, service)
    _files_are_taken_or_explained(world)
    _eras_are_taken_or_explained(world)
    _nothing_torn_goes_on(world)
    _ends_are_legal(world, book)
    _the_book_ties_out(world, book)
    check_cash(world.services[2], book.totals, world.payments.processor)
    check_desk(world.collections, world.services[3])
    _the_book_is_the_undisturbed_one(book, undisturbed, is_entangled=world.script.is_entangled)


def _history_is_whole_and_public(world: World, service: Service, decider: Decider[Any, Any, Any]) -> None:
    """State is the fold of the journal, and every event in the journal was published as it stands there."""
    for key, document, row in service.store.read_back(decider):
        where, state = f"{decider.kind} {key}", row.snapshot.state
        assert document["parked"] is None, f"{where}: parked for {document['parked']}"
        assert not document["effects"] or document["next_effect_at"] is not None, f"{where}: an effect is stuck"
        lines = service.store.lines.get((decider.kind, key), {})
        assert set(lines) == set(range(1, document["facts"] + 1)), f"{where}: the journal has not every fact"
        history = [lines[number] for number in sorted(lines)]
        ids = {line["meta"][:ID_ENDS] for line in history}
        assert len(ids) == len(history), f"{where}: a message was decided twice"
        facts = [decider.fact_codec.validate_json(line["fact"]) for line in history]
        assert decider.fold(facts) == state, f"{where}: state is not its history"
        for line in history:
            if line["event"] is not None:
                said = world.bus.said.get(line["meta"][ID_STARTS:ID_ENDS])
                assert said is not None, f"{where}: {line['type']} was never published"
                assert said[1] == line["event"].encode(), f"{where}: {line['type']} was published otherwise"


def _dead_letters_have_reasons(world: World, service: Service) -> None:
    """Exactly what nobody could read lies there, and why."""
    letters = {(d["topic"], d["partition"], d["offset"]) for d in buried(service.store)}
    assert all(d["reason"] for d in buried(service.store)), f"{service.name}: a dead letter without a reason"
    poison = {
        (r.topic, r.partition, r.offset)
        for place, log in world.bus.logs.items()
        if place[0] in service.group.topics
        for r in log
        if r.key == POISON
    }
    assert letters == poison, f"{service.name}: dead letters are not what was unreadable"


def _files_are_taken_or_explained(world: World) -> None:
    """Nothing waits in the folder, nothing of it is gone, and what could not be read is said to be so, once."""
    drop, at_claims = world.outside.drop, world.services[1]
    assert not drop.lying(), f"files were left lying: {drop.lying()}"
    aside = Counter((place[0], file.content) for place, file in drop.files.items())
    assert aside == Counter((file.tenant, file.content) for file in world.script.files), "a dropped file is gone"
    files = at_claims.store.states(INTAKE_FILE)
    known = {file.file_id for file in world.script.files if file.damage != "name"}
    assert {key.id for key in files} == known, "another file was read than was dropped"
    noted = {
        note["file_id"]: note["code"]
        for note in at_claims.store._notes.get("quarantine", {}).values()
        if "file_id" in note
    }
    for file in world.script.files:
        state = files.get(Key(file.tenant, file.file_id))
        if file.damage in {"torn", "no x12"}:
            assert state is not None, f"{file.name}: it was never read"
            assert state.status != "reading", f"{file.name}: it is still being read"
            assert state.reason is not None, f"{file.name}: no reason"
        elif state is not None:
            whole = max(one.claims for one in world.script.files if one.file_id == file.file_id)
            assert (state.status, state.taken) == ("completed", whole), (
                f"{file.name}: {state.status}, {state.taken} taken"
            )
        explained = file.damage in {"torn", "broken off", "no x12", "name"}
        assert (file.file_id in noted) == explained, f"{file.name}: not explained"


def _nothing_torn_goes_on(world: World) -> None:
    """A claim that its file breaks off in is taken, says so, and waits for a person."""
    claims = {key.id: state for key, state in world.services[1].store.states(world.claims.claim).items()}
    for claim_id in world.script.torn:
        assert claim_id in claims, f"torn claim {claim_id}: it is gone"
        assert claims[claim_id].status == "held", f"torn claim {claim_id}: {claims[claim_id].status}"


def _eras_are_taken_or_explained(world: World) -> None:
    """The same of remittance files: each is read or says why not; nothing waits for a person but what is not whole."""
    exchange, at_payments = world.outside.exchange, world.services[2]
    assert not exchange.lying(), f"remittance files were left lying: {exchange.lying()}"
    aside = Counter((place[0], file.content) for place, file in exchange.files.items())
    assert aside == Counter((era.tenant, era.content) for era in world.script.eras), "a remittance file is gone"
    files = at_payments.store.states(INBOUND_FILE)
    noted = at_payments.store._notes.get("quarantine", {})
    for era in world.script.eras:
        state = files.get(Key(era.tenant, era.file_id))
        if era.damage == "name":
            assert state is None, f"{era.name}: it was read"
        else:
            assert state is not None, f"{era.name}: it was never read"
            wanted = {"torn": {"read", "quarantined"}, "no x12": {"quarantined"}}.get(era.damage, {"read"})
            assert state.status in wanted, f"{era.name}: it is {state.status}"
        explained = any(name.startswith(era.file_id) for name in noted)
        unread = era.damage == "name" or (state is not None and state.status == "quarantined")
        assert explained or not unread, f"{era.name}: not explained"
        assert unread or era.damage == "torn" or not explained, f"{era.name}: it is whole"
    whole = {decision.remittance_id for billed in world.script.billed for decision in billed.remitted}
    states = at_payments.store.states(REMITTANCE)
    assert {key.id for key, state in states.items() if state.status == "posted"} == whole, "not what was remitted"
    for key, state in states.items():
        if state.status != "posted":
            assert (state.status, state.postable) == ("parked", False), f"remittance {key}: {state.status}"
            assert state.imbalance, f"remittance {key}: parked without a reason"


def _ends_are_legal(world: World, book: Book) -> None:
    for key, status in book.claims.items():
        assert status in CLAIM_ENDS, f"claim {key} ended as {status}"
    at_claims = world.services[1]
    for key, state in at_claims.store.states(at_claims.decider("submission")).items():
        assert state.status in SUBMISSION_ENDS, f"submission {key} ended as {state.status}"
    at_payments, at_collections = world.services[2:]
    accounts = at_payments.store.states(world.payments.account)
    for key, state in at_collections.store.states(world.collections.collection).items():
        owed = accounts[key].owed_cents
        assert state.balance_cents == owed, f"account {key}: collections asks for {state.balance_cents}, owed is {owed}"


def _the_book_ties_out(world: World, book: Book) -> None:
    """Charges are those of claims that went out, once; money is what was paid, once."""
    total = sum(book.totals.values(), Totals())
    charged = sum(billed.charge_cents for billed in world.script.billed)
    assert total.charge_cents == charged, f"charged {total.charge_cents}, not {charged}"
    paid = sum(decision.claim.paid_cents for billed in world.script.billed for decision in billed.remitted)
    assert total.paid_cents == paid, f"payers paid {paid}, {total.paid_cents} were posted"
    messages = [told.message for told in world.script.payments]
    received = sum(one.paid_cents for one in messages if isinstance(one, PostPatientPayment))
    backs = [one for one in messages if isinstance(one, ReversePatientPayment)]
    received -= sum(one.reversed_cents for one in backs if _went_back(world, one))
    assert total.received_cents == received, f"patients paid {received}, {total.received_cents} were posted"


def _went_back(world: World, back: ReversePatientPayment) -> bool:
    """Whether a reversal was made. A refund may have had nothing to give back, and was refused; the others may not."""
    account = world.services[2].store.states(world.payments.account)[Key(back.meta.tenant, back.account_id)]
    made = next((account.reversals[name] for name in reversal_of(back) if name in account.reversals), None)
    assert made is not None, f"{back.reversal_id}: neither made nor refused"
    assert made.status == "made" or back.cause == "refund", f"{back.reversal_id}: a {back.cause} is {made.status}"
    return bool(made.status == "made")


def _comparable(totals: Totals) -> Totals:
    """What does not depend on the order of the news: of patients' balances, their sum with what settled them.

    A refund, too, is made or refused by what is applied when it comes; what came in and went back is judged by itself.
    """
    settled = totals.patient_paid_cents + totals.written_off_cents + totals.patient_cents
    return replace(
        totals,
        patient_paid_cents=settled,
        written_off_cents=0,
        patient_cents=0,
        credit_cents=0,
        received_cents=0,
        unapplied_cents=0,
    )


def _the_book_is_the_undisturbed_one(book: Book, undisturbed: Book, *, is_entangled: bool) -> None:
    totals, expected = book.totals, undisturbed.totals
    if is_entangled:
        totals, expected = ({k: _comparable(t) for k, t in one.items()} for one in (totals, expected))
    assert totals == expected, f"the final book depends on what went wrong: {_differ(totals, expected)}"
    assert book.claims == undisturbed.claims, f"claims end otherwise: {_differ(book.claims, undisturbed.claims)}"
    if is_entangled:
        return
    desks = _differ(book.desk, undisturbed.desk)
    assert book.desk == undisturbed.desk, f"what is done at the desk ends otherwise: {desks}"
    differ = _differ(book.collections, undisturbed.collections)
    assert book.collections == undisturbed.collections, f"collections end otherwise: {differ}"


def _differ(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> str:
    return "; ".join(
        f"{key}: {one.get(key)}, undisturbed {other.get(key)}"
        for key in sorted({*one, *other})
        if one.get(key) != other.get(key)
    )
