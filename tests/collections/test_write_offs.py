"""What a court discharged closes the debt; what comes after a write-off."""

from datetime import date
from typing import Literal

from services.collections.core.person_facts import BankruptcyNoted, DebtNoted
from shared.contracts import AccountRecalled, AccountWrittenOff
from tests.collections.story import ACCOUNT, Story, on
from tests.collections.test_asking import learns


def bankruptcy(standing: Literal["filed", "discharged", "dismissed"], filed_on: date) -> BankruptcyNoted:
    return BankruptcyNoted(
        account_id=ACCOUNT,
        case_id="bnk_1",
        chapter="7",
        standing=standing,
        filed_on=filed_on,
        closed_on=None,
        sealed_case=None,
    )


def given_up(story: Story) -> list[tuple[str, int]]:
    return [(one.reason, one.written_off_cents) for one in story.events if isinstance(one, AccountWrittenOff)]


def test_a_discharge_closes_the_debt() -> None:
    story = learns(Story().owes(120_00).lives_to(40), "filed", bankruptcy("filed", on(40)))
    story.lives_to(100)
    assert given_up(story) == []
    learns(story, "closed", bankruptcy("discharged", on(40)))
    assert given_up(story) == [("bankruptcy", 120_00)]
    assert (story.account.status, story.account.owed_cents) == ("written_off", 0)
    assert story.decider.due(story.account) is None


def test_an_agency_gives_back_what_was_discharged() -> None:
    story = learns(Story().owes(120_00).lives_to(121), "closed", bankruptcy("discharged", on(60)))
    assert any(isinstance(one, AccountRecalled) for one in story.events)
    assert given_up(story) == [("bankruptcy", 120_00)]
    assert story.account.left_with is None


def test_care_after_the_case_was_filed_is_a_persons_decision() -> None:
    story = learns(Story().owes(120_00).lives_to(5), "closed", bankruptcy("discharged", on(-10)))
    assert given_up(story) == []
    assert story.account.work is not None
    assert story.account.work.startswith("bankruptcy: the debt may be younger")
    assert story.lives_to(200).forgets().told() == []


def test_the_day_of_the_care_counts_before_the_day_the_balance_opened() -> None:
    story = Story().owes(120_00).lives_to(5)
    learns(story, "both", DebtNoted(account_id=ACCOUNT, incurred_on=on(-40)), bankruptcy("discharged", on(-10)))
    assert given_up(story) == [("bankruptcy", 120_00)]


def test_a_discharge_of_nothing_owed_gives_nothing_up() -> None:
    story = learns(Story().owes(120_00).owes(0), "closed", bankruptcy("discharged", on(60)))
    assert given_up(story) == []
