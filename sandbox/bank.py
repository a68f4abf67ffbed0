"""The practice's bank, emulated: money arrives for remittances and card payouts, and each morning it says what came.

Its list is BAI2: one file for each client and day of the bank, with the totals and counts that a reader checks. Now and
then a transfer never comes, comes without its trace, or something comes that nobody announced.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from sandbox.chance import Chance
from sandbox.state import Credit, State
from shared.x12.era835 import Remittance835

ROUTING, ACCOUNT = "999988880", "400500600"
"""The account that every 835 of the sandbox names (BPR13, BPR15)."""
OPENING = time(6)
TRANSFER_DAYS, CHECK_DAYS = (0, 2), (4, 9)
NEVER_PERCENT, TRACELESS_PERCENT, STRAY_PERCENT = 2, 3, 2
STRAY_CENTS = 1_000, 40_000
TYPE_CODES: Mapping[str, int] = {"ACH": 142, "CHK": 115, "BRANCH": 301}
"""Preauthorized transfer, lockbox item, commercial deposit."""


class BankAccount(NamedTuple):
    """By what numbers a client knows its account."""

    routing_number: str
    account_number: str


class Bank:
    """One bank with an account of each client. What it knows lies in the sandbox's database."""

    def __init__(self, state: State, seed: int) -> None:
        self._state, self._seed = state, seed

    def open_account(self, tenant: str) -> BankAccount:
        """From now on the client gets lists, of what came before too."""
        self._state.open_bank(tenant)
        return BankAccount(ROUTING, ACCOUNT)

    def expect(self, tenant: str, remittance: Remittance835) -> None:
        """The payer sends the money of an 835; most of it comes."""
        cents, sent_on = remittance.payment_cents or 0, remittance.payment_date
        if cents <= 0 or sent_on is None or remittance.method == "NON":
            return
        chance = Chance(self._seed, f"deposit/{tenant}/{remittance.payer_id}/{remittance.trace_number}")
        transfer = remittance.method == "ACH"
        if chance.happens("stray", STRAY_PERCENT):
            low, high = STRAY_CENTS
            self._add(tenant, f"stray/{remittance.trace_number}", chance.between("cents", low, high), "ACH", sent_on)
        if chance.happens("never", NEVER_PERCENT):
            return
        days = chance.between("days", *(TRANSFER_DAYS if transfer else CHECK_DAYS))
        on = business_day(sent_on, days) if transfer else business_day(sent_on + timedelta(days), 0)
        traced = not chance.happens("traceless", TRACELESS_PERCENT)
        self._state.add_credit(
            Credit(
                source=f"era/{remittance.payer_id}/{remittance.trace_number}",
                tenant=tenant,
                cents=cents,
                kind="ACH" if transfer else "CHK",
                on=on,
                trace=remittance.trace_number if traced else "",
                company=remittance.payer_id if traced else "",
            ),
            told_at=_morning_after(on),
        )

    def pay_out(self, payouts: Iterable[Mapping[str, Any]]) -> None:
        """What the card processor sent arrives on its day; a payout that is known already counts once."""
        for one in payouts:
            on = datetime.fromtimestamp(int(one["arrival_date"]), UTC).date()
            self._add(str(one["metadata"]["tenant"]), str(one["id"]), int(one["amount"]), "ACH", on, one["trace_id"])

    def bring(self, tenant: str, slip: str, cents: int, on: date) -> None:
        """Somebody brings checks and cash to the bank, under a deposit slip."""
        self._add(tenant, f"slip/{tenant}/{slip}", cents, "BRANCH", on, slip)

    def tell(self, now: datetime) -> None:
        """A list of each day that is over."""
        due = self._state.untold_credits(now)
        for (tenant, on), credits_ in groupby(due, key=lambda one: (one.tenant, one.on)):
            told = list(credits_)
            control = self._state.next_file_id()
            content = write_bai2(tenant, on, told, control)
            self._state.add_file(tenant, "bank", f"{on:%Y%m%d}-{control:06d}.bai2", "bai2", content)
            self._state.mark_told(told)

    def _add(self, tenant: str, source: str, cents: int, kind: str, on: date, trace: str = "") -> None:
        self._state.add_credit(Credit(source, tenant, cents, kind, on, trace, ""), told_at=_morning_after(on))


def write_bai2(tenant: str, on: date, credits_: Sequence[Credit], control: int) -> bytes:
    """A file of one group with one account (BAI version 2); the transfers' addenda follow in continuations."""
    created = on + timedelta(1)
    details = [line for one in credits_ for line in _detail(one)]
    total, lines = sum(one.cents for one in credits_), len(details) + 2
    records = [
        f"01,{ROUTING},{tenant},{created:%y%m%d},0600,{control},80,10,2/",
        f"02,{tenant},{ROUTING},1,{on:%y%m%d},0600,USD,2/",
        f"03,{ACCOUNT},USD/",
        *details,
        f"49,{total},{lines}/",
        f"98,{total},1,{lines + 2}/",
        f"99,{total},1,{lines + 4}/",
    ]
    return "\n".join((*records, "")).encode()


def _detail(credit: Credit) -> Iterator[str]:
    """A record and, for a transfer with its trace, the addenda as a bank repeats them."""
    checks = credit.kind != "ACH"
    customer = credit.trace if checks or not credit.company else ""
    text = {"ACH": "ELECTRONIC CREDIT", "CHK": "LOCKBOX ITEM"}.get(credit.kind, "DEPOSIT")
    yield f"16,{TYPE_CODES[credit.kind]},{credit.cents},Z,B{credit.number:09},{customer},{text}"
    if credit.trace and not checks and credit.company:
        yield f"88,HCCLAIMPMT TRN*1*{credit.trace}*{credit.company}\\"


def business_day(day: date, after: int) -> date:
    """The bank day so many bank days after a day; weekends are none, holidays are not known here."""
    while after or day.weekday() > 4:
        day += timedelta(1)
        after -= after > 0 and day.weekday() < 5
    return day


def _morning_after(on: date) -> datetime:
    return datetime.combine(on + timedelta(1), OPENING, UTC)
