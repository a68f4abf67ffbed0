"""The main message of each service, as often as wanted, each for an aggregate of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from services.claims.core import make_claim_decider
from services.claims.handlers import routes as claims_routes
from services.claims.policies import claims_policy
from services.collections.compliance import rule_shelf
from services.collections.core import make_decider
from services.collections.handlers import routes as collections_routes
from services.collections.policies import policy_book
from services.collections.settings import CollectionsSettings
from services.eligibility.core import check_decider
from services.eligibility.handlers import routes as eligibility_routes
from services.eligibility.policies import inquiry_policy
from services.payments.core.account import make_account
from services.payments.core.control_number import CONTROL_NUMBER
from services.payments.handlers import routes as payments_routes
from services.payments.policy import load_adjustments
from shared.contracts import (
    ClaimReceived,
    ClaimRemitted,
    ClaimSubmitted,
    CoverageVerified,
    Event,
    Message,
    PatientBalanceChanged,
)
from shared.contracts.wire import Record, to_record
from shared.decider import Decider
from shared.inbox import Routes
from shared.runtime import Spec
from shared.store.documents import entry_to_document, fields_of, journal_document, outbox_of, record_of
from shared.store.port import Document, Key, Mark, Write
from tests.claims.makers import LINE, assign, receive, transmit
from tests.contracts.examples import AT, EXAMPLES

TENANT = "lakeside"


@dataclass(frozen=True, slots=True)
class Case:
    """One service and the message it gets most of. `seed` makes the messages that were handled long before."""

    name: str
    deciders: Sequence[Decider[Any, Any, Any]]
    routes: Routes
    message: Callable[[int], Message]
    seed: Callable[[int], Sequence[Message]] | None = None
    topic: str = ""

    def spec(self) -> Spec:
        """The service with this one topic, and without effects, deadlines and files."""
        return Spec(name=self.name, deciders=self.deciders, routes=self.routes, topics=(self.topic,))

    def record(self, number: int) -> Record:
        return to_record(self.topic, self.message(number))


class Trace(NamedTuple):
    """What one message leaves behind in one kind of aggregate: enough to do the same work without any rules."""

    kind: str
    document: Document
    journal: Sequence[Document]
    records: Sequence[Record]


def traces(case: Case) -> list[Trace]:
    """Decide one message for real, and keep what would be written and published."""
    message = case.message(0)
    found: list[Trace] = []
    for route in case.routes[message.model_dump()["type"]]:
        decider = route.decider
        before = decider.start(*case.seed(0)) if case.seed else decider.start()
        decided = decider.run(before.snapshot, (message,))
        key = Key(TENANT, decider.aggregate_id(message))
        entries = tuple(entry_to_document(decider, entry) for entry in decided.entries)
        write = Write(key, 1, decided.snapshot, entries, decided.started, mark=Mark("bench", 1))
        journal = [journal_document(decider, key, entry, AT) for entry in entries]
        records = [record for entry in entries if (record := record_of(decider, entry)) is not None]
        found.append(Trace(decider.kind, fields_of(decider, write) | outbox_of(write), journal, records))
    return found


def _example(type_: type[Event]) -> Event:
    return next(one for one in EXAMPLES if type(one) is type_)


def _numbered(type_: type[Event], number: int) -> Event:
    """An example for the account, claim and coverage with this number."""
    event = _example(type_)
    account, claim, coverage = f"acct_{number:026}", f"clm_{number:026}", f"cov_{number:026}"
    meta = event.meta.model_copy(
        update={
            "id": uuid5(NAMESPACE_URL, f"{type_.__name__}/{number}"),
            "key": account,
            "subject": f"{event.meta.subject.partition('/')[0]}/{account}",
            "correlation": uuid5(NAMESPACE_URL, f"correlation/{number}"),
        }
    )
    ids = {"account_id": account, "claim_id": claim, "coverage_id": coverage, "patient_control_number": f"P{number:09}"}
    return event.model_copy(
        update={"meta": meta, **{name: value for name, value in ids.items() if name in type_.model_fields}}
    )


def _submitted(number: int) -> Sequence[Message]:
    """A claim that was received, verified and sent."""
    steps: tuple[Message, ...] = (receive(fingerprint=f"fp_{number}"), assign(), transmit())
    told = [_of_claim(step, number) for step in steps]
    covered = _numbered(CoverageVerified, number).model_copy(update={"service_date": LINE.service_from})
    return (told[0], covered, *told[1:])


def _of_claim(command: Message, number: int) -> Message:
    event = _numbered(CoverageVerified, number)
    ids = {name: getattr(event, name) for name in ("claim_id", "account_id", "coverage_id")}
    told = {
        "id": uuid5(command.meta.id, str(number)),
        "key": event.meta.key,
        "occurred_at": AT,
        "correlation": event.meta.correlation,
    }
    known = {name: value for name, value in ids.items() if name in type(command).model_fields}
    return command.model_copy(update={"meta": command.meta.model_copy(update=told), **known})


def cases() -> dict[str, Case]:
    """By service."""
    check = check_decider(inquiry_policy(AT.date()))
    claim = make_claim_decider(claims_policy())
    account = make_account(load_adjustments())
    accounts = make_decider(policy_book(CollectionsSettings.model_fields["dunning_folder"].default), rule_shelf())
    return {
        case.name: replace(case, topic=f"bench.{case.name}")
        for case in (
            Case("eligibility", (check,), eligibility_routes(check), lambda n: _numbered(ClaimReceived, n)),
            Case("claims", (claim,), claims_routes(claim), lambda n: _numbered(ClaimRemitted, n), _submitted),
            Case(
                "payments",
                (account, CONTROL_NUMBER),
                payments_routes(account),
                lambda n: _numbered(ClaimSubmitted, n),
            ),
            Case(
                "collections",
                (accounts,),
                collections_routes(accounts),
                lambda n: _numbered(PatientBalanceChanged, n),
            ),
        )
    }
