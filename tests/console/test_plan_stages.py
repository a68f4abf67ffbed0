"""What an account's page says when a plan goes on, is cancelled, or a settlement is undone."""

from services.console.core.account_view import changes_of
from shared.contracts import PlanCancelled, PlanRescheduled, SettlementUndone
from tests.contracts.collections_examples import EXAMPLES


def test_a_plan_that_goes_on_is_a_plan_again_and_a_cancelled_one_is_none() -> None:
    again = next(one for one in EXAMPLES if isinstance(one, PlanRescheduled))
    changes = changes_of(again)
    assert (changes.stage, changes.plan and changes.plan.installments) == ("plan", 3)
    assert changes_of(next(one for one in EXAMPLES if isinstance(one, PlanCancelled))).stage == "statement"


def test_an_undone_settlement_is_given_up_no_more() -> None:
    undone = next(one for one in EXAMPLES if isinstance(one, SettlementUndone))
    assert changes_of(undone).written_off_delta_cents == -undone.restored_cents
