"""Letters and messages as text and HTML, in English or Spanish. The same one always has the same bytes."""

from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.meta import find_undeclared_variables

from services.collections.core import SendReminder, SendStatement
from services.collections.core.dispute_messages import SendNotice
from shared.contracts import Contract
from shared.identity import Guarantor, PostalAddress

# Plain text is not escaped; a letter with a hole in it is an error, never a letter.
TEMPLATES = Environment(  # noqa: S701 - the output is text, not HTML
    loader=PackageLoader("services.collections"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
Writing: TypeAlias = SendStatement | SendReminder | SendNotice
LANGUAGES = ("en", "es")
FOLDER = Path(__file__).parent / "templates"
PARTS = frozenset({"heading", "footer", "validation", "stop"})
"""Templates that are parts of others."""
KNOWN = frozenset({"head", "to", "letter", "dollars", "long_date"})
"""What a template of a letter may speak of."""


class Letterhead(Contract):
    """Who writes, and how to pay. `email` and `text_number` are where e-mails and texts come from and are answered.

    `pay_page` is where guarantors reach the payment page of payments; statements carry a link to it that is good for
    `pay_link_days`. Without one they name `pay_online`.
    """

    name: str
    lines: list[str]
    phone: str
    pay_online: str
    languages_note: str
    email: str = ""
    text_number: str = ""
    unsubscribe_link: str = ""
    pay_page: str = ""
    pay_link_days: int = 120

    @property
    def stop_at(self) -> str:
        """Where one says that no more e-mail is wanted."""
        return self.unsubscribe_link or self.email


def dollars(cents: int) -> str:
    """12345 is $123.45."""
    return f"${cents // 100:,}.{cents % 100:02}"


def long_date(day: date) -> str:
    """July 1, 2026: the way the reader writes it, whatever the machine's locale."""
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def long_date_es(day: date) -> str:
    """1 de julio de 2026."""
    return f"{day.day} de {MESES[day.month - 1]} de {day.year}"


MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - readable
)
MESES = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()  # noqa: SIM905 - readable
SUBJECTS = {"en": "Your account with {name}", "es": "Su cuenta con {name}"}
"""Says no more than the envelope of a letter does."""


def statement_text(head: Letterhead, guarantor: Guarantor, address: PostalAddress, statement: SendStatement) -> str:
    """A statement of the balance."""
    return letter_text(head, address_lines(guarantor, address), statement)


def reminder_text(head: Letterhead, guarantor: Guarantor, address: PostalAddress, reminder: SendReminder) -> str:
    """A reminder, or the final notice before placement."""
    return letter_text(head, address_lines(guarantor, address), reminder)


def address_lines(guarantor: Guarantor, address: PostalAddress) -> list[str]:
    """The window of the envelope: name and address, a line each, without the blanks and breaks data may hold."""
    place = f"{address.city}, {address.state} {address.postal_code}".strip(" ,")
    lines = (guarantor.name, address.line1, address.line2, place)
    return [clean for line in lines if (clean := " ".join(line.split()))]


def template_of(letter: Writing) -> str:
    """The name of the template that a letter is written with."""
    match letter:
        case SendStatement():
            return "statement"
        case SendReminder():
            return letter.template or ("final_notice" if letter.final else "reminder")
        case SendNotice():
            # The letter about the application itself is enclosed.
            return "assistance_enclosed" if letter.notice.startswith("assistance_") else letter.notice


def letter_text(head: Letterhead, to: Sequence[str], letter: Writing) -> str:
    """A letter, in the person's language where there is a template in it."""
    return rendered(template_of(letter), head, letter.language, to=to, letter=letter)


def email_text(head: Letterhead, to: Sequence[str], letter: Writing) -> str:
    """The letter as an e-mail; it always says how to stop them."""
    stop = rendered("stop", head, letter.language, stop_at=head.stop_at)
    return letter_text(head, to, letter) + stop


def sms_text(head: Letterhead, letter: Writing) -> str:
    """A text message: no amount, no account; it always says how to stop them."""
    name = letter.notice if isinstance(letter, SendNotice) and letter.notice == "opt_out_confirmed" else "text"
    return rendered(name, head, letter.language).strip()


def subject(head: Letterhead, language: str) -> str:
    return " ".join(SUBJECTS.get(language, SUBJECTS["en"]).format(name=head.name).split())


def html_of(text: str, language: str) -> str:
    """The same text as a page: readable on a small screen, with nothing fetched from anywhere."""
    shown = escape(text)
    style = "font-family:monospace;white-space:pre-wrap;max-width:46em;margin:1em auto"
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title></title></head>'
        f'<body><div style="{style}">{shown}</div></body></html>\n'
    )


def template_names() -> list[str]:
    """Every template a letter or message of this house can be written with."""
    files = [name for name in TEMPLATES.list_templates(["txt"]) if "/" not in name]
    return sorted(name.removesuffix(".txt") for name in files if _is_letter(name))


def _is_letter(file: str) -> bool:
    source = (FOLDER / file).read_text(encoding="utf-8")
    speaks_of = find_undeclared_variables(TEMPLATES.parse(source))
    return file.removesuffix(".txt") not in PARTS and speaks_of <= KNOWN


def rendered(name: str, head: Letterhead, language: str, **values: object) -> str:
    """A template in a language; in English where it was not translated."""
    own = f"{language}/{name}.txt"
    spoken = language if language != "en" and own in TEMPLATES.list_templates() else "en"
    template = TEMPLATES.get_template(own if spoken != "en" else f"{name}.txt")
    written = long_date if spoken == "en" else long_date_es
    return template.render(head=head, dollars=dollars, long_date=written, **values)
