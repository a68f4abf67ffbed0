"""A form of a page, from what was typed to what the service answered: done once, or said beside the field."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID, uuid4

from fastapi import HTTPException, Request

from services.console.calls import Answer, Services
from services.console.core.actions import Action, request_of
from services.console.core.forms import Typed, read_form
from services.console.session import Visitor, check_origin

KEY = "key"
TYPED_MAX = 4_000
SENT_BEFORE = (
    "This was sent before with other content, and nobody knows yet what became of that. Look below whether it "
    "happened; if not, press the button again."
)


class Tried(NamedTuple):
    """A form that was sent. `typed` None: it is done. `status` is that of the page that shows it again."""

    action: Action
    key: str
    typed: Typed | None = None
    status: int = 422


def services_of(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


def action_of(actions: Mapping[str, Action], name: str, who: Visitor) -> Action:
    """The action of a name; 404 where there is none, 403 where this person's roles do not allow it."""
    action = actions.get(name)
    if action is None:
        raise HTTPException(404, "There is no such action.")
    if who.principal.roles.isdisjoint(action.roles):
        raise HTTPException(403, f"This needs one of the roles: {', '.join(action.roles)}.")
    return action


async def perform(request: Request, who: Visitor, action: Action, of_page: Mapping[str, str]) -> Tried:
    """Read the form, and ask the service. The form's key makes a second press of the button the same press."""
    check_origin(request)
    given = {name: str(value)[:TYPED_MAX] for name, value in (await request.form()).items()}
    key = key_of(given.get(KEY, ""))
    filled = read_form(action.fields, given)
    if filled.problems:
        return Tried(action, key, Typed(given, filled.problems, "Nothing was sent: mend what is marked."))
    sent = request_of(action, filled.values, of_page)
    answer = await services_of(request).tell(who.authorization, action.service, sent, key)
    return Tried(action, key) if answer.good else refused(action, key, given, answer)


def key_of(text: str) -> str:
    """The key that the page gave the form; 422 for a form that is none of ours."""
    try:
        return str(UUID(text))
    except ValueError:
        raise HTTPException(422, "This form is incomplete: open the page again. Nothing was sent.") from None


def refused(action: Action, key: str, given: Mapping[str, str], answer: Answer) -> Tried:
    """The page's form again. Where nobody knows whether it happened the key stays, else the next press is another."""
    fields = {one.name for one in action.fields}
    back = {to: name for name, to in action.renamed.items()}
    problems: dict[str, str] = {}
    elsewhere: list[str] = []
    for name, sentence in answer.faults.items():
        field = back.get(name, name)
        if field in fields:
            problems[field] = sentence
        else:
            elsewhere.append(f"{name}: {sentence}")
    problem = " ".join([answer.problem, *elsewhere])
    if "Idempotency-Key" in problem:
        return Tried(action, new_key(), Typed(given, {}, SENT_BEFORE), 409)
    status = 502 if answer.unsure else max(answer.status, 400)
    return Tried(action, key if answer.unsure else new_key(), Typed(given, problems, problem), status)


def new_key() -> str:
    return str(uuid4())
