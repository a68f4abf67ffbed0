"""The proof of the cash book finds what was tampered with, wherever it was done."""

from collections.abc import Callable
from typing import Any, cast

from services.payments.books_proof import Books, prove_books
from services.payments.cash_parts import cash_parts
from shared.store.memory import MemoryStore
from tests.payments.bank_files import ACCOUNT, ROUTING, Line, bai2
from tests.payments.card_house import Till
from tests.payments.test_proof import Saboteur, cent
from tests.payments.world import TENANT, World

Corrupt = Callable[[Saboteur], object]


async def furnish(till: Till) -> None:
    """Something in every part of the book: a card paid, disputed, refunded and paid out; a till; checks; deposits."""
    cashier = till.cashier
    intent = await till.pay(asked_cents=5_600)
    await till.deliver()
    till.processor.dispute(intent["processor_id"], 1_000, "10.4", cashier.clock.now())
    refund: dict[str, Any] = {"account_id": "acct_1", "party": "patient", "method": "card", "reason": "paid too much"}
    refund |= {"payment_id": f"pay_{intent['intent_id']}", "refunded_cents": 600}
    await cashier.made("/refunds", refund)
    await till.deliver()
    check = {"account_id": "acct_1", "paid_cents": 300, "method": "check", "deposit_slip": "SLIP-1"}
    first = await cashier.made("/payments", check)
    await cashier.made("/payments", {**check, "paid_cents": 200})
    await cashier.made("/tills/front/open", {"float_cents": 1_000})
    await cashier.made("/tills/front/payments", {"account_id": "acct_1", "paid_cents": 500, "method": "cash"})
    await cashier.made("/tills/front/close", {"counted_cash_cents": 1_490, "counted_check_cents": 0, "slip": "BAG-1"})
    await cashier.remitted("rem_1", 6_000, "T1")
    await cashier.days(2)
    till.processor.tick(cashier.clock.now())
    await till.deliver()
    account = {"name": "Operating", "routing_number": ROUTING, "account_number": ACCOUNT}
    await cashier.made("/bank/accounts", account)
    lines = (
        Line(6_000, text="TRN*1*T1*1512345678~"),
        Line(500, 301, "D1", "SLIP-1"),
        Line(490, 301, "D2", "BAG-1"),
        Line(77, bank_reference="D3"),
    )
    taken = await cashier.post("/bank/files?form=bai2", content=bai2(*lines, on=cashier.clock.at.date()))
    assert taken.status_code == 201
    await cashier.made(f"/payments/{first['payment_id']}/returned", {"account_id": "acct_1", "reason": "NSF"})


async def prove(world: World) -> Books:
    return await prove_books(world.store, world.account_decider, cash_parts().deciders, TENANT)


def first_part(change: Callable[[list[Any]], object]) -> Callable[[dict[str, Any]], object]:
    return lambda state: change(state["parts"][0])


def swap(fact: dict[str, Any]) -> None:
    fact["debit"], fact["credit"] = fact["credit"], fact["debit"]


def whichever(kind: str, change: Callable[[dict[str, Any]], object]) -> Corrupt:
    """The first aggregate of a kind that can be changed so."""

    def corrupt(sabotage: Saboteur) -> None:
        for which in range(20):
            try:
                sabotage.state(kind, change, which)
            except (KeyError, TypeError, StopIteration):
                continue
            except IndexError:
                if which >= len(vars(sabotage.store)["_rows"][kind]):
                    raise
                continue
            return

    return corrupt


CORRUPTIONS: dict[str, tuple[Corrupt, str]] = {
    "a deposit of a cent more": (lambda s: s.state("deposit", cent("cents")), "cash book: bank"),
    "a deposit's entry changed": (lambda s: s.journal("deposit.recorded.v1", cent("cents")), "cash book: "),
    "a match that one side forgot": (
        whichever("expected", lambda of: of["parts"].pop()),
        "a match of which one side knows another amount",
    ),
    "a match of another amount on the other side": (
        whichever("expected", first_part(lambda part: part.__setitem__(1, part[1] - 1))),
        "a match of which one side knows another amount",
    ),
    "a match's entry with its sides swapped": (lambda s: s.journal("deposit.part-matched.v1", swap), "cash book: "),
    "money that is expected as something else": (
        whichever("expected", lambda of: of.__setitem__("cents", of["cents"] + 100)),
        "expected is not what its facts make",
    ),
    "what was expected vanished": (lambda s: s.lose("expected"), "facts in the journal"),
    "a card payment's entry missing": (lambda s: s.without("card.received.v1"), "gap in the journal"),
    "a card payment's entry of another amount": (
        lambda s: s.journal("card.received.v1", cent("cents")),
        "cash book: patient_money",
    ),
    "a fee that nobody took": (lambda s: s.state("card_payment", cent("fee_cents")), "cash book: processor_fees"),
    "a dispute that is marked as won": (
        lambda s: s.state("card_payment", lambda of: of["disputes"][0].__setitem__(2, "won")),
        "cash book: patient_money",
    ),
    "a refund issued twice": (lambda s: s.again("refund.issued-fact.v1"), "facts in the journal"),
    "a refund marked as refused": (
        lambda s: s.state("refund", lambda of: of.__setitem__("status", "refused")),
        "cash book: patient_money",
    ),
    "a check that lost a cent": (lambda s: s.state("entered_payment", cent("cents", -1)), "cash book: undeposited"),
    "a returned check forgotten": (
        whichever("entered_payment", lambda of: of["returns"].pop()),
        "cash book: ",
    ),
    "a till's shortage hidden": (
        lambda s: s.state("till", lambda of: of["closings"][0].__setitem__(6, of["closings"][0][6] + 10)),
        "cash book: over_short",
    ),
    "a bag that was never sent": (lambda s: s.without("till.banked.v1"), "gap in the journal"),
    "a card payment that vanished": (lambda s: s.lose("card_payment"), "facts in the journal"),
}


async def test_a_planted_corruption_of_the_cash_book_is_found(till: Till) -> None:
    await furnish(till)
    await till.cashier.proof()
    world = till.cashier.world
    store = vars(cast("MemoryStore", world.store))
    kept = {kind: dict(rows) for kind, rows in store["_rows"].items()}, dict(store["_journal"])
    missed: dict[str, Any] = {}
    for name, (corrupt, what) in CORRUPTIONS.items():
        corrupt(Saboteur(world))
        books = await prove(world)
        if books.proved or not any(one.what.startswith(what) for one in books.cash.discrepancies):
            missed[name] = books.cash.discrepancies
        for kind, rows in kept[0].items():
            store["_rows"][kind].clear()
            store["_rows"][kind].update(rows)
        store["_journal"].clear()
        store["_journal"].update(kept[1])
    assert missed == {}
    assert (await prove(world)).proved


async def test_money_of_a_patient_that_the_cash_book_never_saw_is_found(till: Till) -> None:
    from tests.payments.kit import paid

    world = till.cashier.world
    await world.runtime.shell.transact(world.account_decider, (paid("pay_1", 2_500),))
    books = await prove(world)
    assert books.ledger.proved
    assert [(one.what, one.stated_cents, one.expected_cents) for one in books.cash.discrepancies] == [
        ("patients' money: cash book against ledger", 0, 2_500)
    ]
