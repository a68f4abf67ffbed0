"""The page of payment plans that a guarantor may take alone: by the signed link that the payment page makes, no login.

It shows what `plan_link_api` offers, with the very text that is agreed to. Where the house has no text of the version
that its policy names, nothing can be agreed to here: the choices are shown with the number to call.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.collections import plan_link_api
from services.collections.api import Accounts
from services.collections.books import Books, HouseBooks
from services.collections.plan_link_api import TakeBody, Tenant, Token
from services.collections.render import FOLDER, TEMPLATES
from services.collections.statement_words import dates_of, money
from shared.hosted_page import form_fields, page_headers, page_language
from shared.http import Run
from shared.overload import while_there_is_room

plan_page = APIRouter()

ENGLISH: Mapping[str, str] = {
    "title": "Pay in installments",
    "language": "Language",
    "other": "Español",
    "owed": "You owe",
    "choose": "Choose what suits you",
    "choice": "{count} installments of {amount}",
    "down": "after {amount} at once",
    "days": "The first on {first}, the last on {last} ({amount}).",
    "terms": "What you agree to",
    "agree": "I have read this and agree.",
    "take": "Start this plan",
    "call": "Please call us to start a plan.",
    "questions": "Questions?",
    "kept": "You have a payment plan. We sent you its days; you can pay at any time before.",
    "none": "There is no plan that you can start here now. Please call us: we look for a way together.",
    "unknown": "We do not know this link, or it is not good any more. Your newest statement has another, or call us.",
    "not_agreed": "Please choose a plan, and say that you agree.",
    "changed": "This plan cannot be started any more: something has changed. Please choose again, or call us.",
}
SPANISH: Mapping[str, str] = {
    "title": "Pague en cuotas",
    "language": "Idioma",
    "other": "English",
    "owed": "Usted debe",
    "choose": "Elija lo que le convenga",
    "choice": "{count} cuotas de {amount}",
    "down": "después de {amount} ahora",
    "days": "La primera el {first}, la última el {last} ({amount}).",
    "terms": "Lo que usted acepta",
    "agree": "Lo he leído y estoy de acuerdo.",
    "take": "Comenzar este plan",
    "call": "Por favor, llámenos para comenzar un plan.",
    "questions": "¿Preguntas?",
    "kept": "Usted tiene un plan de pagos. Le enviamos sus fechas; puede pagar antes en cualquier momento.",
    "none": "Ahora no hay un plan que pueda comenzar aquí. Por favor, llámenos: buscaremos juntos una solución.",
    "unknown": "No conocemos este enlace, o ya no sirve. Su último estado de cuenta tiene otro, o llámenos.",
    "not_agreed": "Por favor, elija un plan y diga que está de acuerdo.",
    "changed": "Este plan ya no puede comenzar: algo ha cambiado. Por favor, elija otra vez o llámenos.",
}
LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "es": SPANISH}


@plan_page.get("/plan-page/{tenant}/{token}", response_class=HTMLResponse, dependencies=[while_there_is_room])
async def show(
    tenant: Tenant, token: Token, request: Request, run: Run, accounts: Accounts, books: Books
) -> HTMLResponse:
    """The choices and the text, or why there are none."""
    return await _page(tenant, token, request, run, accounts, books)


@plan_page.post("/plan-page/{tenant}/{token}", response_class=Response, dependencies=[while_there_is_room])
async def take(tenant: Tenant, token: Token, request: Request, run: Run, accounts: Accounts, books: Books) -> Response:
    """Start a plan. The same form again is the same plan."""
    form = {name: values[0] for name, values in (await form_fields(request)).items()}
    choice, version = form.get("choice", ""), form.get("text_version", "")
    language = page_language(request, LANGUAGES)
    if not choice or form.get("agree") != "yes" or not terms_of(version, language, 0):
        return await _page(tenant, token, request, run, accounts, books, "not_agreed", choice)
    try:
        body = TakeBody(choice=choice[:60], text_version=version)
        key = f"plan-page/{hashlib.sha256(f'{token}/{choice}'.encode()).hexdigest()}"
        await plan_link_api.take(tenant, token, body, run, key, accounts, books)
    except HTTPException as refused:
        fault = "" if refused.status_code == 404 else "changed"
        return await _page(tenant, token, request, run, accounts, books, fault, choice)
    here = f"/plan-page/{tenant}/{token}?lang={language}"
    return RedirectResponse(here, 303, headers=page_headers(_style()))


async def _page(
    tenant: str,
    token: str,
    request: Request,
    run: Any,
    accounts: Any,
    books: HouseBooks,
    fault: str = "",
    chosen: str = "",
) -> HTMLResponse:
    language = page_language(request, LANGUAGES)
    words = LANGUAGES[language]
    try:
        offered = await plan_link_api.look(tenant, token, run, accounts, books)
    except HTTPException:
        return _drawn(language, None, 404, fault=words["unknown"])
    version = offered["texts"]["plan"] or ""
    said = "kept" if offered["plan_kept"] else "none" if not offered["choices"] else ""
    return _drawn(
        language,
        books.letterheads.get(tenant),
        422 if fault else 200,
        fault=words.get(fault, ""),
        said=words.get(said, ""),
        choices=offered["choices"],
        owed_cents=offered["owed_cents"],
        text_version=version,
        terms=terms_of(version, language, offered["owed_cents"]),
        chosen=chosen,
    )


def terms_of(version: str, language: str, total_cents: int) -> tuple[str, ...]:
    """The lines of the text of a version, in a language; nothing where the house has no such text."""
    name = f"terms/{version.replace('/', '_')}.{language}.txt"
    if name not in TEMPLATES.list_templates(["txt"]):
        return ()
    return tuple(TEMPLATES.get_template(name).render(total_cents=total_cents, dollars=money).splitlines())


def _drawn(language: str, head: Any, status: int, **values: Any) -> HTMLResponse:
    given = {"fault": "", "said": "", "choices": (), "owed_cents": 0, "text_version": "", "terms": (), "chosen": ""}
    text = (
        _pages()
        .get_template("plan_page.html")
        .render(
            language=language,
            other="es" if language == "en" else "en",
            words=SimpleNamespace(**LANGUAGES[language]),
            style=Markup(_style()),  # noqa: S704 - a file of ours
            name="" if head is None else head.name,
            phone="" if head is None else head.phone,
            day=dates_of(language),
            dollars=money,
            **given | values,
        )
    )
    return HTMLResponse(text, status, headers=page_headers(_style()))


@cache
def _style() -> str:
    return (FOLDER / "plan_page.css").read_text(encoding="utf-8")


@cache
def _pages() -> Environment:
    loader = PackageLoader("services.collections")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
