"""The past of accounts as far as it came from outside: what they were told, without what a policy made of it.

It is read from the service's journal, or from an export of it: a file of JSON lines
`{"tenant", "account_id", "at", "actor", "fact"}`, pseudonymous, without anything sealed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from pydantic import TypeAdapter, ValidationError

from services.collections.core import AccountMessage, CollectionFact, LogContact, StartPlan
from services.collections.core.facts import BalanceNoted, ContactMade, PlanAgreed
from services.collections.core.person_facts import PersonFact, PersonFacts
from services.collections.core.policy_facts import (
    AccountDescribed,
    AccountExcluded,
    ExclusionEnded,
    PaymentFailureNoted,
    PaymentNoted,
    PaymentPendingNoted,
)
from services.collections.core.policy_messages import DescribeAccount, ExcludeAccount, IncludeAccount
from shared.contracts import (
    Meta,
    PatientBalanceChanged,
    PatientPaymentFailed,
    PatientPaymentPending,
    PatientPaymentReceived,
)
from shared.policy import PolicyError
from shared.store.port import JournalLine

FACTS: TypeAdapter[CollectionFact] = TypeAdapter(CollectionFact)
FROM_OUTSIDE = (
    BalanceNoted,
    PaymentNoted,
    PaymentPendingNoted,
    PaymentFailureNoted,
    PlanAgreed,
    ContactMade,
    AccountDescribed,
    AccountExcluded,
    ExclusionEnded,
    PersonFact,
)
"""Facts that somebody else caused; what a policy or an answer caused is made anew."""
SEALED = ("sealed_guarantor", "sealed", "sealed_case")
WITHHELD = "sealed:withheld"
Told: TypeAlias = AccountMessage | PersonFacts


@dataclass(frozen=True, slots=True)
class Input:
    """One thing an account was told, and when: a message, or a fact about the person as it was noted."""

    at: datetime
    told: Told


@dataclass(slots=True)
class Past:
    """What each account was told, oldest first, by tenant and account."""

    accounts: dict[tuple[str, str], list[Input]] = field(default_factory=dict[tuple[str, str], list[Input]])

    def add(self, tenant: str, account_id: str, item: Input) -> None:
        self.accounts.setdefault((tenant, account_id), []).append(item)

    def of(self, tenant: str) -> Mapping[str, list[Input]]:
        """The accounts of one tenant."""
        return {account: told for (owner, account), told in self.accounts.items() if owner == tenant}


def read_export(path: Path) -> Past:
    """The past in an export file. Raises PolicyError naming the line that cannot be read."""
    past = Past()
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                note(past, json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else type(error).__name__
                raise PolicyError(f"{path.name}: line {number}: no line of an export ({why})") from None
    return past


def note(past: Past, line: Mapping[str, Any]) -> None:
    """Add one line of an export."""
    fact = FACTS.validate_python(_unsealed(line["fact"]), strict=False)
    at = datetime.fromisoformat(line["at"])
    told = told_of(fact, line["tenant"], at, line["actor"])
    if told is not None:
        past.add(line["tenant"], fact.account_id, Input(at, told))


def export_line(line: JournalLine) -> Mapping[str, Any] | None:
    """One line of the journal as an export has it; None for what a policy made, and for other aggregates."""
    document = line.document
    if document["kind"] != "collection" or document["fact"]["type"] not in EXPORTED:
        return None
    meta = document["meta"]
    return {
        "tenant": document["tenant"],
        "account_id": document["aggregate_id"],
        "at": meta["occurred_at"],
        "actor": "person" if meta["actor"] != "system" else "system",
        "fact": {name: value for name, value in document["fact"].items() if name not in SEALED},
    }


def told_of(fact: CollectionFact, tenant: str, at: datetime, actor: str = "system") -> Told | None:
    """The message that caused a fact, as far as a policy asks; None for what the policy itself caused."""
    if isinstance(fact, PersonFact):
        return fact
    if not isinstance(fact, FROM_OUTSIDE):
        return None
    name = f"{tenant}/{fact.account_id}/{at.isoformat()}/{fact.type}/{getattr(fact, 'payment_id', '')}"
    source, sequence = ("payments", fact.sequence) if isinstance(fact, BalanceNoted) else ("collections", 0)
    meta = Meta(
        id=uuid5(NAMESPACE_URL, name),
        tenant=tenant,
        occurred_at=at,
        source=source,
        subject=f"collection/{fact.account_id}",
        key=fact.account_id,
        sequence=sequence,
        correlation=uuid5(NAMESPACE_URL, name),
        actor=actor,
    )
    return _money(fact, meta) or _person(fact, meta)


def _money(fact: CollectionFact, meta: Meta) -> AccountMessage | None:
    match fact:
        case BalanceNoted():
            return PatientBalanceChanged(
                meta=meta,
                account_id=fact.account_id,
                balance_cents=fact.balance_cents,
                claims=fact.claims,
                sealed_guarantor=WITHHELD,
            )
        case PaymentNoted():
            return PatientPaymentReceived(
                meta=meta,
                account_id=fact.account_id,
                payment_id=fact.payment_id,
                method="unknown",
                paid_cents=fact.paid_cents,
                applied_cents=max(0, fact.paid_cents - fact.unapplied_cents),
                unapplied_cents=fact.unapplied_cents,
            )
        case PaymentPendingNoted():
            return PatientPaymentPending(
                meta=meta,
                account_id=fact.account_id,
                payment_id=fact.payment_id,
                method="unknown",
                pending_cents=fact.pending_cents,
            )
        case PaymentFailureNoted():
            return PatientPaymentFailed(
                meta=meta, account_id=fact.account_id, payment_id=fact.payment_id, method="unknown", reason=fact.reason
            )
        case _:
            return None


def _person(fact: CollectionFact, meta: Meta) -> AccountMessage | None:
    match fact:
        case PlanAgreed():
            return StartPlan(
                meta=meta,
                account_id=fact.account_id,
                plan_id=fact.plan_id,
                installments=len(fact.installments),
                first_due_on=fact.installments[0].due_on,
            )
        case ContactMade() if fact.outcome != "sent" and fact.channel != "agency":
            return LogContact.model_validate(
                {
                    "meta": meta,
                    **fact.model_dump(include=set(LogContact.model_fields) - {"type", "meta", "task_id"}),
                },
                strict=False,
            )
        case AccountDescribed():
            given = fact.model_dump(include=set(DescribeAccount.model_fields) - {"type", "meta"})
            return DescribeAccount.model_validate({"meta": meta, **given}, strict=False)
        case AccountExcluded():
            given = fact.model_dump(include=set(ExcludeAccount.model_fields) - {"type", "meta"})
            return ExcludeAccount.model_validate({"meta": meta, **given}, strict=False)
        case ExclusionEnded():
            return IncludeAccount(meta=meta, account_id=fact.account_id, exclusion_id=fact.exclusion_id)
        case _:
            return None


def _unsealed(fact: Mapping[str, Any]) -> Mapping[str, Any]:
    """A fact whose sealed parts are not in the export: nobody opens them here."""
    wanted = {"balance-noted": ("sealed_guarantor",), "reach-noted": ("sealed",), "bankruptcy-noted": ("sealed_case",)}
    return {**dict.fromkeys(wanted.get(fact["type"], ()), None), **fact}


def _types(kind: type[Any]) -> Iterator[str]:
    for one in kind.__subclasses__():
        yield from _types(one)
    if "type" in getattr(kind, "model_fields", {}):
        default = kind.model_fields["type"].default
        if isinstance(default, str):
            yield default


def types_of(kinds: Iterable[type[Any]]) -> frozenset[str]:
    """The names by which these facts are journaled."""
    return frozenset(name for kind in kinds for name in _types(kind))


EXPORTED = types_of(FROM_OUTSIDE)
