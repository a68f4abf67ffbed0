"""How the policy's facts change an account. No rules here, so history always replays."""

from services.collections.core.policy_facts import ExclusionEnded, PolicyAdopted, PolicyFact, ReviewAsked, ReviewDecided
from services.collections.core.policy_standing import balance_noted, episode_opened, with_fact
from services.collections.core.state import Account
from shared.replaced import replace


def evolve_policy(account: Account, fact: PolicyFact) -> Account:
    """Apply one fact: to what the account remembers for its policy, and to the open episode where it is about that."""
    account = replace(account, standing=with_fact(account.standing, fact))
    episode = account.episode
    match fact:
        case ReviewAsked():
            return replace(account, work=f"review: {fact.action}")
        case ReviewDecided():
            return replace(account, work=None)
        case ExclusionEnded() if episode is not None:
            return replace(account, episode=replace(episode, rested_days=episode.rested_days + fact.rested_days))
        case PolicyAdopted() if episode is not None and episode.number == fact.episode:
            return replace(account, episode=replace(episode, policy=fact.policy, level=fact.level))
        case _:
            return account


def at_new_episode(account: Account) -> Account:
    """What belongs to the episode before is forgotten."""
    assert account.episode is not None, "it was opened just now"
    return replace(account, standing=episode_opened(account.standing, account.episode.policy))


def stated(account: Account) -> Account:
    """A letter went out: the late charges in the balance are told."""
    return replace(account, standing=replace(account.standing, stated_charges_cents=account.standing.booked_cents))


def at_new_balance(account: Account, grown_cents: int) -> Account:
    """The balance changed: so did the principal that interest may be asked for."""
    return replace(account, standing=balance_noted(account.standing, account.owed_cents, grown_cents))
