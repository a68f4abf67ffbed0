"""What parties that are neither insurer nor guarantor are made of: their decider under the shipped figures."""

from functools import cache

from services.payments.core.other_party import OtherPartyDecider, make_other_party
from services.payments.policy.others import load_other_parties
from shared.decider import Due
from shared.inbox import Routes, route


@cache
def other_party_decider() -> OtherPartyDecider:
    """The decider, once for the process."""
    return make_other_party(load_other_parties())


def other_party_routes() -> Routes:
    """A letter of protection has an end."""
    return route(other_party_decider(), Due)
