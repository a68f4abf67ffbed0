"""Random lives of claims at payers, as remittances tell them, and a small house of the deciders that keeps the books.

    python -m tests.payments.lives --claims 10000 --seeds 1
    python -m tests.payments.lives --claims 100 --seeds 500 --first 0

A life is partial payment, denial, reversal, correction, crossover, takeback and adjustments of the provider's ledger.
Each remittance balances by the generator's own arithmetic. The same lives are delivered in order, and shuffled with
repeats: the books must come to the same, tie out, and hold nothing twice.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from services.payments.core.account_facts import LedgerAccount, LedgerFact, RemittedFact
from services.payments.core.account_messages import PostRemittedClaim
from services.payments.core.account_state import Account
from services.payments.core.control_number import CONTROL_NUMBER, ForwardRemittedClaim, RouteRemittedClaim
from services.payments.core.ledger import prove, totals_of
from services.payments.core.provider import PROVIDER, PostProviderAdjustment, Provider, ProviderAdjusted
from services.payments.core.provider_ledger import prove_provider
from services.payments.core.remitted import RemittedClaim
from services.payments.policy import load_provider_codes
from shared.contracts import ClaimSubmitted, Message
from shared.decider import Decider, Snapshot
from tests.payments.kit import ACCOUNT, TODAY, decision, meta, paid, reversal_of, submitted

CODES = load_provider_codes()
NPI = "1234567893"
PLACES = 20
"""Claims of one remittance, at most."""


class Check(NamedTuple):
    """A remittance: what it pays for claims, and what it keeps or adds beside."""

    remittance_id: str
    claims: tuple[RemittedClaim, ...]
    adjustments: tuple[PostProviderAdjustment, ...]

    @property
    def payment_cents(self) -> int:
        return sum(one.paid_cents for one in self.claims) - sum(one.amount_cents for one in self.adjustments)


@dataclass
class Lives:
    """Everything that happens, in its order. `messages` is what arrives; `checks` what payers say they sent."""

    messages: list[Message] = field(default_factory=list[Message])
    checks: list[Check] = field(default_factory=list[Check])


def lives(random: Random, claims: int) -> Lives:
    """The lives of so many claims, a few to each guarantor."""
    made = Lives()
    rounds: dict[int, list[RemittedClaim]] = {}
    for number in range(claims):
        account, name = f"acct_{number // 3}", f"clm_{number}"
        charge_cents = random.randrange(100, 50_000)
        made.messages.append(_submitted(name, account, charge_cents))
        for turn, said in enumerate(_life(random, name, charge_cents)):
            rounds.setdefault(turn, []).append(said)
        if random.random() < 0.2:
            made.messages.append(_of(paid(f"pay_{number}", random.randrange(1, 9_000)), account))
    for turn in sorted(rounds):
        for start in range(0, len(rounds[turn]), PLACES):
            made.checks.append(_check(random, f"rem_{turn}_{start}", rounds[turn][start : start + PLACES]))
    made.messages += _carried(made.checks)
    return made


def _submitted(name: str, account: str, charge_cents: int) -> ClaimSubmitted:
    return submitted(name, charge_cents).model_copy(update={"account_id": account})


def _of(message: Any, account: str) -> Any:
    return message.model_copy(update={"account_id": account})


def _life(random: Random, name: str, charge_cents: int) -> Iterator[RemittedClaim]:
    """What payers say of one claim, in order; remittance and place are given later."""
    first = _decided(random, name, charge_cents, status=random.choice(("1", "1", "1", "4", "19")), number="ICN-A")
    yield first
    fate = random.random()
    if first.status == "19":  # crossover: the next payer pays part of what is left
        yield _decided(random, name, charge_cents, status="2", number="ICN-B", payer="second")
    if fate < 0.25:  # a takeback: reversal, and most times a correction
        yield reversal_of(first, "", 1)
        if fate < 0.2:
            yield _decided(random, name, charge_cents, status="1", number="ICN-A")
    elif fate < 0.3:
        yield first.model_copy(update={"status": "25", "paid_cents": 0})


def _decided(
    random: Random, name: str, charge_cents: int, *, status: str, number: str, payer: str = "acme"
) -> RemittedClaim:
    """A decision that adds up: paid, contractual, patient's share, and the rest denied."""
    left, parts = charge_cents, dict[str, int]()
    paid_cents = 0 if status == "4" or random.random() < 0.15 else random.randrange(left + 1)
    left -= paid_cents
    for code in random.sample(("CO-45", "CO-253", "PR-1", "PR-2", "OA-23", "CO-44", "PI-9999"), 3):
        part = random.randrange(left + 1)
        parts[code], left = part, left - part
    parts["CO-197"] = left
    made = decision(
        "", paid_cents, parts, charge_cents=charge_cents, status=status, control_number=number, pcn=f"PCN-{name}",
        on_line=random.random() < 0.5,
    )  # fmt: skip
    return made.model_copy(update={"payer_id": payer})


def _check(random: Random, remittance_id: str, said: Sequence[RemittedClaim]) -> Check:
    """A remittance of these claims. What would fall below nothing is carried forward; now and then money is kept."""
    placed = tuple(
        one.model_copy(update={"remittance_id": remittance_id, "position": place}) for place, one in enumerate(said, 1)
    )
    amounts: list[tuple[str, str, int]] = []
    if random.random() < 0.3:
        amounts.append((random.choice(("WO", "L6", "CS", "IR", "Q9", "72")), f"REF-{random.randrange(5)}", 70))
    if random.random() < 0.2:
        amounts.append(("L6", "", -random.randrange(1, 500)))
    left = sum(one.paid_cents for one in placed) - sum(cents for _, _, cents in amounts)
    if left < 0:  # carried forward, or an overpayment that the payer lets wait
        amounts.append(random.choice((("FB", "", left), ("WO", f"LATER-{remittance_id}", left))))
    lines = (_adjustment(remittance_id, line, *amount) for line, amount in enumerate(amounts, 1))
    return Check(remittance_id, placed, tuple(lines))


def _carried(checks: list[Check]) -> Iterator[Message]:
    """The messages of all remittances, after one that takes back every balance carried forward or left to wait."""
    waits = [one for check in checks for one in check.adjustments if one.code == "FB" or "LATER" in one.reference]
    lines = tuple(
        _adjustment("rem_last", line, one.code, one.reference.lower(), -one.amount_cents)
        for line, one in enumerate(waits, 1)
    )
    checks.append(Check("rem_last", (), lines))
    for check in checks:
        for one in check.claims:
            name = f"route {one.remittance_id} {one.position}"
            yield RouteRemittedClaim(meta=meta(name), remitted=one)
        yield from check.adjustments


def _adjustment(remittance_id: str, line: int, code: str, reference: str, cents: int) -> PostProviderAdjustment:
    rule = CODES.classify(code, TODAY)
    return PostProviderAdjustment(
        meta=meta(f"plb {remittance_id} {line}"),
        provider_id=NPI,
        remittance_id=remittance_id,
        line=line,
        payer_id="acme",
        code=code,
        reference=reference,
        amount_cents=cents,
        payment_date=TODAY,
        account=rule.account,
        nets=rule.nets,
    )


class House:
    """The deciders on dictionaries: messages in, effects performed at once, every fact kept."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Snapshot[Any]] = {}
        self.facts: dict[tuple[str, str], list[Any]] = {}

    def hear(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._hear(message)

    def _hear(self, message: Message) -> None:
        match message:
            case ClaimSubmitted():
                self._run(ACCOUNT, message)
                self._run(CONTROL_NUMBER, message)
            case RouteRemittedClaim():
                self._run(CONTROL_NUMBER, message)
            case PostProviderAdjustment():
                self._run(PROVIDER, message)
            case _:
                self._run(ACCOUNT, message)

    def _run(self, decider: Decider[Any, Any, Any], message: Message) -> None:
        at = decider.kind, decider.aggregate_id(message)
        decided = decider.run(self.rows.get(at, Snapshot(decider.initial)), (message,))
        self.rows[at] = decided.snapshot._replace(effects={})
        self.facts.setdefault(at, []).extend(decided.facts)
        for effect in decided.effects:
            if isinstance(effect, ForwardRemittedClaim):
                place = effect.remitted.place
                name = meta(f"post {effect.claim_id} {place.remittance_id} {place.claim}")
                self._hear(
                    PostRemittedClaim(
                        meta=name, account_id=effect.account_id, claim_id=effect.claim_id, remitted=effect.remitted
                    )
                )

    def states(self, kind: str) -> Iterator[tuple[str, Any]]:
        return ((name, row.state) for (of, name), row in sorted(self.rows.items()) if of == kind)


def books(house: House) -> dict[str, Any]:
    """What must not depend on the order: everything but which of several balances a patient's money went to."""
    found: dict[str, Any] = {}
    for name, state in house.states(ACCOUNT.kind):
        found[name] = _book(state)
    for name, state in house.states(PROVIDER.kind):
        found[name] = _ledger(state)
    return found


def _book(state: Account) -> tuple[Any, ...]:
    items = {
        name: (
            item.charge_cents, item.paid_cents, item.adjusted_cents, item.moved_to_patient_cents,
            item.coordinated_cents, item.denied_cents, item.insurance_cents,
        )
        for name, item in sorted(state.receivables.items())
    }  # fmt: skip
    return items, sorted(one.remitted.place for one in state.held), state.owed_cents, state.unapplied_cents


def _ledger(state: Provider) -> tuple[Any, ...]:
    return sorted(state.by_code), dict(state.balances), sorted((one.item_id, one.cents) for one in state.open)


def check_house(house: House, checks: Sequence[Check]) -> None:
    """The book ties out, every remittance's cash is where it says, and no place or line is posted twice."""
    paid_cents: Counter[str] = Counter()
    for (kind, name), facts in house.facts.items():
        state = house.rows[kind, name].state
        if kind == ACCOUNT.kind:
            assert prove(state, facts) == (), (name, prove(state, facts))
            assert totals_of(state).ties_out, name
            for fact in facts:
                if isinstance(fact, RemittedFact):
                    paid_cents[fact.place.remittance_id] += fact.effect_on(LedgerAccount.PAYER_CASH)
            places = [fact.remitted.place for fact in facts if fact.type == "account.claim-adjudicated.v1"]
            assert len(places) == len(set(places)), f"{name}: posted twice"
        elif kind == PROVIDER.kind:
            assert prove_provider(state, facts) == (), name
            lines = [(fact.remittance_id, fact.line) for fact in facts if isinstance(fact, ProviderAdjusted)]
            assert len(lines) == len(set(lines)), f"{name}: posted twice"
            for fact in facts:
                paid_cents[fact.remittance_id] -= fact.amount_cents
            waits = [one for one in state.open if one.account.value == "forwarding_balance" or "LATER" in one.reference]
            assert not waits, "what was carried forward did not net to nothing"
    for check in checks:
        assert paid_cents[check.remittance_id] == check.payment_cents, check.remittance_id


def run(seed: int, claims: int) -> tuple[int, int]:
    """One seed, in order and shuffled with repeats: how many messages and entries. AssertionError names the seed."""
    random = Random(seed)
    made = lives(random, claims)
    ordered, shuffled = House(), House()
    delivered = [*made.messages, *random.sample(made.messages, len(made.messages) // 3)]
    random.shuffle(delivered)
    try:
        ordered.hear(made.messages)
        shuffled.hear(delivered)
        for house in (ordered, shuffled):
            check_house(house, made.checks)
        assert books(ordered) == books(shuffled), "the order made a difference"
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, {claims} claims: {error}") from error
    entries = sum(isinstance(fact, LedgerFact) for facts in ordered.facts.values() for fact in facts)
    return len(made.messages), entries


def main(arguments: Sequence[str] | None = None, say: Callable[[str], None] = print) -> int:
    """The command line; the exit code is 1 when a seed fails, and its number is said."""
    parser = argparse.ArgumentParser(prog="python -m tests.payments.lives", description=__doc__)
    parser.add_argument("--claims", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    told = parser.parse_args(arguments)
    messages = entries = 0
    for seed in range(told.first, told.first + told.seeds):
        try:
            messages, entries = run(seed, told.claims)
        except AssertionError as error:
            say(str(error))
            return 1
    last = f"the last: {messages} messages, {entries} entries"
    say(f"{told.seeds} seeds of {told.claims} claims: the same books, and they tie out ({last})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
