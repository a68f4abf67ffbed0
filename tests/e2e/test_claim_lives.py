"""Six claims, six lives, on a running stack with the clock moved: each ends as it must, and the book ties out.

The sandbox decides by chance that repeats, so control numbers and members are chosen by what it will do with them.
"""

import asyncio
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from revcycle.demo.intake import Drop, drop
from revcycle.identity import issue_token
from revcycle.report import read_proofs
from revcycle.settle import Watcher
from sandbox.acknowledgements import payer_status, rejects
from sandbox.adjudication import adjudicate, will_reverse
from sandbox.held import HeldClaim, hold
from sandbox.members import Member, member
from sandbox.profiles import PayerProfile, Payers, read_payers
from sandbox.settings import SandboxSettings
from services.claims.api_models import ClaimBody
from shared.clock import write_clock_file
from shared.x12.claim837 import Batch837, Claim837, OtherPayer, Party, Payer, Person, Subscriber, write_837p
from tests.claims.callers import CLAIM
from tests.e2e.stack import START, Stack, running

TENANT = "lakeside"
SECONDS_MAX = 240.0
SEED: int = SandboxSettings.model_fields["sandbox_seed"].default
PAYERS: Payers = read_payers(SandboxSettings.model_fields["sandbox_payers"].default)

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("lives"), 0, 0) as stack:
        yield stack


def test_six_claims_live_and_the_book_ties_out(stack: Stack) -> None:
    asyncio.run(_lives(stack))


async def _lives(stack: Stack) -> None:
    async with Watcher(stack.layout, stack.record) as watcher, httpx.AsyncClient(timeout=60, trust_env=False) as http:
        desk = Desk(stack, watcher, http)
        await desk.begin()
        await desk.first_day()
        await desk.acknowledged()
        await desk.decided()
        await desk.at_the_end()


class Desk:
    """A biller at work, and what there is of each claim."""

    def __init__(self, stack: Stack, watcher: Watcher, http: httpx.AsyncClient) -> None:
        self._stack, self._watcher, self._http = stack, watcher, http
        self._claims = stack.record.url("claims") or ""
        token = issue_token(stack.layout, TENANT, "test", ["biller", "operator", "auditor"])
        self._headers = {"authorization": f"Bearer {token}", "x-reason": "a fault of ours"}
        self._keys = count(1)
        self.ids: dict[str, str] = {}
        self.bodies: dict[str, dict[str, Any]] = {}

    async def begin(self) -> None:
        """Claims come in: five by the API, one with a second payer in a file."""
        self.bodies = {
            "clean": chosen("RC101", "C", pays),
            "denied": chosen("RC101", "D", denies),
            "rejected": chosen("RC101", "R", rejected_once),
            "routed": chosen("RC105", "M", pays_at_mco, managed=True),
            "faulty": chosen("RC101", "F", pays),
        }
        faulty = copy.deepcopy(self.bodies["faulty"])
        faulty["billing"]["npi"] = "1234567890"
        for name, body in self.bodies.items():
            self.ids[name] = (await self.post("/claims", faulty if name == "faulty" else body))["claim_id"]
        first, second = primary_and_secondary()
        self.bodies["primary"] = first
        drop(self._stack.layout.intake / TENANT, Drop(TENANT, "two-payers.837", file_of(first, second)))
        await self.settle()
        found = await self.get(f"/claims?control_number={first['patient_control_number']}")
        self.ids["primary"] = found[0]["claim_id"]

    async def first_day(self) -> None:
        """The planted fault is held with its reason, the Medicaid claim goes to the plan; the fault is mended."""
        faulty = await self.claim("faulty")
        assert faulty["status"] == "held"
        assert {one["rule"] for one in faulty["holds"]} == {"npi-check-digit"}
        routed = await self.claim("routed")
        assert routed["payer_id"] == "RC106"
        (moved,) = [one for one in routed["timeline"] if one["type"] == "payer-changed"]
        assert (moved["from_payer_id"], moved["rule"]) == ("RC105", "managed-care-before-sending")
        assert moved["event"] == "claim.rerouted.v1"
        await self.put(f"/claims/{self.ids['faulty']}", self.bodies["faulty"])
        await self.settle()
        statuses = {name: (await self.claim(name))["status"] for name in self.ids}
        assert statuses == dict.fromkeys(self.ids, "submitted")

    async def acknowledged(self) -> None:
        """The payer rejects one by 277CA; it is mended, and goes out again."""
        await self.move(2)
        statuses = {name: (await self.claim(name))["status"] for name in self.ids}
        assert statuses == {**dict.fromkeys(self.ids, "accepted"), "rejected": "rejected"}
        mended = {**self.bodies["rejected"], "diagnoses": ["J06.9", "R05.9"]}
        await self.put(f"/claims/{self.ids['rejected']}", mended)
        await self.settle()
        assert (await self.claim("rejected"))["status"] == "submitted"

    async def decided(self) -> None:
        """Payers decide; the denial is appealed and the appeal answered; the second payer gets its claim."""
        await self.move(41)
        denied = await self.claim("denied")
        assert denied["status"] == "denied"
        appeal = await self.post(f"/claims/{self.ids['denied']}/appeals", {})
        path = f"/appeals/{appeal['appeal_id']}"
        await self.post(f"{path}/packet", {})
        await self.settle()
        today = (START + timedelta(days=41)).isoformat()
        await self.post(f"{path}/submit", {"method": "fax", "submitted_on": today})
        await self.settle()
        assert (await self.get(f"/work-items/{self.ids['denied']}"))["status"] in ("open", "in_work", "waiting")
        await self.post(f"{path}/answer", {"outcome": "upheld", "decided_on": today})
        await self.settle()
        assert (await self.get(path))["status"] == "decided"
        (noted,) = (await self.claim("primary"))["next_payers"]
        assert noted["payer_id"] == "RC103"
        self.ids["secondary"] = noted["next_claim_id"]

    async def at_the_end(self) -> None:
        """Each ended as it had to, and every cent is somewhere."""
        await self.move(83)
        statuses = {name: (await self.claim(name))["status"] for name in self.ids}
        assert statuses == {**dict.fromkeys(self.ids, "paid"), "denied": "denied"}
        held = [one["type"] for one in (await self.claim("rejected"))["timeline"]]
        assert held.count("claim-transmitted") == 2
        token = issue_token(self._stack.layout, TENANT, "test", ["auditor"])
        proof = (await read_proofs(self._stack.record.url("payments") or "", {TENANT: token}))[TENANT]
        assert proof["proved"]
        assert not proof["discrepancies"]
        charges = [one["charge_cents"] for one in self.bodies.values()]
        assert proof["totals"]["charge_cents"] == sum(charges), "what the second payer is asked for is charged already"
        assert proof["debits_cents"] == proof["credits_cents"]
        spent = ("paid_cents", "adjusted_cents", "patient_paid_cents", "written_off_cents", "insurance_cents")
        assert sum(proof["totals"][name] for name in (*spent, "patient_cents")) == proof["totals"]["charge_cents"]

    async def claim(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.get(f"/claims/{self.ids[name]}")
        return found

    async def move(self, days: int) -> None:
        write_clock_file(self._stack.layout.clock, datetime.combine(START + timedelta(days=days), time(12), UTC))
        await self.settle()

    async def settle(self) -> None:
        await self._watcher.wait(SECONDS_MAX, readers=False)

    async def get(self, path: str) -> Any:
        return self._read(await self._http.get(f"{self._claims}{path}", headers=self._headers))

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._read(await self._http.post(f"{self._claims}{path}", json=body, headers=self._keyed()))

    async def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._read(await self._http.put(f"{self._claims}{path}", json=body, headers=self._keyed()))

    def _keyed(self) -> dict[str, str]:
        return {**self._headers, "Idempotency-Key": f"k{next(self._keys)}"}

    @staticmethod
    def _read(answer: httpx.Response) -> Any:
        assert answer.is_success, f"{answer.request.url.path}: {answer.status_code} {answer.text}"
        return answer.json()


Wanted = Callable[[HeldClaim, PayerProfile], bool]


def chosen(payer_id: str, letter: str, wanted: Wanted, *, managed: bool = False) -> dict[str, Any]:
    """A claim whose member is covered and whose payer will do what is wanted."""
    payer = PAYERS.find(payer_id)
    for n in count(1):
        member_id = f"LIFE{letter}{n:05d}"
        who = member(SEED, payer, member_id)
        body = {
            **CLAIM,
            "patient_control_number": f"LIFE{letter}{n}",
            "payer": {"id": payer_id, "name": payer.name},
            "subscriber": {**CLAIM["subscriber"], "member_id": member_id},
        }
        if plain(who) and who.managed_care == managed and wanted(held_of(body), payer):
            return body
    raise AssertionError("count ends never")


def plain(who: Member) -> bool:
    """Covered, and nothing odd about it."""
    odd = who.odd or who.vague or who.authorization_required or who.deductible_remaining_cents
    return who.standing == "active" and not odd


def held_of(body: Mapping[str, Any], attempt: int = 0, **changes: Any) -> HeldClaim:
    claim = ClaimBody.model_validate_json(json.dumps(body)).claim837()
    return hold(replace(claim, **changes), TENANT, attempt, "")


def pays(claim: HeldClaim, payer: PayerProfile) -> bool:
    decision = adjudicate(claim, payer, SEED)
    paid = all(one.paid_cents > 0 for one in decision.lines)
    accepted = not rejects(payer_status(claim, payer, SEED))
    return accepted and paid and not will_reverse(claim, decision, payer, SEED)


def denies(claim: HeldClaim, payer: PayerProfile) -> bool:
    """For medical necessity, which is worth an appeal."""
    if rejects(payer_status(claim, payer, SEED)):
        return False
    cuts = [cut for line in adjudicate(claim, payer, SEED).lines for cut in line.reductions]
    return [(one.group, one.reason) for one in cuts] == [("CO", "50")]


def rejected_once(claim: HeldClaim, payer: PayerProfile) -> bool:
    return rejects(payer_status(claim, payer, SEED)) and pays(replace(claim, attempt=1), payer)


def pays_at_mco(claim: HeldClaim, _: PayerProfile) -> bool:
    """The plan that takes the claim knows the member too, and pays."""
    plan = PAYERS.find("RC106")
    return plain(member(SEED, plan, claim.member_id)) and pays(replace(claim, payer_id="RC106"), plan)


def primary_and_secondary() -> tuple[dict[str, Any], OtherPayer]:
    """A claim that its first payer pays with something left, and a second payer that covers the member."""

    def leaves_something(claim: HeldClaim, payer: PayerProfile) -> bool:
        return pays(claim, payer) and adjudicate(claim, payer, SEED).patient_cents > 0

    first = chosen("RC101", "P", leaves_something)
    payer = PAYERS.find("RC103")
    number = f"{first['patient_control_number']}-2"
    judged = held_of({**first, "patient_control_number": number, "payer": {"id": "RC103", "name": payer.name}})
    assert not rejects(payer_status(judged, payer, SEED)), "choose another primary claim: its second payer rejects it"
    known = (f"LIFES{n:05d}" for n in count(1))
    member_id = next(one for one in known if plain(member(SEED, payer, one)))
    person = Person("QUILLFEATHER", "ADA")
    subscriber = Subscriber(
        person, member_id=member_id, relationship="18", payer_responsibility="S", claim_filing_code="CI"
    )
    return first, OtherPayer(subscriber, Payer(payer.name, "RC103"), benefits_assigned="Y", release_of_information="Y")


def file_of(body: Mapping[str, Any], second: OtherPayer) -> bytes:
    claim: Claim837 = ClaimBody.model_validate_json(json.dumps(body)).claim837()
    submitter = Party(name="LAKESIDE", id="LAKESIDE", id_qualifier="46")
    receiver = Party(name="CLEARINGHOUSE", id="SANDBOXCH", id_qualifier="46")
    at = datetime.combine(START, time(8), UTC)
    return write_837p(Batch837(submitter, receiver, 1, 1, at, (replace(claim, other_payers=(second,)),)))
