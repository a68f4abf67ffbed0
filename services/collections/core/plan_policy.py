"""What a client offers to whoever cannot pay at once: dated, sourced configuration, read by `plan_policies.py`.

A plan that is agreed carries the figures it was agreed under; a newer version changes nothing of it. What a kind of
plan does not say is as the dunning policy of the open balance says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, NamedTuple, TypeAlias, TypeVar

from pydantic import ConfigDict

from services.collections.core.policy_conditions import ANYTHING, Condition

Role: TypeAlias = Literal["guarantor", "collector", "operator"]
"""Who proposes: the person who owes (on the hosted page), who collects, and who supervises that."""
ClosedDays: TypeAlias = Literal["as_is", "next", "previous"]
ExtraPays: TypeAlias = Literal["next", "last"]
NewBalances: TypeAlias = Literal["separate", "join"]
Method: TypeAlias = Literal["card", "ach"]
STRICT = ConfigDict(extra="forbid")


def _require(holds: bool, told: str) -> None:
    if not holds:
        raise ValueError(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVariant:
    """A kind of plan, such as the usual one, or one for hardship. None: as the dunning policy says.

    `lengths` are the numbers of installments that are shown as choices. Above `alone_installments_max`, or below
    `alone_installment_min_cents`, a second person approves. `self_service`: the guarantor may take one alone.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    lengths: tuple[int, ...]
    installments_max: int | None = None
    installment_min_cents: int | None = None
    first_due_within_days: int | None = None
    grace_days: int | None = None
    alone_installments_max: int = 0
    alone_installment_min_cents: int = 0
    down_payment_percent: int = 0
    self_service: bool = False
    when: Condition = ANYTHING

    def __post_init__(self) -> None:
        _require(bool(self.name), "name: a kind of plan has one")
        _require(bool(self.lengths) and min(self.lengths) >= 1, "lengths: give some, each at least 1")
        _require(self.installments_max is None or self.installments_max >= 1, "installments_max: at least 1")
        _require(self.installment_min_cents is None or self.installment_min_cents >= 1, "installment_min_cents: 1 cent")
        _require(self.grace_days is None or self.grace_days >= 0, "grace_days: not negative")
        _require(0 <= self.down_payment_percent < 100, "down_payment_percent: 0 to 99")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanConduct:
    """How plans are kept: what every kind of plan has in common.

    `misses_allowed` installments may stay unpaid beyond the grace before a plan is broken. `extra_pays`: money beyond
    what is due pays the next installments, or the last ones. `new_balances`: later care may join, or stays apart.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    offer_days: int
    misses_allowed: int
    re_ages_max: int
    re_age_within_days: int
    extra_pays: ExtraPays
    new_balances: NewBalances
    remind_days_before: int
    remind_channels: tuple[Literal["email", "text", "letter"], ...]
    placement_after_break_days: int
    closed_days: ClosedDays
    holidays: tuple[date, ...] = ()
    text_version: str

    def __post_init__(self) -> None:
        _require(self.offer_days >= 1, "offer_days: at least 1")
        _require(self.misses_allowed >= 0 and self.re_ages_max >= 0, "misses_allowed, re_ages_max: not negative")
        _require(self.remind_days_before >= 0, "remind_days_before: not negative; 0 reminds of nothing")
        _require(bool(self.text_version), "text_version: name the text that people agree to")


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopayRules:
    """When an installment is taken by itself, and how often it may be tried. `attempts` count the first one.

    A decline that is in neither list is hard: what is not understood is not tried again.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    attempts: Mapping[Method, int]
    retry_after_days: tuple[int, ...]
    soft: tuple[str, ...]
    hard: tuple[str, ...]
    answer_days: int
    text_version: str

    def __post_init__(self) -> None:
        _require(bool(self.retry_after_days) and min(self.retry_after_days) >= 1, "retry_after_days: each at least 1")
        _require(all(one >= 1 for one in self.attempts.values()), "attempts: at least 1")
        _require(not set(self.soft) & set(self.hard), "soft, hard: a code is in one of the two")
        _require(self.answer_days >= 1, "answer_days: at least 1")

    def attempts_max(self, method: Method) -> int:
        """How often one installment is tried; a method that is not named is not tried at all."""
        return self.attempts.get(method, 0)

    def retry_days(self, failed: int) -> int:
        """Days to wait after so many failures of one installment."""
        return self.retry_after_days[min(failed, len(self.retry_after_days)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRules:
    """How much of a balance may be given up for the rest at once. Percentages are of what is owed.

    `alone_percent` is what each role may grant by itself; above, an operator who may grant as much approves, who is
    not the one who proposed it; above `most_percent` nobody may.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    after_days: int
    owed_from_cents: int
    alone_percent: Mapping[Role, int]
    most_percent: int
    installments_max: int
    pay_within_days: int
    offer_days: int
    grace_days: int

    def __post_init__(self) -> None:
        _require(0 < self.most_percent < 100, "most_percent: 1 to 99; giving up everything is a write-off")
        _require(all(0 <= one <= self.most_percent for one in self.alone_percent.values()), "alone_percent: up to most")
        _require(self.installments_max >= 1, "installments_max: at least 1")
        _require(self.pay_within_days >= 1 and self.offer_days >= 1, "pay_within_days, offer_days: at least 1")
        _require(self.after_days >= 0 and self.owed_from_cents >= 1, "after_days 0 or more, owed_from_cents 1 or more")
        _require(self.grace_days >= 0, "grace_days: not negative")

    def alone(self, role: Role) -> int:
        return self.alone_percent.get(role, 0)


Section: TypeAlias = PlanVariant | PlanConduct | AutopayRules | SettlementRules
AnySection = TypeVar("AnySection", PlanConduct, AutopayRules, SettlementRules)


class Version(NamedTuple):
    """One dated entry. `usable` False: it rests on what nobody has confirmed, and production does not act by it."""

    version: str
    valid_from: date
    content: Section
    usable: bool = True


class PlanRules(NamedTuple):
    """What is in force for a client on a day. None: the client offers no such thing, or may not yet."""

    variants: tuple[PlanVariant, ...] = ()
    conduct: PlanConduct | None = None
    autopay: AutopayRules | None = None
    settlement: SettlementRules | None = None
    versions: tuple[str, ...] = ()

    def variant(self, name: str) -> PlanVariant | None:
        return next((one for one in self.variants if one.name == name), None)


@dataclass(frozen=True, slots=True)
class PlanBook:
    """Every client's versions; `*` is the common file. A client's own section takes the place of the common one."""

    clients: Mapping[str, Sequence[Version]]

    def on(self, tenant: str, day: date) -> PlanRules:
        """The rules in force for a client on a day; empty where there are none."""
        variants, versions = dict[str, PlanVariant](), list[str]()
        newest = dict[type[Section], Version]()
        for one in self._in_force(tenant, day):
            if isinstance(one.content, PlanVariant) and one.usable:
                variants[one.content.name] = one.content
                versions.append(one.version)
            elif one.usable:
                newest[type(one.content)] = one
        return PlanRules(
            tuple(variants.values()),
            _of(newest, PlanConduct),
            _of(newest, AutopayRules),
            _of(newest, SettlementRules),
            (*versions, *(one.version for one in newest.values())),
        )

    def _in_force(self, tenant: str, day: date) -> list[Version]:
        """By day, each taking the place of those of its kind before; the client's own last."""
        own = [one for one in self.clients.get(tenant, ()) if one.valid_from <= day]
        common = [one for one in self.clients.get("*", ()) if one.valid_from <= day]
        kinds = {type(one.content) for one in own}
        kept = [one for one in common if type(one.content) not in kinds]
        return sorted(kept, key=_by_day) + sorted(own, key=_by_day)


def _by_day(one: Version) -> date:
    return one.valid_from


def _of(newest: Mapping[type[Section], Version], kind: type[AnySection]) -> AnySection | None:
    found = newest.get(kind)
    return None if found is None or not isinstance(found.content, kind) else found.content


NO_PLANS = PlanBook({})
"""A client that offers nothing."""
