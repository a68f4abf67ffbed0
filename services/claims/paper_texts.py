"""How paper forms write things: capital letters, days without punctuation, dollars and cents apart, names by commas."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from services.claims.core.content import PostalAddress, Provider
from shared.printable import UNACCENTED
from shared.x12.claim837 import Address, Person
from shared.x12.writing import Raw

FormName: TypeAlias = Literal["CMS-1500", "UB-04"]
Boxes: TypeAlias = dict[str, str]
"""Text by box: "2", "24.1.F", "50.A". A box that the claim has nothing for is absent, never empty."""


class PaperPage(NamedTuple):
    """One sheet: its form and what stands in its boxes."""

    form: FormName
    boxes: Boxes


class PaperError(ValueError):
    """A claim that the form has no room for: which box, and what a biller may do. Never a value."""

    def __init__(self, form: FormName, box: str, because: str) -> None:
        super().__init__(f"{form}, box {box}: {because} Send it electronically, or change it.")
        self.box, self.message = box, str(self)


def filled(boxes: dict[str, str]) -> Boxes:
    """Without the empty ones, in letters that every printer has."""
    return {box: written for box, text in boxes.items() if (written := plain(text))}


def plain(text: str) -> str:
    """Capitals without accents; what has no such letter is left out."""
    bare = unicodedata.normalize("NFKD", text.translate(UNACCENTED)).encode("ascii", "ignore").decode("ascii")
    return "".join(letter if letter.isprintable() else " " for letter in bare).strip().upper()


def money(cents: int | None, form: FormName, box: str) -> str:
    """Dollars, a gap where the form has its rule, and two digits of cents."""
    if cents is None:
        return ""
    if cents < 0:
        raise PaperError(form, box, "an amount below zero cannot stand on paper.")
    return f"{cents // 100} {cents % 100:02}"


def number(amount: Decimal | None) -> str:
    """Units, with a point only where there is a fraction."""
    if amount is None:
        return ""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def short_day(day: date | None) -> str:
    """MM DD YY: most dates of a CMS-1500."""
    return f"{day:%m %d %y}" if day else ""


def long_day(day: date | None) -> str:
    """MM DD YYYY: birth dates of a CMS-1500."""
    return f"{day:%m %d %Y}" if day else ""


def solid_day(day: date | None) -> str:
    """MMDDYY: dates of a UB-04."""
    return f"{day:%m%d%y}" if day else ""


def listed_name(person: Person) -> str:
    """Last name with suffix, first name, middle initial, by commas (NUCC manual, items 2, 4 and 9)."""
    last = f"{person.last_name} {person.suffix}".strip()
    return ", ".join(part for part in (last, person.first_name, person.middle_name[:1]) if part)


def hospital_name(person: Person) -> str:
    """Last name with suffix, a comma, first name and middle initial (UB-04, locators 8 and 58)."""
    last = f"{person.last_name} {person.suffix}".strip()
    return ", ".join(part for part in (last, f"{person.first_name} {person.middle_name[:1]}".strip()) if part)


def provider_name(provider: Provider) -> str:
    """First name, middle initial, last name; or an organisation's name."""
    parts = (provider.first_name, provider.middle_name[:1], provider.name, provider.suffix)
    return " ".join(part for part in parts if part)


def town(address: PostalAddress | Address) -> str:
    return " ".join(part for part in (address.city, address.state, address.postal_code) if part)


def street(address: PostalAddress | Address) -> str:
    return " ".join(part for part in (address.line1, address.line2) if part)


def free_text(extras: Iterable[Raw]) -> str:
    """The claim's notes (NTE02)."""
    return " ".join(one[2] for one in extras if one[0] == "NTE" and len(one) > 2)


def reference(extras: Iterable[Raw], *qualifiers: str) -> str:
    """REF02 of the first qualifier that the claim has."""
    found = {one[1]: one[2] for one in extras if one[0] == "REF" and len(one) > 2}
    return next((found[qualifier] for qualifier in qualifiers if qualifier in found), "")


def codes(extras: Iterable[Raw], qualifier: str) -> list[list[str]]:
    """The components after the qualifier of every HI code of that kind."""
    every = (code.split(":") for one in extras if one[0] == "HI" for code in one[1:])
    return [parts[1:] for parts in every if parts[0] == qualifier]


def day_of(extras: Sequence[Raw], qualifier: str) -> date | None:
    """DTP03 of a qualifier, where it is one whole day."""
    for one in extras:
        if one[:3] == ("DTP", qualifier, "D8") and len(one) > 3:
            return compact_day(one[3])
    return None


def compact_day(text: str) -> date | None:
    """CCYYMMDD; None where it is none."""
    try:
        return date.fromisoformat(text) if len(text) == 8 else None
    except ValueError:
        return None
