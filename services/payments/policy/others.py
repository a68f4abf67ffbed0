"""Loads the dated figures about other parties, and the rules before a bill."""

from dataclasses import replace
from pathlib import Path

from services.payments.core.bill_policy import BillPolicy, BillRules
from services.payments.core.other_party_policy import OtherPartyPolicy, OtherPartyRules
from services.payments.policy.cash import FOLDER
from services.payments.policy.dated import rules_by_client


def load_other_parties(folder: Path = FOLDER) -> OtherPartyPolicy:
    """`other_parties.toml`, and `other_parties.<tenant>.toml` with what differs; PolicyError says what is missing."""
    return OtherPartyPolicy(rules_by_client(folder, "other_parties", OtherPartyRules))


def load_bill_policy(folder: Path = FOLDER) -> BillPolicy:
    """`before_bill.toml`, `before_bill.<tenant>.toml`, and `before_bill.<tenant>.<billing NPI>.toml` of a practice."""
    found = rules_by_client(folder, "before_bill", BillRules)
    return BillPolicy(
        {
            client: tuple(replace(one, version=f"{client}/{one.valid_from}") for one in rules)
            for client, rules in found.items()
        }
    )
