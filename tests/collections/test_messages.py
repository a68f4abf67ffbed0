"""E-mails over a real mail server, texts over HTTP, templates in two languages, and what came of what was sent."""

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.collections.app import require_templates
from services.collections.core import PolicyBook, PolicyError, ReminderLevel
from services.collections.core.inbound_words import read_words
from services.collections.outlets import Outgoing, RefusedError, Smtp, TextGateway, mail_of
from services.collections.policies import POLICY_FOLDER
from services.collections.ports import word_lists
from shared.store.port import Key
from tests.collections.house import House, make_house
from tests.collections.mail_server import MailServer, mail_server, own_certificate
from tests.collections.story import ACCOUNT, POLICY, TENANT, at

MESSAGE = Outgoing(
    id="rem_1",
    to="mary@mail.example",
    sender_name="Lakeside Medical Group",
    sender="billing@lakeside.example",
    subject="Your account with Lakeside Medical Group",
    text="Hello\nReply STOP",
    html="<p>Hello</p>",
    stop_at="billing@lakeside.example",
)
REASON = {"reason": "said on the phone"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = make_house(tmp_path)
    yield built
    await built.close()


def smtp(server: MailServer, **more: Any) -> Smtp:
    return Smtp(host="127.0.0.1", port=server.port, security="none", **more)


async def post(house: House, path: str, body: dict[str, Any]) -> httpx.Response:
    """One request of a collector, under a key of its own."""
    key = json.dumps([path, body], default=str)[:200]
    return await house.client("collector", "auditor").post(path, json=body, headers={"Idempotency-Key": key})


async def test_a_mail_server_gets_the_mail_with_its_id_and_how_to_stop_it() -> None:
    async with mail_server(MailServer(password="open sesame")) as server:
        outlet = smtp(server, user="lakeside", password="open sesame")
        await outlet.send(MESSAGE)
        await outlet.send(MESSAGE)
    first, again = server.mails
    assert server.logins == ["lakeside", "lakeside"]
    assert first["Message-ID"] == again["Message-ID"] == "<rem_1@lakeside.example>"
    assert first["List-Unsubscribe"].strip() == "<mailto:billing@lakeside.example?subject=unsubscribe%20rem_1>"
    body = first.get_body(("plain",))
    assert body is not None
    assert "Reply STOP" in body.get_content()


async def test_what_a_mail_server_refuses_for_good_is_told_apart_from_what_it_delays() -> None:
    never, later = frozenset({"mary@mail.example"}), frozenset[str]()
    async with mail_server(MailServer(refuses=never)) as server:
        with pytest.raises(RefusedError) as refused:
            await smtp(server).send(MESSAGE)
    assert refused.value.reason == "address_refused"
    async with mail_server(MailServer(refuses=later, delays=never)) as server:
        with pytest.raises(OSError, match="mary"):
            await smtp(server).send(MESSAGE)


async def test_an_encrypted_connection_is_not_given_up() -> None:
    """A server that offers no encryption gets nothing."""
    async with mail_server(MailServer()) as server:
        outlet = Smtp(host="127.0.0.1", port=server.port, timeout_seconds=5)
        with pytest.raises(OSError, match="STARTTLS"):
            await outlet.send(MESSAGE)
    assert server.mails == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_mail_leaves_encrypted_to_a_server_that_is_trusted(tmp_path: Path, security: str) -> None:
    shown, trusting = own_certificate(tmp_path)
    server = MailServer(starttls=shown if security == "starttls" else None)
    async with mail_server(server, shown if security == "tls" else None):
        trusted = Smtp(host="127.0.0.1", port=server.port, security=security, trust=trusting)  # type: ignore[arg-type]
        await trusted.send(MESSAGE)
        stranger = Smtp(host="127.0.0.1", port=server.port, security=security)  # type: ignore[arg-type]
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            await stranger.send(MESSAGE)
    assert len(server.mails) == 1


async def test_a_mail_that_is_performed_twice_leaves_once(house: House) -> None:
    async with mail_server(MailServer()) as server:
        await with_mail(house, server)
        await house.lives_to(30)
        house.machine.clock.time = at(30, 14)
        accounts, key = house.spec.deciders[0], Key(TENANT, ACCOUNT)
        (pending,) = (await house.machine.store.load(accounts, (key,)))[key].snapshot.effects.values()
        send = house.spec.performers(house.runtime)[accounts.kind][type(pending.effect)]
        first, again = await send(key, pending), await send(key, pending)
    assert len(server.mails) == 1
    assert (first.meta.id, first.outcome) == (again.meta.id, again.outcome)  # type: ignore[attr-defined]


def test_a_line_break_in_an_address_adds_no_header() -> None:
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        mail_of(Outgoing(**{**{name: getattr(MESSAGE, name) for name in MESSAGE.__slots__}, "to": "a@b\nBcc: c@d"}))


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "address_refused"), (410, "address_refused"), (422, "message_refused")]
)
async def test_a_text_gateway_refuses_for_good(status: int, reason: str) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status))) as client:
        with pytest.raises(RefusedError) as refused:
            await TextGateway(url="https://texts.example/send", token="t", client=client).send(MESSAGE)
    assert refused.value.reason == reason


async def test_a_text_carries_its_id_and_a_busy_gateway_is_tried_again() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(429 if len(seen) == 1 else 202)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        gateway = TextGateway(url="https://texts.example/send", token="t", client=client)
        with pytest.raises(httpx.HTTPStatusError):
            await gateway.send(MESSAGE)
        await gateway.send(MESSAGE)
    assert {request.headers["idempotency-key"] for request in seen} == {"rem_1"}


async def with_mail(house: House, server: MailServer) -> None:
    """An account whose letters come back, and who agreed to e-mail."""
    house.outlets["email"] = smtp(server)
    await house.owes(120_00)
    await house.lives_to(1)
    mail = {"reach_id": "mail", "kind": "email", "value": "mary@mail.example", **REASON}
    assert (await post(house, f"/accounts/{ACCOUNT}/reaches", mail)).status_code == 201
    given = {"consent_id": "c1", "kind": "email", "reach_id": "mail", "given_at": at(0).isoformat(), "proof": "doc_1"}
    assert (await post(house, f"/accounts/{ACCOUNT}/consents", {**given, **REASON})).status_code == 201
    contact = (await house.client("collector").get(f"/accounts/{ACCOUNT}/contacts")).json()[0]
    report = {"account_id": ACCOUNT, "contact_id": contact["contact_id"], "report": "returned_mail"}
    assert (await post(house, "/deliveries", {**report, "reported_at": at(1).isoformat()})).status_code == 201


async def at_two(house: House, day: int) -> None:
    """Two in the afternoon in London, eight or nine in the morning in Illinois: mail may go."""
    await house.lives_to(day)
    house.machine.clock.time = at(day, 14)
    await house.settle()


async def test_returned_mail_gives_way_to_an_email_and_a_stop_ends_that_too(house: House) -> None:
    async with mail_server(MailServer()) as server:
        await with_mail(house, server)
        await at_two(house, 30)
        assert [mail["To"] for mail in server.mails] == ["mary@mail.example"]
        assert "PHI" not in server.mails[0]["Subject"]
        stop = {
            "account_id": ACCOUNT,
            "message_id": "m1",
            "channel": "email",
            "reach_id": "mail",
            "text": "Please STOP!",
        }
        came = await post(house, "/inbound", {**stop, "received_at": at(31).isoformat()})
        assert came.json()["meaning"] == "stop"
        await at_two(house, 31)
        await house.lives_to(120)
        assert len(server.mails) == 2
        assert "no more messages" in server.mails[1].as_string()
    account = (await house.client("auditor").get(f"/accounts/{ACCOUNT}")).json()
    assert account["work"].startswith("blocked: ")
    decisions = (await house.client("auditor").get(f"/accounts/{ACCOUNT}/decisions")).json()
    assert all(decision["same"] for decision in decisions)
    assert {decision["allowed"] for decision in decisions} == {True, False}
    assert "mary@mail.example" not in json.dumps([account, decisions])


async def test_an_address_that_the_server_refuses_is_not_tried_again(house: House) -> None:
    async with mail_server(MailServer(refuses=frozenset({"mary@mail.example"}))) as server:
        await with_mail(house, server)
        await at_two(house, 30)
        await house.lives_to(60)
    assert server.mails == []
    person = (await house.client("auditor").get(f"/accounts/{ACCOUNT}/person")).json()
    assert {reach["id"]: reach["wrong"] for reach in person["reaches"]} == {
        "mail": "bounced",
        "post": "returned_mail",
        "phone": "",
    }
    assert person["work"].startswith("blocked: ")


WORDS = word_lists(POLICY_FOLDER / "words.toml")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("STOP", "stop"),
        ("please stop.", "stop"),
        ("Opt-out", "stop"),
        ("unstoppable", "other"),
        ("start", "start"),
        ("help", "help"),
        ("I need help with my car", "other"),
        ("this is NOT MY DEBT", "dispute"),
        ("Alto", "stop"),
        ("start, no: stop", "stop"),
        ("", "other"),
    ],
)
def test_what_a_message_means(text: str, meaning: str) -> None:
    assert read_words(WORDS, text, date(2026, 7, 1)).meaning == meaning


def test_from_a_day_on_one_stop_is_for_everything() -> None:
    assert not read_words(WORDS, "stop", date(2027, 1, 30)).stops_everything
    assert read_words(WORDS, "stop", date(2027, 1, 31)).stops_everything


async def test_every_template_can_be_looked_at_in_both_languages(house: House) -> None:
    await house.owes(120_00)
    client = house.client("collector", "auditor")
    names = (await client.get("/templates")).json()["templates"]
    assert {"statement", "reminder", "final_notice", "dispute_received", "text", "verification"} <= set(names)
    for name in names:
        for language in ("en", "es"):
            body = {"language": language, "format": "html"}
            page = await client.post(f"/templates/{name}/preview", json=body)
            assert page.status_code == 200, (name, language)
            assert f'lang="{language}"' in page.text
            assert "{{" not in page.text
    real = await client.post("/templates/reminder/preview", json={"account_id": ACCOUNT, "language": "es"})
    assert "RECORDATORIO" in real.text
    assert "MARY Q EXAMPLE" in real.text
    assert "puede disputar esta deuda" in " ".join(real.text.split())
    assert (await client.post("/templates/nothing/preview", json={})).status_code == 404


def test_a_policy_with_a_template_that_does_not_exist_is_refused_at_the_start() -> None:
    require_templates(PolicyBook((replace(POLICY, reminders=(ReminderLevel(day=30, template="final_notice"),)),)))
    with pytest.raises(PolicyError, match=r"level 1: there is no template 'poem'; there are: .*reminder"):
        require_templates(PolicyBook((replace(POLICY, reminders=(ReminderLevel(day=30, template="poem"),)),)))


async def test_the_guarantor_has_a_record_that_shows_nothing_sealed(house: House) -> None:
    await house.owes(120_00)
    noted = {"reach_id": "cell", "kind": "mobile", "value": "217-555-0101", "zones": ["America/Chicago"], **REASON}
    shown = await post(house, f"/accounts/{ACCOUNT}/reaches", noted)
    assert "217-555-0101" not in shown.text
    assert shown.json()["state"] == "IL"
    wrong = await post(house, f"/accounts/{ACCOUNT}/reaches", {**noted, "zones": ["America/Springfield"]})
    assert wrong.status_code == 422
    assert "217-555-0101" not in wrong.text
    wishes = {"hours": [{"begins": "12:00", "ends": "13:00"}], "stop": "text", "at": at(0).isoformat(), **REASON}
    person = (await post(house, f"/accounts/{ACCOUNT}/wishes", wishes)).json()
    assert person["stops"] == [{"medium": "text", "at": person["stops"][0]["at"]}]
    asked = await post(house, f"/accounts/{ACCOUNT}/gate", {"medium": "text", "reach_id": "cell", **REASON})
    rules = {finding["rule"] for finding in asked.json()["findings"]}
    assert {"automated_consent", "stopped_medium"} <= rules
    assert asked.json()["until"] is None
    assert datetime.fromisoformat(asked.json()["at"]) == at(0)


async def test_a_message_that_denies_the_debt_is_a_dispute_in_writing(house: House) -> None:
    await house.owes(120_00)
    body = {"account_id": ACCOUNT, "message_id": "m1", "channel": "letter", "reach_id": "post"}
    came = await post(house, "/inbound", {**body, "text": "This is NOT my debt!", "received_at": at(0).isoformat()})
    assert came.json()["meaning"] == "dispute"
    (dispute,) = (await house.client("auditor").get(f"/accounts/{ACCOUNT}/disputes")).json()
    assert (dispute["written"], dispute["outcome"]) == (True, "")
    found = (await house.client("auditor").get("/accounts", params={"disputed": True})).json()
    assert [account["account_id"] for account in found] == [ACCOUNT]
