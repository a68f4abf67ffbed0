"""Two policies over the same past: which accounts, dollars and contacts differ, and why, account by account."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import zip_longest

from services.collections.core import Account, PolicyBook
from services.collections.core.account import make_decider
from services.collections.core.gate_shelf import RuleShelf
from services.collections.core.policy_explain import explain
from services.collections.simulate.life import Deed, Life, live
from services.collections.simulate.past import Input, Told
from shared.contracts import PatientPaymentReceived

PAID_WITHIN = timedelta(days=14)
"""A payment this soon after a contact is counted as perhaps caused by it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One account that the two policies treat differently. Cents are what the newer does less the older."""

    account_id: str
    policies: tuple[str, str]
    first_on: date
    older: str  # what the older does first that the newer does not, or in another way
    newer: str
    why: tuple[str, ...]
    contacts: int
    placed_cents: int
    written_off_cents: int
    endings: tuple[str, str]
    payments_at_risk_cents: int  # paid soon after a contact that the newer does not make


@dataclass(slots=True)
class Tally:
    """What one policy did in all."""

    accounts: int = 0
    contacts: Counter[str] = field(default_factory=Counter[str])
    placed: int = 0
    placed_cents: int = 0
    written_off_cents: int = 0
    reviews: int = 0
    endings: Counter[str] = field(default_factory=Counter[str])
    cost_cents: int = 0
    busiest_day: int = 0  # contacts on the day with most

    @property
    def contact_count(self) -> int:
        return self.contacts.total()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both tallies, and every account that differs."""

    tenant: str
    until: date
    older: Tally
    newer: Tally
    differences: tuple[Difference, ...]


def compare(
    tenant: str,
    past: Mapping[str, Sequence[Input]],
    books: tuple[PolicyBook, PolicyBook],
    rules: RuleShelf,
    until: date,
) -> Comparison:
    """Live every account's past under both books of policies. The older comes first."""
    deciders = tuple(make_decider(book, rules) for book in books)
    tallies, differences = (Tally(), Tally()), list[Difference]()
    days = (Counter[date](), Counter[date]())
    for account_id, told in sorted(past.items()):
        lives = [live(decider, tenant, account_id, told, until) for decider in deciders]
        for tally, life, book, by_day in zip(tallies, lives, books, days, strict=True):
            _count(tally, life, book, by_day)
        found = difference(books, lives[0], lives[1], [item.told for item in told])
        if found is not None:
            differences.append(found)
    for tally, by_day in zip(tallies, days, strict=True):
        tally.busiest_day = max(by_day.values(), default=0)
    return Comparison(tenant, until, tallies[0], tallies[1], tuple(differences))


def difference(
    books: tuple[PolicyBook, PolicyBook], older: Life, newer: Life, told: Iterable[Told]
) -> Difference | None:
    """Where two lives of one account part, and why; None where they do not."""
    deeds = (older.deeds(), newer.deeds())
    parted = next(((a, b) for a, b in zip_longest(*deeds) if a != b), None)
    if parted is None and older.account.status == newer.account.status:
        return None
    first_on = min((deed.on for deed in parted or () if deed is not None), default=date.min)
    return Difference(
        account_id=older.account_id,
        policies=(_policy_of(older), _policy_of(newer)),
        first_on=first_on,
        older=_said(parted[0] if parted else None, older),
        newer=_said(parted[1] if parted else None, newer),
        why=tuple(_why(books, (older, newer), first_on)),
        contacts=sum(deed.is_contact for deed in deeds[1]) - sum(deed.is_contact for deed in deeds[0]),
        placed_cents=_cents(deeds[1], "placement") - _cents(deeds[0], "placement"),
        written_off_cents=_cents(deeds[1], "write_off") - _cents(deeds[0], "write_off"),
        endings=(older.account.status, newer.account.status),
        payments_at_risk_cents=at_risk(deeds[0], deeds[1], told),
    )


def at_risk(older: Sequence[Deed], newer: Sequence[Deed], told: Iterable[Told]) -> int:
    """Cents paid soon after a contact of the older policy that the newer does not make near that day."""
    after = [deed.on for deed in newer if deed.is_contact]
    missing = [
        deed.on for deed in older if deed.is_contact and not any(abs(deed.on - day) <= PAID_WITHIN for day in after)
    ]
    paid = [(one.meta.occurred_at.date(), one.paid_cents) for one in told if isinstance(one, PatientPaymentReceived)]
    return sum(cents for on, cents in paid if any(day <= on <= day + PAID_WITHIN for day in missing))


def _count(tally: Tally, life: Life, book: PolicyBook, by_day: Counter[date]) -> None:
    tally.accounts += 1
    tally.endings[life.account.status] += 1
    cost_cents = book.named(_policy_of(life)).contact_cost_cents if _policy_of(life) else 0
    for deed in life.deeds():
        if deed.is_contact:
            tally.contacts[_kind(deed)] += 1
            tally.cost_cents += cost_cents
            by_day[deed.on] += 1
        elif deed.what == "placement":
            tally.placed += 1
            tally.placed_cents += deed.cents
        elif deed.what == "write_off":
            tally.written_off_cents += deed.cents
        else:
            tally.reviews += 1


def _kind(deed: Deed) -> str:
    level = f" {deed.level}" if deed.level else ""
    return f"{deed.what}{level} by {deed.channel or 'letter'}"


def _policy_of(life: Life) -> str:
    """The policy of the last episode that the account had."""
    for _, account in reversed(life.states):
        if account.episode is not None:
            return account.episode.policy
    return ""


def _said(deed: Deed | None, life: Life) -> str:
    return f"nothing more; it is {life.account.status}" if deed is None else str(deed)


def _cents(deeds: Iterable[Deed], what: str) -> int:
    return sum(deed.cents for deed in deeds if deed.what == what)


def _why(books: tuple[PolicyBook, PolicyBook], lives: tuple[Life, Life], on: date) -> Iterator[str]:
    """What each policy says of the account on the eve of the day on which they part."""
    for name, book, life in zip(("older", "newer"), books, lives, strict=True):
        account = _before(life, on)
        explained = explain(book, life.tenant, account, on) if account is not None else None
        if explained is None:
            yield f"{name}: nothing is owed"
            continue
        chosen = next(one for one in explained.considered if one.applies)
        yield f"{name}: {explained.policy} ({'; '.join(chosen.reasons)})"
        yield f"{name}: next is {explained.next_action or 'nothing'} on {explained.next_on}"
        for step in explained.steps:
            if step.standing in {"next", "not_met", "ending"} and step.reasons:
                yield f"{name}: {step.step} is {step.standing.replace('_', ' ')}: {'; '.join(step.reasons)}"
        yield from (f"{name}: {wait}" for wait in explained.waits_for)


def _before(life: Life, on: date) -> Account | None:
    """The account as it stood before a day; where it began on that day, as it began."""
    earlier = [account for day, account in life.states if day < on]
    return earlier[-1] if earlier else (life.states[0][1] if life.states else None)
