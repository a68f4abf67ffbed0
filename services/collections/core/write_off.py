"""Balances that are given up for another reason than the policy's own: what a court discharged closes the debt."""

from datetime import date

from services.collections.core.facts import BalanceWrittenOff, WriteOffReason
from services.collections.core.identity import name
from services.collections.core.person_facts import BankruptcyNoted, PersonFacts, StepHeld
from services.collections.core.state import Account, Episode

YOUNGER = "bankruptcy: the debt may be younger than the case, so the discharge does not reach it: ask counsel"


def given_up(tenant: str, account: Account, episode: Episode, reason: WriteOffReason) -> tuple[BalanceWrittenOff, ...]:
    """All of the open balance is given up; payments books what is still open of it."""
    written_off = BalanceWrittenOff(
        account_id=account.account_id,
        write_off_id=name("wof", tenant, account.account_id, episode.number),
        written_off_cents=account.owed_cents,
        reason=reason,
    )
    return (written_off,)


def discharged(
    tenant: str, account: Account, learned: tuple[PersonFacts, ...]
) -> tuple[BalanceWrittenOff | StepHeld, ...]:
    """A discharge closes what was owed before the case was filed (11 USC 524(a), 727(b)), and nothing younger.

    `account` knows what was learned. Where the debt may be younger a person decides; until then nothing asks for it.
    """
    episode = account.episode
    news = [one for one in learned if isinstance(one, BankruptcyNoted) and one.standing == "discharged"]
    if not news or episode is None or account.owed_cents <= 0:
        return ()
    if _since(account, episode) <= news[-1].filed_on:
        return given_up(tenant, account, episode, "bankruptcy")
    asked = StepHeld(
        account_id=account.account_id, action="bankruptcy", until=None, rule="bankruptcy", decision_id="", work=YOUNGER
    )
    return (asked,)


def _since(account: Account, episode: Episode) -> date:
    """Since when the debt is known to be owed: the day of the care, else the day its balance opened."""
    return account.debt.incurred_on or episode.opened_on
