"""What every fact of a collections account has."""

from shared.decider import Fact


class AccountFact(Fact):
    """Every fact names its account, so that the first one, whichever it is, makes it known."""

    account_id: str
