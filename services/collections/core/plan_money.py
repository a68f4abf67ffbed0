"""Money of a plan that left again, and came back: it counts while it is here, in whichever order that is heard."""

from services.collections.core.letters import Items
from services.collections.core.plan_charges import end_autopay
from services.collections.core.plan_facts import MoneyRestored, MoneyReturned
from services.collections.core.settlement import undo
from services.collections.core.state import Account
from shared.contracts import PatientMoneyRestored, PatientMoneyReversed


def money_returned(account: Account, event: PatientMoneyReversed) -> Items:
    """Money of a payment left again: it counts to no plan, is not taken again, and undoes a settlement made with it."""
    desk = account.plans
    known = any(one.reversal_id == event.reversal_id for one in desk.returned) or event.reversal_id in desk.restored
    if known:
        return ()
    returned = MoneyReturned(
        account_id=event.account_id,
        reversal_id=event.reversal_id,
        payment_id=event.payment_id,
        returned_cents=event.reversed_cents,
    )
    plan = None if account.episode is None else account.episode.plan
    taken = None if plan is None or plan.arrangement is None else plan.arrangement.charge(event.payment_id)
    ended = () if plan is None or taken is None else end_autopay(event.account_id, plan, "returned", event.cause)
    return (returned, *ended, *undo(account, event))


def money_restored(account: Account, event: PatientMoneyRestored) -> Items:
    """What had left came back; heard of before the reversal, the reversal does nothing."""
    if event.reversal_id in account.plans.restored:
        return ()
    restored = MoneyRestored(
        account_id=event.account_id, reversal_id=event.reversal_id, restored_cents=event.restored_cents
    )
    return (restored,)
