"""How the facts about bills change an account. No rules here."""

from typing import assert_never

from services.payments.core.account_shape import Account
from services.payments.core.bill_facts import (
    AnyBillFact,
    ApplicationHeard,
    BillDecided,
    BillStanding,
    BillWordRefused,
    BillWordSaid,
    PersonsBillWord,
)
from shared.replaced import replace


def as_bills_said(state: Account, fact: AnyBillFact) -> Account:
    """The account after one of them."""
    match fact:
        case BillDecided():
            standing = BillStanding(fact.outcome, fact.rule, fact.version, fact.since, fact.until)
            bill = None if fact.outcome == "nothing_owed" else standing
            item = replace(state.receivables[fact.item_id], bill=bill)
            return replace(state, receivables={**state.receivables, fact.item_id: item})
        case BillWordSaid():
            words = {item_id: word for item_id, word in state.bill_words.items() if item_id != fact.item_id}
            if fact.word != "bill":
                words[fact.item_id] = PersonsBillWord(fact.word, fact.reason, fact.until)
            answered = {**state.answered, fact.command_id: ""}
            return replace(state, bill_words=words, answered=answered)
        case BillWordRefused():
            return replace(state, answered={**state.answered, fact.command_id: fact.because})
        case ApplicationHeard():
            heard = {**state.applications, fact.application_id: (fact.sequence, fact.open)}
            return replace(state, applications=heard)
        case _:
            assert_never(fact)
