"""Letters as plain text: what the mail house prints. The same letter always gives the same bytes."""

from datetime import date

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.collections.core import SendReminder, SendStatement
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


class Letterhead(Contract):
    """Who writes, and how to pay."""

    name: str
    lines: list[str]
    phone: str
    pay_online: str
    languages_note: str


def dollars(cents: int) -> str:
    """12345 is $123.45."""
    return f"${cents // 100:,}.{cents % 100:02}"


def long_date(day: date) -> str:
    """July 1, 2026: the way the reader writes it, whatever the machine's locale."""
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - readable
)


def statement_text(head: Letterhead, guarantor: Guarantor, address: PostalAddress, statement: SendStatement) -> str:
    """A statement of the balance."""
    return _text("statement.txt", head, guarantor, address, letter=statement)


def reminder_text(head: Letterhead, guarantor: Guarantor, address: PostalAddress, reminder: SendReminder) -> str:
    """A reminder, or the final notice before placement."""
    template = "final_notice.txt" if reminder.final else "reminder.txt"
    return _text(template, head, guarantor, address, letter=reminder)


def address_lines(guarantor: Guarantor, address: PostalAddress) -> list[str]:
    """The window of the envelope: name and address, a line each, without the blanks and breaks data may hold."""
    place = f"{address.city}, {address.state} {address.postal_code}".strip(" ,")
    lines = (guarantor.name, address.line1, address.line2, place)
    return [clean for line in lines if (clean := " ".join(line.split()))]


def _text(
    template: str,
    head: Letterhead,
    guarantor: Guarantor,
    address: PostalAddress,
    *,
    letter: SendStatement | SendReminder,
) -> str:
    return TEMPLATES.get_template(template).render(
        head=head, to=address_lines(guarantor, address), letter=letter, dollars=dollars, long_date=long_date
    )
