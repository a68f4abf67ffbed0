"""The person, the gate's decisions and disputes as collectors see them: no sealed field leaves."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from services.collections.core import Account, CollectionFact
from services.collections.core.asking import judged_again, says_the_same
from services.collections.core.gate_shelf import RuleShelf
from services.collections.core.letters import day_of
from services.collections.core.person import DisputeRecord
from services.collections.core.person_facts import WishJudged
from shared.decider import Decider, Entry


def shown_person(account: Account) -> dict[str, Any]:
    """What is known of the person and the debt, and what is held because of it."""
    person, debt = account.person, account.debt
    case = person.bankruptcy
    return {
        "account_id": account.account_id,
        "language": person.language,
        "state": person.state,
        "zones": person.zones,
        "reaches": [_without_seal(one) for one in person.all_reaches()],
        "consents": [_plain(one) for one in person.consents],
        "stops": [{"medium": one.medium, "at": one.at} for one in person.stops],
        "hours": [
            {"begins": one.begins, "ends": one.ends, "weekdays": sorted(one.weekdays)} for one in person.refused_hours
        ],
        "flags": dict(person.flags),
        "ceased_at": person.ceased_at,
        "bankruptcy": None if case is None else _without_seal(case),
        "debt": {name: value for name, value in _plain(debt).items() if name != "disputes"},
        "disputes": [shown_dispute(one) for one in debt.disputes],
        "held": [_plain(one) for one in account.holds],
        "calls_asked": [_plain(one) for one in account.call_tasks],
        "work": account.work,
    }


def shown_dispute(dispute: DisputeRecord) -> dict[str, Any]:
    """A dispute and its documents."""
    shown = _plain(dispute)
    shown["evidence"] = [{"document_id": one, "document": kind} for one, kind in dispute.evidence]
    return shown


def shown_decision(fact: WishJudged) -> dict[str, Any]:
    """One answer of the gate. `until`: from when it may be asked again with hope; null where time alone helps not."""
    untils = [one.until for one in fact.findings if one.effect == "block"]
    waits = [one for one in untils if one is not None]
    return {
        **fact.model_dump(exclude={"type", "account_id", "heard"}),
        "until": max(waits) if waits and len(waits) == len(untils) else None,
    }


def decisions_made_again(
    decider: Decider[Account, Any, CollectionFact],
    shelf: RuleShelf,
    tenant: str,
    history: Sequence[Entry[CollectionFact]],
) -> Iterator[tuple[WishJudged, bool]]:
    """Every decision of an account, and whether it comes out the same when it is made anew from the journal."""
    account = decider.initial
    for entry in history:
        fact = entry.fact
        if isinstance(fact, WishJudged):
            rules = shelf.on(tenant, day_of(entry.meta.occurred_at))
            yield fact, says_the_same(fact, judged_again(rules, account, fact))
        account = decider.evolve(account, fact)


def _without_seal(one: Any) -> dict[str, Any]:
    return {name: value for name, value in _plain(one).items() if not name.startswith("sealed")}


def _plain(one: Any) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}
