"""The table of the compliance gate: every rule, whose regime it belongs to, and which wishes it concerns."""

from collections.abc import Callable

from services.collections.core import gate_contacts as contacts
from services.collections.core import gate_debts as debts
from services.collections.core.gate import (
    COURT,
    EXTRAORDINARY,
    Act,
    Case,
    Medium,
    Party,
    Purpose,
    Rule,
)


def _is_call(case: Case) -> bool:
    return (
        case.wish.act is Act.CONTACT and case.wish.medium is Medium.CALL and case.wish.party not in contacts.HEARD_ONLY
    )


def _is_pushed(case: Case) -> bool:
    return case.wish.is_pushed and case.wish.party not in contacts.HEARD_ONLY


def _by(*media: Medium) -> Callable[[Case], bool]:
    return lambda case: case.wish.act is Act.CONTACT and case.wish.medium in media


def _is_written_message(case: Case) -> bool:
    return _by(Medium.TEXT, Medium.EMAIL)(case)


def _is_automated(case: Case) -> bool:
    by_machine = case.wish.medium is Medium.TEXT or (case.wish.medium is Medium.CALL and case.wish.automated)
    return case.wish.act is Act.CONTACT and by_machine


def _to_person(case: Case) -> bool:
    return case.wish.goes_to(Party.CONSUMER)


def _to_person_unless(*purposes: Purpose) -> Callable[[Case], bool]:
    return lambda case: _to_person(case) and case.wish.purpose not in purposes


def _to_others(case: Case) -> bool:
    return case.wish.goes_to(Party.OTHER)


def _asks_for_money(case: Case) -> bool:
    return case.wish.asks_for_money


def _hands_on(case: Case) -> bool:
    """It leaves the house, or makes the debt dearer."""
    return case.wish.act in {Act.PLACEMENT, Act.SALE, Act.LATE_FEE, Act.CREDIT_REPORT, *COURT}


def _pursuit(case: Case) -> bool:
    """Anything that presses the person for the money, and whatever hands the debt on."""
    return case.wish.asks_for_money or case.wish.act is not Act.CONTACT


def _to_person_or_pursuit(case: Case) -> bool:
    return _to_person(case) or _pursuit(case)


def _any_of(*acts: Act) -> Callable[[Case], bool]:
    return lambda case: case.wish.brings_or_threatens(acts)


def _does(*acts: Act) -> Callable[[Case], bool]:
    return lambda case: case.wish.act in acts


RULES: tuple[Rule, ...] = (
    # 12 CFR 1006, for whoever collects debts in default for others
    Rule("call_attempts", "reg_f", _is_call, contacts.call_attempts, ("calls", "days")),
    Rule("call_after_conversation", "reg_f", _is_call, contacts.call_after_conversation, ("days",)),
    Rule("rapid_calls", "reg_f", _is_call, contacts.rapid_calls, ("minutes", "calls_a_day", "days")),
    Rule("hours", "reg_f", _is_pushed, contacts.hours, ("from_hour", "to_hour")),
    Rule("refused_hours", "reg_f", _is_pushed, contacts.refused_hours),
    Rule("workplace", "reg_f", _by(Medium.CALL, Medium.TEXT, Medium.EMAIL, Medium.LETTER), contacts.workplace),
    Rule("attorney", "reg_f", _to_person, contacts.attorney),
    Rule("cease", "reg_f", _to_person_unless(Purpose.CLOSING, Purpose.CONFIRMATION), contacts.cease),
    Rule("stopped_medium", "reg_f", _to_person, contacts.stopped_medium),
    Rule("opt_out", "reg_f", _is_written_message, contacts.opt_out),
    Rule("text_procedure", "reg_f", _by(Medium.TEXT), contacts.text_procedure, ("days",)),
    Rule("email_procedure", "reg_f", _by(Medium.EMAIL), contacts.email_procedure, ("opt_out_days",)),
    Rule("third_party", "reg_f", _to_others, contacts.third_party),
    Rule("validation_notice", "reg_f", _asks_for_money, debts.validation_due, ("days",)),
    Rule(
        "validation_period",
        "reg_f",
        _any_of(*COURT, Act.CREDIT_REPORT, Act.SALE),
        debts.validation_period,
        ("days", "mail_business_days", "holidays"),
    ),
    Rule("written_dispute", "reg_f", _pursuit, debts.dispute_in_writing),
    Rule("time_barred", "reg_f", _any_of(*COURT), debts.time_barred, ("years",)),
    Rule("credit_needs_contact", "reg_f", _any_of(Act.CREDIT_REPORT), debts.credit_needs_contact, ("wait_days",)),
    Rule("standing", "reg_f", _pursuit, debts.standing),
    Rule("deceased", "reg_f", _to_person, contacts.deceased),
    # Telephone Consumer Protection Act
    Rule("automated_consent", "tcpa", _is_automated, contacts.automated_consent, ("confirm_minutes",)),
    # 26 CFR 1.501(r)-6, for tax-exempt hospitals
    Rule("eca_days", "tax_exempt_hospital", _any_of(*EXTRAORDINARY), debts.eca_days, ("days",)),
    Rule("eca_notice", "tax_exempt_hospital", _any_of(*EXTRAORDINARY), debts.eca_notice, ("days",)),
    Rule("assistance", "tax_exempt_hospital", _any_of(*EXTRAORDINARY), debts.assistance),
    Rule("assistance_window", "tax_exempt_hospital", _does(*EXTRAORDINARY), debts.assistance_window, ("days",)),
    # No Surprises Act
    Rule("estimate_dispute", "no_surprises", _pursuit, debts.estimate_dispute),
    Rule(
        "above_estimate",
        "no_surprises",
        _does(Act.BILL, Act.PLACEMENT, Act.SALE),
        debts.above_estimate,
        ("cents", "days"),
    ),
    # Credit reporting
    Rule(
        "credit_bureaus",
        "credit_reporting",
        _any_of(Act.CREDIT_REPORT),
        debts.credit_bureaus,
        ("least_cents", "wait_years"),
    ),
    Rule("credit_by_state", "credit_reporting", _any_of(Act.CREDIT_REPORT), debts.credit_by_state, ("allowed",)),
    # What no tenant can switch off
    Rule("address", "always", _by(*Medium), contacts.address),
    Rule("never_billed", "always", _pursuit, debts.owed_by_law),
    Rule("nothing_owed", "always", _pursuit, debts.nothing_owed),
    Rule("bankruptcy", "always", _pursuit, contacts.bankruptcy),
    Rule("active_duty", "always", _any_of(*COURT), contacts.active_duty),
    Rule("minor", "always", _to_person_or_pursuit, contacts.minor),
    Rule("disputed", "house", _hands_on, debts.disputed),
    Rule("plan_kept", "house", _hands_on, debts.plan_kept),
    Rule("estate", "house", _hands_on, debts.estate),
    Rule("assistance_pending", "house", _pursuit, debts.assistance_pending),
    Rule("payer_pending", "house", _pursuit, debts.payer_pending),
)
ALWAYS = "always"
"""The regime that no tenant switches off."""
