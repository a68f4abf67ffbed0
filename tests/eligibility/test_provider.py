"""Enrollment and credentialing: states with dates and events, and whether claims are sent, held or routed."""

from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.core.provider import (
    PROVIDER,
    CredentialSpan,
    Enrollment,
    Provider,
    ProviderMessage,
    SetCredentials,
    SetEnrollment,
    standing_on,
)
from shared.contracts import EnrollmentChanged, ProviderStandingChanged
from shared.decider import Snapshot
from tests.eligibility.house import House
from tests.eligibility.test_check import meta

NPI, PAYER = "1234567893", "RC101"
PATH = f"/providers/{NPI}/payers/{PAYER}"


def enrolled(state: Any, effective_from: date = date(2026, 1, 1), **more: Any) -> Enrollment:
    return Enrollment(transaction="837P", state=state, effective_from=effective_from, **more)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = House(tmp_path)
    yield built
    await built.close()


async def put(house: House, path: str, body: dict[str, Any], key: str, *roles: str) -> Any:
    client = house.client(*(roles or ("operator",)))
    headers = {"Idempotency-Key": key, "X-Reason": "as the payer says"}
    return await client.put(f"{PATH}/{path}", json=body, headers=headers)


async def test_an_enrollment_goes_through_its_states_and_each_is_told(house: House) -> None:
    steps = [("requested", "2026-01-05"), ("submitted", "2026-01-20"), ("enrolled", "2026-02-15")]
    for state, day in steps:
        body = {"state": state, "effective_from": day, "task": "sign the form" if state == "requested" else None}
        assert (await put(house, "enrollments/835", body, state)).status_code == 200
    told = house.events(EnrollmentChanged)
    assert [(one.transaction, one.state, str(one.effective_from)) for one in told] == [("835", s, d) for s, d in steps]
    assert told[0].task == "sign the form"
    [shown] = (await house.client().get("/providers", params={"npi": NPI})).json()
    assert [(one["transaction"], one["state"]) for one in shown["enrollments"]] == [("835", "enrolled")]
    audited = (await house.client("auditor").get("/audit")).json()
    assert {one["action"] for one in audited} == {"provider.enrollment.835"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"state": "ended", "effective_from": "2026-03-01"}, "does not become ended"),
        ({"state": "enrolled", "effective_from": "2025-12-31"}, "begins no earlier"),
        ({"state": "enrolled", "effective_from": "2026-03-01", "effective_to": "2026-02-01"}, "before it begins"),
    ],
)
async def test_what_cannot_follow_is_refused_with_the_reason(house: House, body: dict[str, Any], said: str) -> None:
    await put(house, "enrollments/837P", {"state": "requested", "effective_from": "2026-01-05"}, "one")
    answer = await put(house, "enrollments/837P", body, "two")
    assert answer.status_code == 409
    assert said in answer.json()["detail"]["reasons"][0]
    assert len(house.events(EnrollmentChanged)) == 1


async def test_credentialing_spans_send_hold_or_route_claims_by_date_of_service(house: House) -> None:
    spans = [
        {"first": "2026-01-01", "last": "2026-02-28", "credential": "supervised", "route_to_npi": "1003000126"},
        {"first": "2026-04-01", "last": None, "credential": "credentialed", "network": "in"},
    ]
    assert (await put(house, "credentials", {"spans": spans}, "one")).status_code == 200
    client = house.client()
    told = {
        day: (await client.get(f"{PATH}/standing", params={"on": day})).json()
        for day in ("2025-12-31", "2026-02-28", "2026-03-15", "2026-04-01")
    }
    assert {day: one["action"] for day, one in told.items()} == {
        "2025-12-31": "hold",
        "2026-02-28": "route",
        "2026-03-15": "hold",
        "2026-04-01": "send",
    }
    assert told["2026-02-28"]["route_to_npi"] == "1003000126"
    assert "no credentialing span covers 2026-03-15" in told["2026-03-15"]["because"]
    [event] = house.events(ProviderStandingChanged)
    assert [(one.action, one.because) for one in event.spans] == [("route", "supervised"), ("send", "credentialed")]
    assert [one.network for one in event.spans] == [None, "in"]
    assert event.otherwise == "hold"


async def test_a_provider_nobody_recorded_is_held_by_nothing(house: House) -> None:
    answer = await house.client().get("/providers/1999999999/payers/RC101/standing", params={"on": "2026-03-03"})
    assert answer.json()["action"] == "send"


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        ([("2026-01-01", "2025-01-01", "credentialed")], "before it begins"),
        ([("2026-01-01", None, "credentialed"), ("2026-02-01", None, "pending")], "end it on 2026-01-31"),
        ([("2026-01-01", None, "supervised")], "names whom claims go out under"),
    ],
)
async def test_spans_out_of_order_are_refused(house: House, spans: list[tuple[Any, ...]], said: str) -> None:
    body = {"spans": [{"first": f, "last": t, "credential": c} for f, t, c in spans]}
    answer = await put(house, "credentials", body, "one")
    assert answer.status_code == 409
    assert said in answer.json()["detail"]["reasons"][0]


async def test_auditors_change_nothing_and_a_repeat_is_one_change(house: House) -> None:
    body = {"state": "requested", "effective_from": "2026-01-05"}
    assert (await put(house, "enrollments/270", body, "one", "auditor")).status_code == 403
    for _ in range(2):
        assert (await put(house, "enrollments/270", body, "two")).status_code == 200
    assert len(house.events(EnrollmentChanged)) == 1


@pytest.mark.parametrize(
    ("enrollment", "on", "action"),
    [
        (enrolled("enrolled"), date(2026, 1, 1), "send"),
        (enrolled("enrolled"), date(2025, 12, 31), "hold"),
        (enrolled("enrolled", effective_to=date(2026, 6, 30)), date(2026, 7, 1), "hold"),
        (enrolled("submitted"), date(2026, 3, 1), "hold"),
        (enrolled("ended", date(2026, 5, 1)), date(2026, 4, 30), "send"),
        (enrolled("ended", date(2026, 5, 1)), date(2026, 5, 1), "hold"),
    ],
)
def test_an_enrollment_that_is_not_in_force_holds_claims(enrollment: Enrollment, on: date, action: str) -> None:
    provider = Provider(npi=NPI, payer_id=PAYER, enrollments=(enrollment,))
    assert standing_on(provider, on, "837P").action == action
    assert standing_on(provider, on, "837I").action == "send", "another transaction is another enrollment"


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
ENROLLMENTS = st.builds(
    Enrollment,
    transaction=st.sampled_from(["835", "837P"]),
    state=st.sampled_from(["not_enrolled", "requested", "submitted", "enrolled", "rejected", "ended"]),
    effective_from=DAYS,
    effective_to=st.none() | DAYS,
)
SPANS = st.lists(
    st.builds(CredentialSpan, first=DAYS, last=st.none() | DAYS, credential=st.sampled_from(["pending", "terminated"])),
    max_size=3,
)


def messages(steps: list[Any]) -> list[ProviderMessage]:
    return [
        SetEnrollment(meta=meta(f"step{n}"), npi=NPI, payer_id=PAYER, enrollment=step)
        if isinstance(step, Enrollment)
        else SetCredentials(meta=meta(f"step{n}"), npi=NPI, payer_id=PAYER, spans=tuple(step))
        for n, step in enumerate(steps)
    ]


@given(st.lists(st.one_of(ENROLLMENTS, SPANS), max_size=8), st.data())
def test_batching_is_invisible_and_spans_never_overlap(steps: list[Any], data: st.DataObject) -> None:
    told = messages(steps)
    whole = PROVIDER.run(Snapshot(PROVIDER.initial), told)
    cut = data.draw(st.integers(0, len(told)))
    head = PROVIDER.start(*told[:cut])
    tail = PROVIDER.run(head.snapshot, told[cut:])
    assert (tail.snapshot, head.entries + tail.entries) == (whole.snapshot, whole.entries)
    assert PROVIDER.fold(whole.facts) == whole.snapshot.state
    spans = whole.snapshot.state.spans
    days = [one.last for one in spans[:-1]]
    assert all(last is not None and last < later.first for last, later in zip(days, spans[1:], strict=True))


async def test_why_is_asked_when_a_providers_standing_is_changed(house: House) -> None:
    client = house.client("operator")
    wishes: dict[str, dict[str, Any]] = {"credentials": {"spans": []}, "enrollments/837P": {"state": "requested"}}
    for path, body in wishes.items():
        answer = await client.put(f"{PATH}/{path}", json=body, headers={"Idempotency-Key": "why"})
        assert (answer.status_code, "X-Reason" in answer.text) == (400, True)
