"""A statement as one page for a browser or a screen reader: nothing in it runs, and nothing is fetched."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from services.collections.core.statement import Statement
from services.collections.statement_code import code_of
from services.collections.statement_pdf import age_of, name_of, notes_of
from services.collections.statement_words import WORDS, dates_of, money, words_of


def statement_html(statement: Statement) -> str:
    """The same statement always has the same text."""
    return _template().render(
        it=statement,
        language=statement.language if statement.language in WORDS else "en",
        words=words_of(statement.language),
        day=dates_of(statement.language),
        money=money,
        age=age_of,
        notes=notes_of,
        name=name_of,
        code=code_of(statement.pay_link) if statement.pay_link else None,
    )


@cache
def _template() -> Template:
    loader = PackageLoader("services.collections")
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return pages.get_template("statement.html")
