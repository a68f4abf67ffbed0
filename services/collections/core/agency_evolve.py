"""How news of an agency changes an account. No rules here, so history always replays."""

from typing import assert_never

from services.collections.core.agency_account import AgencyFacts, AgencyGaveBack, BalanceExplained
from services.collections.core.state import Account
from shared.replaced import replace


def evolve_agency(account: Account, fact: AgencyFacts) -> Account:
    """Apply a fact about the account's agency."""
    match fact:
        case BalanceExplained():
            return replace(account, paid_ahead_cents=fact.paid_ahead_cents)
        case AgencyGaveBack():
            return _gave_back(account, fact)
        case _:
            assert_never(fact)


def _gave_back(account: Account, fact: AgencyGaveBack) -> Account:
    account = replace(account, paid_ahead_cents=0, work=fact.work or account.work)
    if account.left_with is not None and account.left_with.placement_id == fact.placement_id:
        return replace(account, left_with=None)
    episode = account.episode
    if episode is None or episode.placement is None or episode.placement.placement_id != fact.placement_id:
        return account
    returned = tuple(dict.fromkeys((*episode.returned_by, fact.agency_id)))
    episode = replace(episode, placement=None, returned_by=returned, given_back=fact.news)
    return replace(account, episode=episode)
