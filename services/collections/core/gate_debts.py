"""Rules of the compliance gate about the debt itself: what may be asked for, handed on, reported or taken to court.

What a rule may not know it takes against the wish: no limitation period, no proof that a letter arrived. Each answers
in a sentence a collector understands. Figures and sources: `policy/compliance.toml`.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from services.collections.core.gate import (
    EXTRAORDINARY,
    Carried,
    Case,
    Dispute,
    Objection,
    Purpose,
    block,
    midnight,
    warn,
)
from shared.business_days import after_business_days


def owed_by_law(case: Case) -> Iterator[Objection]:
    for cents, whose in (
        (case.debt.qmb_cents, "a Qualified Medicare Beneficiary's cost sharing"),
        (case.debt.medicaid_cents, "services Medicaid covers"),
        (case.debt.protected_cents, "amounts the law takes from the patient"),
    ):
        if cents > 0:
            yield block(f"{cents} cents of the balance are {whose}: they may never be asked for")


def nothing_owed(case: Case) -> Iterator[Objection]:
    if case.debt.owed_cents <= 0:
        yield block("nothing is owed")


def standing(case: Case) -> Iterator[Objection]:
    if case.debt.standing != "open":
        yield block(f"the debt is {case.debt.standing.replace('_', ' ')}: it may not be pursued, sold or placed")


def validation_due(case: Case) -> Iterator[Objection]:
    """In the first communication or within days of it; until it went out nothing else may."""
    debt, days = case.debt, case.figures["days"]
    if debt.validation_sent_on is not None or debt.first_contact_on is None:
        return
    if Carried.VALIDATION_NOTICE in case.wish.carries or case.wish.purpose is Purpose.VALIDATION_NOTICE:
        return
    if case.on > debt.first_contact_on + timedelta(days):
        yield block(f"the validation notice was due within {days} days of the first contact: send it first")
    else:
        yield warn(f"the validation notice must go out by {debt.first_contact_on + timedelta(days)}")


def validation_ends(case: Case) -> date | None:
    """The last day of the validation period: some business days of mail, and then its days."""
    if case.debt.validation_sent_on is None:
        return None
    return period_ends(case.debt.validation_sent_on, case.figures)


def period_ends(sent_on: date, figures: Mapping[str, Any]) -> date:
    """The last day of the validation period of a notice that went out on a day."""
    received = after_business_days(sent_on, figures["mail_business_days"], frozenset(figures["holidays"]))
    return received + timedelta(days=figures["days"])


def validation_period(case: Case) -> Iterator[Objection]:
    ends = validation_ends(case)
    if ends is None:
        yield block("no validation notice has gone out")
    elif case.on <= ends:
        reason = f"they may dispute the debt through {ends}: nothing may overshadow that"
        yield block(reason, midnight(ends + timedelta(days=1)))


def _open_disputes(case: Case) -> tuple[Dispute, ...]:
    return tuple(one for one in case.debt.disputes if not one.resolved and one.received_on <= case.on)


def dispute_in_writing(case: Case) -> Iterator[Objection]:
    """The law asks it of disputes within the validation period; here a later one is answered first too."""
    for dispute in _open_disputes(case):
        verified = dispute.verified_on is not None and dispute.verified_on <= case.on
        if dispute.written and not dispute.repeats and not verified:
            yield block("they disputed the debt in writing: send the verification first")
            return


def disputed(case: Case) -> Iterator[Objection]:
    if any(not dispute.repeats for dispute in _open_disputes(case)):
        yield block("the debt is disputed: resolve the dispute first")


def time_barred(case: Case) -> Iterator[Objection]:
    years = case.figures["years"].get(case.person.state)
    if case.debt.incurred_on is None or years is None:
        yield block("whether the time to sue has passed is not known here: ask counsel")
        return
    if case.on >= _years_later(case.debt.incurred_on, years):
        yield block(f"the debt is older than the {years} years in which it can be sued for")


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)


def credit_needs_contact(case: Case) -> Iterator[Objection]:
    debt, days = case.debt, case.figures["wait_days"]
    if debt.informed_on is None:
        yield block("nobody has spoken with them or written to them about the debt before")
    elif debt.undeliverable:
        yield block("what was written came back: speak with them, or write to where they are")
    elif case.on < debt.informed_on + timedelta(days):
        until = midnight(debt.informed_on + timedelta(days))
        yield block(f"{days} days must pass in which the letter could come back", until)


def credit_bureaus(case: Case) -> Iterator[Objection]:
    debt = case.debt
    if debt.owed_cents < case.figures["least_cents"]:
        yield block(f"medical debts below {case.figures['least_cents']} cents are not reported")
    if debt.delinquent_on is None:
        yield block("since when the debt is delinquent is not known")
    elif case.on < _years_later(debt.delinquent_on, case.figures["wait_years"]):
        until = midnight(_years_later(debt.delinquent_on, case.figures["wait_years"]))
        yield block(f"medical debts are reported after {case.figures['wait_years']} year at the earliest", until)


def credit_by_state(case: Case) -> Iterator[Objection]:
    if case.person.state not in case.figures["allowed"]:
        yield block("medical debts of this state are not reported until somebody has allowed it")


def eca_days(case: Case) -> Iterator[Objection]:
    first, days = case.debt.first_statement_on, case.figures["days"]
    if first is None:
        yield block("no statement has gone out after the care")
    elif case.on < first + timedelta(days):
        yield block(
            f"{days} days must pass since the first statement after the care", midnight(first + timedelta(days))
        )


def eca_notice(case: Case) -> Iterator[Objection]:
    debt, days = case.debt, case.figures["days"]
    wanted = {case.wish.act, *case.wish.threatens} & EXTRAORDINARY
    if debt.action_notice_on is None or not wanted <= debt.actions_noticed:
        yield block(f"the written notice that names this action must go out {days} days before")
    elif case.on < debt.action_notice_on + timedelta(days):
        until = midnight(debt.action_notice_on + timedelta(days))
        yield block(f"{days} days must pass since the notice", until)
    if not debt.summary_sent:
        yield block("the plain-language summary of the assistance policy has not gone out with it")
    if debt.oral_effort_on is None:
        yield block("nobody has tried to tell them of the assistance policy by word of mouth")


def assistance(case: Case) -> Iterator[Objection]:
    if case.debt.assistance == "pending":
        yield block("an application for financial assistance is open: extraordinary actions are suspended")
    elif case.debt.assistance == "granted":
        yield warn("assistance was granted: see that only the rest is pursued, and not above what is generally billed")


def assistance_window(case: Case) -> Iterator[Objection]:
    first, days = case.debt.first_statement_on, case.figures["days"]
    if first is not None and case.on <= first + timedelta(days):
        yield warn(f"an application until {first + timedelta(days)} would suspend this action and may undo it")


def estimate_dispute(case: Case) -> Iterator[Objection]:
    if case.debt.estimate_dispute_open:
        yield block("they dispute the bill against its good-faith estimate: no collections and no late fee meanwhile")


def above_estimate(case: Case) -> Iterator[Objection]:
    debt = case.debt
    if debt.above_estimate_cents >= case.figures["cents"] and debt.billed_on is not None:
        last = debt.billed_on + timedelta(days=case.figures["days"])
        if case.on <= last:
            yield warn(f"the bill is above its good-faith estimate: they may dispute it until {last}")


# The house's own holds


def plan_kept(case: Case) -> Iterator[Objection]:
    if case.debt.plan_kept:
        yield block("they keep a payment plan")


def estate(case: Case) -> Iterator[Objection]:
    if case.person.deceased:
        yield block("they have died: a person deals with the estate, nobody else")


def assistance_pending(case: Case) -> Iterator[Objection]:
    if case.debt.assistance == "pending":
        yield block("an application for financial assistance is open: nothing is asked for until it is decided")


def payer_pending(case: Case) -> Iterator[Objection]:
    if case.debt.eligibility_pending:
        yield block("a payer is being asked whether it covers this")
    if case.debt.appeal_pending:
        yield block("a payer's denial is under appeal")
