"""The letters of an application for financial assistance, in plain words, English or Spanish.

A letter asks for no money. It says what is missing or what was decided, how, and how to object (26 CFR 1.501(r)-6(c)).
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from services.collections.core.assistance import Assessment
from services.collections.core.assistance_state import Application
from services.collections.pdf_letter import letter_pdf
from services.collections.render import TEMPLATES, Letterhead, address_lines, dollars, long_date
from shared.identity import Guarantor

SPANISH_MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()  # noqa: SIM905 - readable
)
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "household_size": "how many people live in your household",
        "incomes": "the income of your household",
        "presumed": "you are enrolled in a program that qualifies you",
        "income": "your household's income is {percent} percent of the federal poverty guideline",
        "unsure": "a person looked at your situation",
    },
    "es": {
        "household_size": "cuántas personas viven en su hogar",
        "incomes": "los ingresos de su hogar",
        "presumed": "usted participa en un programa que le da derecho",
        "income": "los ingresos de su hogar son {percent} por ciento de la guía federal de pobreza",
        "unsure": "una persona revisó su situación",
        "signed_application": "la solicitud firmada",
        "pay_stubs": "talones de pago",
        "tax_return": "declaración de impuestos",
        "award_letter": "carta de beneficios",
        "support_order": "orden de manutención",
        "income_statement": "una declaración de sus ingresos",
    },
}


def determination_pdf(
    head: Letterhead, guarantor: Guarantor, state: Application, found: Assessment, on: date, language: str = "en"
) -> bytes:
    """The letter as a PDF."""
    text = determination_text(head, state, found, language)
    to = address_lines(guarantor, guarantor.address) if guarantor.address else [guarantor.name]
    return letter_pdf(head, to, _day(language)(on), text, on)


def determination_text(head: Letterhead, state: Application, found: Assessment, language: str = "en") -> str:
    """Title and paragraphs. A language that we have no words in gets English; the footer says where to call."""
    language = language if language in WORDS else "en"
    which = {"granted": "granted", "denied": "denied"}.get(state.status, "missing")
    words = WORDS[language]
    return TEMPLATES.get_template(f"assistance_{which}.{language}.txt").render(
        head=head,
        application=state,
        decision=state.decision,
        missing=[one for one in found.missing if one in words or " " not in one],
        words=partial(_said, words),
        how=_how(state, words),
        dollars=dollars,
        long_date=_day(language),
    )


def _said(words: Mapping[str, str], name: str) -> str:
    return words.get(name, name.replace("_", " "))


def _how(state: Application, words: Mapping[str, str]) -> str:
    decided = state.decision
    if decided is None or decided.discount_percent != decided.policy_percent:
        return f"{words['unsure']}."
    if decided.income_percent is None:
        return f"{words['presumed']}."
    return words["income"].format(percent=decided.income_percent) + "."


def _day(language: str) -> Callable[[date], str]:
    return spanish_date if language == "es" else long_date


def spanish_date(day: date) -> str:
    """1 de julio de 2026."""
    return f"{day.day} de {SPANISH_MONTHS[day.month - 1]} de {day.year}"
