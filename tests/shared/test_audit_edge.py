"""The HTTP edge and the audit log: every route of every service is in it, with who, what, why and how it ended."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import quote

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from services.claims.app import create_app as claims_app
from services.claims.settings import ClaimsSettings
from services.collections.app import create_app as collections_app
from services.collections.settings import CollectionsSettings
from services.console.app import create_app as console_app
from services.console.settings import ConsoleSettings
from services.eligibility.app import create_app as eligibility_app
from services.eligibility.settings import EligibilitySettings
from services.payments.app import create_app as payments_app
from services.payments.settings import PaymentsSettings
from shared.audit import Audit
from shared.audit_edge import UNKNOWN_A_MINUTE, Audited, Why, without_patients
from shared.auth import DEVELOPMENT_ISSUER, Authenticator, Principal
from shared.http import Operator, Run, bare_app
from shared.store.memory import MemoryStore
from tests.shared.test_audit import Unsteady
from tests.shared.test_audit_chain import KEYS, TENANT, Ticking

SHOWS_NO_PATIENTS = {
    "GET /live": "says that the process answers and is not stuck",
    "GET /ready": "says that it serves, or which loop has ended",
    "GET /health/live": "the same",
    "GET /health/ready": "the same",
    "GET /health/deep": "which part is well, in numbers",
    "GET /metrics": "numbers",
    "GET /internal/status": "numbers",
    "GET /internal/streams": "topics and numbers",
    "GET /internal/letters": "where a record lay, why it could not be read, and its shape: our fields, lengths",
    "GET /internal/letters/jobs": "how far a replay came, and why a letter failed: a field and a rule",
    "GET /internal/at-rest": "numbers",
    "GET /internal/parked": "ids and reasons of the machinery; a release is recorded",
    "GET /internal/dead-letters": "places and reasons; their content stays sealed",
    "GET /internal/quarantine": "files' names and what is wrong with their form",
    "GET /news": "says that something was handled, and not what",
    "POST /theme": "keeps a colour in the browser",
    "GET /nightly": "how many questions a night asked and left",
    "GET /providers": "providers' enrollments and credentials",
    "GET /providers/{npi}/payers/{payer_id}/standing": "a provider's standing",
    "GET /rules": "rules",
    "GET /rules/{rule_id}": "a rule",
    "POST /rules/check": "judges a rule's text and keeps nothing",
    "GET /reference": "which code lists are loaded",
}
"""Routes whose good answers are not recorded, and why that is so. Whoever adds one says why here."""


def applications(root: Path) -> dict[str, FastAPI]:
    given: dict[str, Any] = {
        "env": "development",
        "kafka": "unused",
        "mongo": "unused",
        "jwks_file": root / "jwks.json",
        "issuer": DEVELOPMENT_ISSUER,
        "master_key_file": root / "master",
        "pseudonym_key_file": root / "pseudonym",
    }
    urls: dict[str, Any] = {
        f"{name}_url": f"http://{name}" for name in ("eligibility", "claims", "payments", "collections")
    }
    folders: dict[str, Any] = {"intake": root / "intake", "exchange": root / "exchange"}
    return {
        "eligibility": eligibility_app(EligibilitySettings(**given, sandbox_url="http://payers")),
        "claims": claims_app(ClaimsSettings(**given, **folders)),
        "payments": payments_app(PaymentsSettings(**given, exchange=root / "exchange")),
        "collections": collections_app(CollectionsSettings(**given, exchange=root / "exchange")),
        "console": console_app(ConsoleSettings(**given, **urls)),
    }


class Asked(NamedTuple):
    """A request of a route, as the edge sees it."""

    action: str
    scope: dict[str, Any]


def requests_of(app: FastAPI) -> Iterator[Asked]:
    """One of each method of each route, with the routes of routers that are in routers."""
    routers: list[Any] = [part for part in app.routes if hasattr(part, "effective_route_contexts")]
    for part in routers:
        for found in part.effective_route_contexts():
            route = found.original_route
            params = dict.fromkeys(route.param_convertors, "x")
            for method in sorted(found.methods):
                scope: dict[str, Any] = {
                    "type": "http",
                    "method": method,
                    "query_string": b"",
                    "headers": [],
                    "app": app,
                }
                scope |= {"path": found.path.format(**params), "route": route, "endpoint": route.endpoint}
                yield Asked(f"{method} {found.path}", {**scope, "path_params": params})


class Parts:
    """What the edge asks of a running service."""

    def __init__(self, store: MemoryStore, key: ECKey | None = None) -> None:
        self.runtime = self.spec = self
        self.name = "claims"
        self.store = store
        self.audit = Audit(store, Ticking(), KEYS, "claims")
        keys = KeySet([key or ECKey.generate_key("P-256", {"kid": "k"}, auto_kid=False)])
        self.authenticator = Authenticator(keys, DEVELOPMENT_ISSUER, "revcycle", production=False)


async def recorded(asked: Asked) -> list[str]:
    """The actions that the log holds after a good answer of this route, which itself said nothing to the log."""

    async def answers(scope: Any, _: Any, send: Any) -> None:
        scope["state"] = {"principal": Principal(TENANT, "pat@lakeside", frozenset({"biller"}))}
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def nothing(*_: Any) -> Any:
        return {}

    parts = Parts(MemoryStore())
    asked.scope["app"].state.running = parts
    await Audited(answers)(asked.scope, nothing, nothing)
    notes = await parts.store.notes("audit", TENANT, None, 10)
    return [str(note["action"]) for note in notes if note["kind"] != "chain"]


async def test_every_route_of_every_service_is_recorded_unless_it_shows_no_patients(tmp_path: Path) -> None:
    seen, unrecorded = set[str](), set[str]()
    for name, app in applications(tmp_path).items():
        assert Audited in [cast("object", one.cls) for one in app.user_middleware], f"{name} keeps no audit log"
        for asked in requests_of(app):
            seen.add(asked.action)
            if await recorded(asked) != [asked.action]:
                unrecorded.add(asked.action)
    assert len(seen) > 150
    assert unrecorded == set(SHOWS_NO_PATIENTS)


router = APIRouter()


@router.get("/claims/{claim_id}")
async def look(claim_id: str, _: Operator) -> str:
    return claim_id


@router.get("/claims")
async def listed(_: Operator, status: str = "") -> str:
    return status


@router.put("/claims/{claim_id}")
async def change(claim_id: str, run: Run, caller: Operator, why: Why) -> None:
    await run.audit.record(caller, "claim.correct", f"claim/{claim_id}", why)


@router.post("/broken")
async def broken(_: Operator) -> None:
    raise ZeroDivisionError


@router.get("/numbers")
@without_patients
async def numbers(_: Operator) -> int:
    return 1


class Caller:
    """A service with the routes above, and somebody who calls them."""

    def __init__(self, store: MemoryStore) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "k"}, auto_kid=False)
        self.parts, self.store = Parts(store, self.key), store
        app = bare_app("claims", router)
        app.state.running = self.parts
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://claims")

    def token(self, *roles: str) -> dict[str, str]:
        claims = {"iss": DEVELOPMENT_ISSUER, "aud": "revcycle", "sub": "olga", "tenant": TENANT, "exp": 4_000_000_000}
        signed = jwt.encode({"alg": "ES256", "kid": "k"}, {**claims, "roles": list(roles)}, self.key)
        return {"Authorization": f"Bearer {signed}"}

    async def ask(self, method: str, path: str, *roles: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, path, headers={**self.token(*(roles or ("operator",))), **named})

    async def log(self, tenant: str = TENANT) -> list[tuple[str, str, str, str, int]]:
        notes = await self.store.notes("audit", tenant, None, 1000)
        shown = [note for note in notes if note["kind"] != "chain"]
        return [(n["log"], n["kind"], n["action"], n["subject"], n["outcome"]) for n in shown]


@pytest.fixture
async def caller() -> Any:
    one = Caller(MemoryStore())
    yield one
    await one.http.aclose()


async def test_reads_changes_and_refusals_are_told_apart(caller: Caller) -> None:
    await caller.ask("GET", "/claims/clm_1")
    await caller.ask("GET", "/claims?status=held")
    await caller.ask("PUT", "/claims/clm_1", X_Reason="the payer asked for it")
    await caller.ask("GET", "/claims/clm_2", "integrator")
    await caller.ask("GET", "/numbers")
    await caller.ask("POST", "/broken")
    assert await caller.log() == [
        ("activity", "read", "GET /claims/{claim_id}", "claim/clm_1", 200),
        ("activity", "read", "GET /claims", "list?status", 200),
        ("activity", "write", "claim.correct", "claim/clm_1", 200),
        ("security", "refused", "GET /claims/{claim_id}", "claim/?", 403),
    ]


async def test_a_change_of_a_whole_document_needs_its_reason(caller: Caller) -> None:
    refused = await caller.ask("PUT", "/claims/clm_1", X_Reason="  ")
    assert (refused.status_code, "X-Reason" in refused.text) == (400, True)
    assert (await caller.ask("PUT", "/claims/clm_1", X_Reason="wrong modifier")).status_code == 200
    (note,) = [n for n in await caller.store.notes("audit", TENANT, None, 9) if n["action"] == "claim.correct"]
    assert (note["actor"], note["reason"], note["address"]) == ("olga", "wrong modifier", "127.0.0.1")


async def test_callers_without_a_token_are_in_the_houses_log_so_many_a_minute(caller: Caller) -> None:
    for _ in range(UNKNOWN_A_MINUTE + 5):
        assert (await caller.http.get("/claims/clm_1")).status_code == 401
    told = await caller.log("-")
    assert told[0] == ("security", "refused", "GET /claims/{claim_id}", "claim/?", 401)
    assert len(told) == UNKNOWN_A_MINUTE
    assert await caller.log() == []
    shown = await caller.ask("GET", "/audit/unknown-callers?limit=5")
    assert len(shown.json()) == 5


async def test_a_page_that_renews_itself_is_one_look(caller: Caller) -> None:
    for _ in range(3):
        await caller.ask("GET", "/claims/clm_1", X_Refresh="1")
    await caller.ask("GET", "/claims/clm_1")
    await caller.ask("GET", "/claims/clm_2", X_Refresh="1")
    assert [line[3] for line in await caller.log()] == ["claim/clm_1", "claim/clm_1", "claim/clm_2"]


async def test_nothing_is_shown_that_cannot_be_recorded() -> None:
    store = Unsteady()
    caller = Caller(store)
    store.fails = ["before"] * 2
    refused = await caller.ask("GET", "/claims/clm_1")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "clm_1" not in refused.text
    store.fails = []
    assert (await caller.ask("GET", "/claims/clm_1")).status_code == 200
    assert [line[3] for line in await caller.log()] == ["claim/clm_1", "claim/clm_1"]
    await caller.http.aclose()


async def test_the_log_is_searched_and_paged_over_http(caller: Caller) -> None:
    for n in range(5):
        await caller.ask("GET", f"/claims/clm_{n}")
    await caller.ask("GET", "/claims/clm_9", "integrator")
    await caller.ask("GET", "/claims/clm_9", "integrator", "operator")

    async def found(query: str) -> list[str]:
        answer = await caller.ask("GET", f"/audit?{query}", "auditor")
        assert answer.status_code == 200, answer.text
        return [line["subject"] for line in answer.json()]

    assert await found("kind=read&limit=2") == ["claim/clm_0", "claim/clm_1"]
    (last,) = (await caller.ask("GET", "/audit?kind=read&limit=1", "auditor")).json()
    assert await found(f"kind=read&limit=2&after={quote(last['id'])}") == ["claim/clm_1", "claim/clm_2"]
    assert await found("subject=claim/clm_3&actor=olga") == ["claim/clm_3"]
    assert await found("log=security") == ["claim/?"]
    assert await found("log=activity&newest_first=true&limit=2") == ["list?log", "list?actor,subject"]
    assert await found("first=2026-07-02") == []
    assert len(await found("first=2026-07-01&last=2026-07-01&limit=1000")) > 5
    assert (await caller.ask("GET", "/audit", "biller")).status_code == 403
    assert (await caller.ask("GET", "/audit?log=gossip", "auditor")).status_code == 422


async def test_the_log_is_verified_and_exported_over_http(caller: Caller) -> None:
    await caller.ask("PUT", "/claims/clm_1", X_Reason="=1+1")
    await caller.parts.audit.anchor()
    said = (await caller.ask("GET", "/audit/verify", "auditor")).json()
    assert (said["service"], said["verified"], said["records"]) == ("claims", True, 2)
    known = [{"writer": "claims-elsewhere", "number": 3, "mac": "00"}]
    body = await caller.http.post("/audit/verify", json={"anchors": known}, headers=caller.token("auditor"))
    assert (body.json()["verified"], body.json()["faults"][0]["number"]) == (False, 3)
    lines = (await caller.ask("GET", "/audit/export", "auditor")).text.splitlines()
    kept = dict((await caller.store.notes("audit", TENANT, None, 9))[1])
    exported = json.loads(lines[1])
    assert (exported["mac"], exported["tenant"]) == (kept["mac"], TENANT)
    sheet = (await caller.ask("GET", "/audit/export?format=csv&first=2026-07-01", "auditor")).text.splitlines()
    assert sheet[0].startswith("at,log,kind,actor")
    assert ",'=1+1," in sheet[2]
    assert (await caller.ask("GET", "/audit/verify", "biller")).status_code == 403
