"""Statements from the topic to paper, on memory: what they say, that they stay as they were, which of them count."""

import io
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from services.collections.core.statement_book import STATEMENT_BOOK
from services.collections.statement_code import code_of
from services.collections.statement_html import statement_html
from services.collections.statement_pdf import statement_pdf
from shared.contracts import PatientBalanceChanged, StatementSent
from shared.contracts.wire import events_topic, from_record, header_map
from shared.identity import seal_model
from shared.inbox import codec_of
from shared.store.port import Key
from tests.collections.house import MARY, House, make_house
from tests.collections.mail_server import MailServer, mail_server
from tests.collections.statement_samples import balance as told
from tests.collections.statement_samples import bill, many_lines, one_visit, several_visits, statement
from tests.collections.story import ACCOUNT, TENANT, at
from tests.collections.test_messages import at_two, with_mail
from tests.collections.test_statement_book import DAY

PATH = f"/accounts/{ACCOUNT}/statements"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    built = make_house(tmp_path)
    yield built
    await built.close()


async def owes(house: House, cents: int, sequence: int = 1, **changes: Any) -> PatientBalanceChanged:
    """A balance with its one bill comes in from payments."""
    event = told(sequence, at(0).date(), [bill("chg_1", DAY, cents)])
    event = event.model_copy(
        update={"sealed_guarantor": await seal_model(house.sealer, TENANT, ACCOUNT, MARY)} | changes
    )
    at_now = event.meta.model_copy(update={"occurred_at": house.machine.clock.time})
    event = event.model_copy(update={"meta": at_now})
    await house.receives(event)
    return event


async def shown(house: House) -> Any:
    answer = await house.client("collector").get(PATH)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(house: House, path: str, body: Mapping[str, Any], key: str = "k") -> Any:
    return await house.client("collector").post(path, json=body, headers={"Idempotency-Key": key})


def sent(house: House) -> list[StatementSent]:
    records = [one for one in house.machine.bus.records if one.topic == events_topic("collections")]
    own = [one for one in records if dict(one.headers)["ce_type"] == b"statement.sent.v1"]
    return [from_record(codec_of(StatementSent), header_map(one.headers), one.value) for one in own]


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


async def test_a_statement_names_its_bills_and_the_page_to_pay_them_on(house: House) -> None:
    await owes(house, 120_00)
    ((_, letter),) = house.files("letters").items()
    said = " ".join(letter.split())
    assert "Charge of June 1, 2026 $120.00 $0.00 $0.00 $0.00 $120.00" in said
    assert "https://pay.lakeside.example/p/lakeside/plink_" in said
    (event,) = sent(house)
    assert (event.pay_request_id[:5], event.replaces) == ("preq_", 0)
    assert event.pay_until is not None
    assert "plink_" not in event.model_dump_json(), "the link is nobody's but the guarantor's"


async def test_a_reprint_is_the_statement_as_it_was_sent_whatever_came_since(house: House) -> None:
    await owes(house, 120_00)
    (path,) = (house.exchange / TENANT / "letters").glob("*.pdf")
    await owes(house, 999_00, 2)
    answer = await house.client("auditor").get(f"{PATH}/{path.stem}")
    assert (answer.status_code, answer.content) == (200, path.read_bytes())
    assert answer.headers["cache-control"] == "no-store"
    page = await house.client("auditor").get(f"{PATH}/{path.stem}?form=html")
    assert ("$120.00" in page.text, "$999.00" in page.text, "<script" in page.text) == (True, False, False)
    assert (await house.client("biller").get(f"{PATH}/{path.stem}")).status_code == 403
    assert (await house.client("auditor", tenant="northgate").get(f"{PATH}/{path.stem}")).status_code == 404
    assert (await house.client("auditor").get(f"{PATH}/stm_nobody")).status_code == 404


async def test_mail_that_came_back_does_not_count_and_the_next_statement_waits_for_an_address(house: House) -> None:
    await owes(house, 120_00)
    (one,) = (await shown(house))["statements"]
    report = {
        "account_id": ACCOUNT,
        "contact_id": one["statement_id"],
        "report": "returned_mail",
        "reported_at": at(8).isoformat(),
    }
    assert (await post(house, "/deliveries", report)).status_code == 201
    now = await shown(house)
    assert (now["counted"], now["statements"][0]["why_not"]) == (0, "its mail came back")
    await house.lives_to(35)
    assert len(house.files("letters")) == 1, "nothing goes to an address that is known to be wrong"


async def test_where_letters_come_back_an_email_says_the_sum_and_links_to_the_page(house: House) -> None:
    async with mail_server(MailServer()) as server:
        await with_mail(house, server)
        await owes(house, 150_00, 2)
        await at_two(house, 9)
    body = server.mails[0].get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert ("$150.00" in text, "https://pay.lakeside.example/p/lakeside/plink_" in text) == (True, True)
    assert "June 1, 2026" not in text, "what was done and when is behind the link or on paper"
    assert [(one["channel"], one["counts"]) for one in (await shown(house))["statements"]] == [
        ("letter", False),
        ("email", True),
    ]


async def test_what_was_taken_back_before_it_left_does_not_count(house: House) -> None:
    """An attempt wrote it and died; by its next turn nothing is owed any more."""
    sealed = await seal_model(house.sealer, TENANT, ACCOUNT, MARY)
    owed = told(1, at(0).date(), [bill("chg_1", DAY, 120_00)]).model_copy(update={"sealed_guarantor": sealed})
    await house.machine.shell.transact(STATEMENT_BOOK, [owed])
    decider = house.spec.deciders[0]
    done = await house.machine.shell.transact(decider, [owed])
    ((key, decided),) = done.items()
    (pending,) = decided.started
    await house.spec.performers(house.runtime)[decider.kind][type(pending.effect)](key, pending)
    assert (await shown(house))["counted"] == 1
    await owes(house, 0, 2)
    now = await shown(house)
    assert (now["counted"], now["statements"][0]["why_not"]) == (0, "it was withdrawn before it left the house")
    assert house.files("letters") == {}


async def test_a_wrong_statement_and_the_one_that_corrects_it_count_once(house: House) -> None:
    await owes(house, 120_00)
    (first,) = (await shown(house))["statements"]
    wrong = await post(house, f"{PATH}/{first['statement_id']}/wrong", {"reason": "a payment was missing"})
    assert (wrong.json()["standing"], wrong.json()["counts"]) == ("wrong", True)
    await owes(house, 150_00, 2)
    await house.lives_to(31)
    now = await shown(house)
    assert (now["counted"], now["statements"][1]["replaces"]) == (1, 1)
    assert [one.replaces for one in sent(house)] == [0, 1]
    assert any("takes the place of statement 1" in " ".join(one.split()) for one in house.files("letters").values())
    late = await post(house, f"{PATH}/{first['statement_id']}/wrong", {"reason": "too late for that"}, "k2")
    assert late.status_code == 409


async def test_bills_that_are_not_the_balance_go_to_nobody_and_become_work(house: House) -> None:
    await owes(house, 120_00, balance_cents=100_00)
    key = Key(TENANT, ACCOUNT)
    state = (await house.machine.store.load(house.spec.deciders[0], (key,)))[key].snapshot.state
    assert state.work == "statement: bills_do_not_add_up"
    assert house.files("letters") == {}
    assert (await shown(house))["counted"] == 0


async def test_a_statement_waits_for_the_news_of_its_bills(house: House) -> None:
    """The account has heard of the balance, and the book not yet: nothing goes out that is not itemised."""
    sealed = await seal_model(house.sealer, TENANT, ACCOUNT, MARY)
    event = told(1, at(0).date(), [bill("chg_1", DAY, 120_00)]).model_copy(update={"sealed_guarantor": sealed})
    await house.machine.shell.transact(house.spec.deciders[0], [event])
    assert sum([await worker.run_once() for worker in house.workers]) == 1
    assert house.files("letters") == {}
    await house.machine.shell.transact(STATEMENT_BOOK, [event])
    await house.settle()
    assert "Charge of June 1, 2026" in str(house.files("letters"))


async def test_an_account_from_before_bills_were_told_gets_a_sum(house: House) -> None:
    sealed = await seal_model(house.sealer, TENANT, ACCOUNT, MARY)
    event = told(1, at(0).date(), [bill("chg_1", DAY, 120_00)]).model_copy(update={"sealed_guarantor": sealed})
    await house.machine.shell.transact(house.spec.deciders[0], [event])
    await house.settle()
    assert "This is the sum of your visits." in " ".join(str(house.files("letters")).split())


async def test_nobody_is_named_outside_the_seal(house: House) -> None:
    await owes(house, 120_00)
    lines = [str(line.document) async for line in house.machine.store.journal_since(None)]
    topics = b"".join(record.value for record in house.machine.bus.records)
    state = str(await house.machine.store.load(STATEMENT_BOOK, (Key(TENANT, ACCOUNT),)))
    for secret in ("MARY", "Elm Street", "plink_"):
        assert not any(secret in line for line in lines)
        assert secret.encode() not in topics
        assert secret not in state


def test_every_form_says_the_same_in_both_languages() -> None:
    for made in (one_visit(), several_visits(language="es"), many_lines()):
        paper, page = text_of(statement_pdf(made)), statement_html(made)
        amounts = {f"${one.owed_cents // 100:,}.{one.owed_cents % 100:02}" for one in made.visits}
        for said in amounts | {made.to[0].split()[0], made.account_id}:
            assert said in paper
            assert said in page
    assert "Usted debe" in text_of(statement_pdf(one_visit(language="es")))
    assert '<html lang="es">' in statement_html(one_visit(language="es"))


def test_many_lines_go_over_pages_that_name_their_columns_again() -> None:
    pages = PdfReader(io.BytesIO(statement_pdf(many_lines()))).pages
    assert len(pages) > 2
    assert all("Insurance paid" in page.extract_text() for page in pages)
    assert all(f"Page {n} of {len(pages)}" in page.extract_text() for n, page in enumerate(pages, 1))


def test_the_same_statement_has_the_same_bytes() -> None:
    assert statement_pdf(several_visits()) == statement_pdf(several_visits())


def test_a_name_cannot_become_markup() -> None:
    page = statement_html(one_visit(to=("<img src=x onerror=alert(1)>", "12 Elm Street")))
    assert "<img" not in page


def test_the_code_is_the_link_with_its_border() -> None:
    code = code_of("https://pay.lakeside.example/p/lakeside/plink_a")
    assert min(one.x for one in code.bars) == min(one.y for one in code.bars) == 4
    assert max(one.x + one.length for one in code.bars) == code.size - 4


def test_only_the_installment_is_due_where_there_is_a_plan() -> None:
    made = several_visits(amount_due_cents=200_00)
    assert (made.has_plan, "only the next installment is due" in text_of(statement_pdf(made))) == (True, True)


def test_money_that_pays_no_bill_yet_lowers_what_is_owed() -> None:
    made = statement(told(1, DAY, [bill("chg_1", DAY, 900)], unapplied=400))
    assert (made.balance_cents, made.unapplied_cents) == (500, 400)
