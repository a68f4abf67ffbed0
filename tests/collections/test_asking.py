"""The gate is asked before each contact and action, and every answer can be made again from the journal."""

import dataclasses
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.collections.core import CollectionFact, ReminderLevel, SendReminder, SendStatement
from services.collections.core.asking import Asker, judge_wish, judged_again, says_the_same, wish_judged
from services.collections.core.facts import ContactMade, PlacementMade, ReminderWentOut
from services.collections.core.letters import may_leave
from services.collections.core.person_facts import (
    BankruptcyNoted,
    CallTaskEnded,
    CeaseNoted,
    ConsentGiven,
    DebtNoted,
    FlagNoted,
    HoursNoted,
    MediumStopped,
    PlaceLearned,
    QuietHours,
    ReachChanged,
    ReachNoted,
    StepHeld,
    ValidationNoticeSent,
    WishJudged,
)
from services.collections.core.person_messages import AskGate, NotePerson
from shared.replaced import replace
from tests.collections.story import ACCOUNT, POLICY, SHELF, TENANT, Story, answer, at, meta, on, phone_call

ZONES = ("America/Chicago",)


def learns(story: Story, name: str, *facts: Any) -> Story:
    """Somebody notes something about the person."""
    return story.tell(NotePerson(meta=meta(f"note/{name}", story.today), account_id=ACCOUNT, learned=facts))


def about(fact: type[Any], /, **more: Any) -> Any:
    return fact(account_id=ACCOUNT, **more)


BANKRUPT = about(
    BankruptcyNoted, case_id="bk_1", chapter="7", standing="filed", filed_on=on(3), closed_on=None, sealed_case=None
)
EMAIL = about(
    ReachNoted, reach_id="mail", kind="email", sealed="sealed:m", zones=ZONES, of_workplace=False, confirmed=True
)
AGREED = about(ConsentGiven, consent_id="c1", kind="email", reach_id="mail", given_at=at(0), proof="doc_1")
MOVED = about(ReachChanged, reach_id="post", change="wrong", at=at(1), why="returned_mail")


def judged(story: Story) -> list[WishJudged]:
    return [fact for fact in story.facts if isinstance(fact, WishJudged)]


def test_a_statement_goes_out_by_a_decision_that_is_kept_with_the_contact() -> None:
    story = Story().owes(120_00).delivers()
    (decision,) = judged(story)
    (contact,) = story.account.contacts
    assert decision.allowed
    assert contact.decision_id == decision.decision_id
    assert {"address/2020-01-01", "nothing_owed/2020-01-01"} <= set(decision.checked)


def test_what_time_cannot_help_waits_for_a_person_and_for_news() -> None:
    story = learns(Story().owes(120_00).lives_to(5), "bankrupt", BANKRUPT).lives_to(200)
    assert story.account.work in {"blocked: remind: bankruptcy", "blocked: state: bankruptcy"}
    assert not any(isinstance(fact, ReminderWentOut | PlacementMade) for fact in story.facts)
    assert story.decider.due(story.account) is None or story.account.holds
    assert len(judged(story)) < 10
    over = BANKRUPT.model_copy(update={"standing": "dismissed", "closed_on": on(200)})
    learns(story, "over", over).lives_to(202)
    assert any(isinstance(fact, ReminderWentOut) for fact in story.facts)
    assert story.account.work is None


def test_a_bankruptcy_takes_the_account_back_from_the_agency() -> None:
    story = Story().owes(120_00).lives_to(121)
    assert story.account.status == "placed"
    learns(story, "bankrupt", BANKRUPT)
    assert story.account.status != "placed"
    assert [letter.kind for letter in story.account.outgoing] == ["recall"]


def test_letters_that_come_back_give_way_to_an_address_they_agreed_to() -> None:
    story = learns(Story().owes(120_00).lives_to(1), "mail", EMAIL, AGREED, MOVED, about(DebtNoted, summary_sent=True))
    story.jumps_to(30).sweeps()
    statement = story.effects[-1]
    assert story.account.hold("remind") is not None or isinstance(statement, SendStatement)
    story.delivers().lives_to(31)
    sent = [effect for effect in story.effects if isinstance(effect, SendStatement)]
    assert [effect.channel for effect in sent] == ["letter", "email"]
    assert sent[-1].sealed_reach == "sealed:m"


def test_nowhere_to_go_is_work() -> None:
    story = learns(Story().owes(120_00).lives_to(1), "moved", MOVED).lives_to(60)
    assert story.account.work == "blocked: state: address"
    assert [c.channel for c in story.account.contacts] == ["letter"]


def test_the_first_reminder_carries_the_validation_notice_and_says_until_when() -> None:
    story = Story().owes(120_00).lives_to(61)
    reminders = [effect for effect in story.effects if isinstance(effect, SendReminder)]
    assert [r.notice_ends_on is not None for r in reminders] == [True, False]
    (notice,) = [fact for fact in story.facts if isinstance(fact, ValidationNoticeSent)]
    assert (notice.sent_on, notice.ends_on) == (on(30), reminders[0].notice_ends_on)
    assert notice.ends_on >= on(30) + timedelta(35)


def test_an_email_waits_for_the_hours_in_which_it_may_go() -> None:
    """At noon UTC it is seven in Chicago: it goes out at eight, by a decision of that moment."""
    hours = about(HoursNoted, hours=(QuietHours(begins=at(0, 8).time(), ends=at(0, 9).time()),))
    place = about(PlaceLearned, state="IL", zones=ZONES, has_phone=False)
    story = learns(Story().owes(120_00).lives_to(1), "mail", EMAIL, AGREED, MOVED, hours, place)
    story.jumps_to(30).sweeps()
    sent = [e for e in story.effects if isinstance(e, SendStatement)][-1]
    assert (sent.channel, sent.not_before) == ("email", at(30, 14))
    letter = story.account.outgoing[0]
    asker = Asker(SHELF.on(TENANT, on(30)), TENANT, at(30, 12), "now", ACCOUNT)
    assert not may_leave(asker, story.account, letter.id, letter.kind)
    assert may_leave(asker._replace(at=at(30, 14)), story.account, letter.id, letter.kind)


def test_a_person_asks_the_gate_and_the_answer_is_kept_once() -> None:
    ask = AskGate(meta=meta("ask", 0), account_id=ACCOUNT, medium="call", reach_id="phone")
    story = Story().owes(120_00).tell(ask, ask)
    asked = [one for one in judged(story) if one.medium == "call"]
    assert len(asked) == 1
    assert not asked[0].allowed
    assert {finding.rule for finding in asked[0].findings} == {"hours", "address"}


def test_a_call_that_was_made_against_the_gate_is_kept_and_is_work() -> None:
    story = learns(Story().owes(120_00), "stop", about(CeaseNoted, at=at(0, 1))).tell(phone_call(0, "call_1"))
    assert story.account.work is not None
    assert story.account.work.startswith("breach: ")
    assert [c.contact_id for c in story.account.contacts] == ["call_1"]


CALLS = dataclasses.replace(
    POLICY, reminders=(POLICY.reminders[0], ReminderLevel(day=60, channels=("phone", "letter")))
)


def test_a_call_is_asked_of_a_person_in_the_hours_that_are_allowed() -> None:
    place = about(PlaceLearned, state="IL", zones=ZONES, has_phone=True)
    story = learns(Story(CALLS).owes(120_00).lives_to(1), "place", place).lives_to(59).jumps_to(60).sweeps()
    (task,) = story.account.call_tasks
    assert (task.from_at, task.until) == (at(60, 13), at(60, 13) + timedelta(hours=13))
    assert story.account.episode is not None
    assert story.account.episode.level == 2
    call = phone_call(60, "call_1").model_copy(update={"task_id": task.task_id, "contacted_at": at(60, 14)})
    story.tell(call.model_copy(update={"meta": call.meta.model_copy(update={"occurred_at": at(60, 15)})}))
    assert story.account.call_tasks == ()
    assert story.account.work is None


def test_a_call_nobody_made_gives_way_to_the_next_step() -> None:
    place = about(PlaceLearned, state="IL", zones=ZONES, has_phone=True)
    story = learns(Story(CALLS).owes(120_00).lives_to(1), "place", place).lives_to(60)
    assert story.account.call_tasks
    story.lives_to(120)
    assert story.account.call_tasks == ()
    ended = [fact for fact in story.facts if isinstance(fact, CallTaskEnded)]
    assert [fact.how for fact in ended] == ["expired"]


def test_without_a_number_the_letter_takes_the_place_of_the_call() -> None:
    story = Story(CALLS).owes(120_00).lives_to(61)
    assert [c.channel for c in story.account.contacts] == ["letter"] * 3


NEWS = st.sampled_from(
    [
        BANKRUPT,
        BANKRUPT.model_copy(update={"standing": "dismissed"}),
        EMAIL,
        AGREED,
        MOVED,
        MOVED.model_copy(update={"change": "right"}),
        about(FlagNoted, flag="attorney", holds=True, since=on(0)),
        about(FlagNoted, flag="attorney", holds=False, since=on(0)),
        about(FlagNoted, flag="minor", holds=True, since=on(0)),
        about(CeaseNoted, at=at(0)),
        about(CeaseNoted, at=None),
        about(MediumStopped, medium="email", at=at(0), how="email"),
        about(DebtNoted, qmb_cents=100),
        about(DebtNoted, qmb_cents=0, assistance="none"),
        about(DebtNoted, assistance="pending"),
        about(PlaceLearned, state="IL", zones=ZONES, has_phone=True),
    ]
)
MOVES = st.lists(
    st.tuples(st.sampled_from(["live", "sweep", "send", "news", "news", "owe", "call"]), st.integers(0, 45), NEWS),
    min_size=4,
    max_size=18,
)


class Watched(Story):
    """A story whose worker asks the gate before anything leaves, as the real one does."""

    def sends(self) -> "Watched":
        for pending in tuple(self.snapshot.effects.values()):
            for letter in self.account.outgoing:
                if letter.id in {getattr(pending.effect, name, "") for name in ID_FIELDS}:
                    asker = Asker(SHELF.on(TENANT, on(self.today)), TENANT, at(self.today), "now", ACCOUNT)
                    asker = asker._replace(at=max(asker.at, pending.next_attempt_at))
                    allowed = may_leave(asker, self.account, letter.id, letter.kind)
                    self.tell(answer(pending, self.today, "delivered" if allowed else "withdrawn"))
                    break
        return self

    def moves(self, n: int, what: str, days: int, news: Any) -> None:
        self.jumps_to(self.today + days)
        match what:
            case "news":
                learns(self, str(n), news)
            case "owe":
                self.owes(80_00 + n * 10_00)
            case "call":
                self.tell(phone_call(self.today, f"call_{n}"))
            case "send":
                self.sends()
            case "sweep":
                self.sweeps()
            case _:
                self.sweeps()
                self.sends()


ID_FIELDS = ("statement_id", "reminder_id", "placement_id")


def lived(moves: list[tuple[str, int, Any]]) -> Watched:
    story = Watched()
    story.owes(120_00)
    for n, (what, days, news) in enumerate(moves):
        story.moves(n, what, days, news)
    return story


@settings(max_examples=60)
@given(MOVES)
def test_every_contact_has_an_allowing_decision_of_that_moment(moves: list[tuple[str, int, Any]]) -> None:
    story = lived(moves)
    decisions = {one.decision_id: one for one in judged(story)}
    for number, fact in enumerate(story.facts):
        if not isinstance(fact, ContactMade) or fact.contact_id.startswith("call_"):
            continue
        assert decisions[fact.decision_id].allowed
        before = story.decider.fold(story.facts[:number])
        if fact.channel == "agency":
            continue
        reach = before.person.reach(fact.reach_id)
        assert reach is not None
        plea = wish_of(decisions[fact.decision_id], fact)
        asker = Asker(SHELF.on(TENANT, fact.contacted_at.date()), TENANT, fact.contacted_at, "again", ACCOUNT)
        assert judge_wish(asker, before, plea, "contact")[1].allowed


def wish_of(decision: WishJudged, fact: ContactMade) -> Any:
    return replace(wish_judged(decision), at=fact.contacted_at)


@settings(max_examples=60)
@given(MOVES)
def test_every_decision_is_the_same_when_it_is_made_again_from_the_journal(moves: list[tuple[str, int, Any]]) -> None:
    story = lived(moves)
    facts: list[CollectionFact] = story.facts
    assert judged(story)
    for number, fact in enumerate(facts):
        if isinstance(fact, WishJudged):
            before = story.decider.fold(facts[:number])
            again = judged_again(SHELF.on(TENANT, fact.at.date()), before, fact)
            assert says_the_same(fact, again)


@settings(max_examples=40)
@given(MOVES)
def test_what_is_held_is_not_asked_every_day(moves: list[tuple[str, int, Any]]) -> None:
    story = lived(moves)
    held = sum(isinstance(fact, StepHeld) and fact.until is None for fact in story.facts)
    learned = sum(type(fact).__mro__[1].__name__ == "PersonFact" for fact in story.facts)
    assert held <= 4 * (1 + learned) + sum(what == "owe" for what, _, _ in moves)
