"""The payment page as HTML: nothing in it runs, nothing is fetched, nobody is named, and nobody keeps it."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from services.payments.core.money_text import dollars
from services.payments.pay_page_words import LANGUAGES, day_in, words_of
from services.payments.receipts import ReceiptHead, receipt_heads
from shared.hosted_page import page_headers, page_language

FOLDER = Path(__file__).parent / "templates"


class Page(NamedTuple):
    """Where a page stands and in whose name: the language, and its own path without the query."""

    tenant: str
    here: str
    language: str

    @property
    def words(self) -> Any:
        return words_of(self.language)

    def day(self, day: date) -> str:
        return day_in(self.language, day)


class Chosen(NamedTuple):
    """What somebody chose in the form, to be shown again with what was wrong."""

    what: str = ""
    bills: frozenset[str] = frozenset()
    amount: str = ""
    method: str = "card"


def page_of(request: Request, tenant: str, here: str) -> Page:
    """The page in the language that was chosen, or that the browser prefers."""
    return Page(tenant, here, page_language(request, LANGUAGES))


def draw(page: Page, template: str, title: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page. `said` are its sentences, the first one in a `tone`; `refresh` is in how many seconds it is asked again.

    `goes_to` is the processor's page, where a form of this one may lead.
    """
    given: dict[str, Any] = {"said": (), "tone": "", "fault": "", "refresh": 0, "goes_to": "", **values}
    text = (
        _pages()
        .get_template(template)
        .render(
            language=page.language,
            other_language="es" if page.language == "en" else "en",
            words=page.words,
            head=sender_of(page.tenant),
            here=page.here,
            title=title,
            style=Markup(style()),  # noqa: S704 - a file of ours
            day=page.day,
            dollars=dollars,
            **given,
        )
    )
    return HTMLResponse(text, status, headers=page_headers(style(), given["goes_to"]))


def told(page: Page, what: str, status: int, day: date | None = None) -> HTMLResponse:
    """A page that says one thing: why there is nothing to pay here."""
    said = LANGUAGES[page.language]
    text = said[what].format(day="" if day is None else page.day(day))
    return draw(page, "pay_page.html", said[f"{what}_title"], status, said=(text,))


def sender_of(tenant: str) -> ReceiptHead:
    """Who writes for a client."""
    heads = receipt_heads()
    return heads.get(tenant, heads["*"])


@cache
def style() -> str:
    """The page's one style element."""
    return (FOLDER / "pay_page.css").read_text(encoding="utf-8")


@cache
def _pages() -> Environment:
    loader = PackageLoader("services.payments")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
