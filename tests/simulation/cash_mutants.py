"""Bugs to plant into the cash side, one at a time."""

from collections import Counter
from dataclasses import replace
from typing import Any, cast

import pytest

from services.payments.card_performers import CardPerformers
from services.payments.core import card_payment, entered_payment, expected
from services.payments.core.expected import DepositTaken
from services.payments.core.refund_messages import RefundSent, SendRefund
from shared.contracts import Message
from shared.decider import Pending
from shared.store.port import Key
from shared.worker import answer_meta


def webhooks_not_recognized(patch: pytest.MonkeyPatch) -> None:
    """A card payment takes every delivery of its processor's news for other news."""
    heard = card_payment._heard

    def forgetful(state: Any, news: Any) -> Any:
        return heard(replace(state, seen=frozenset(), received_cents=0), news)

    patch.setattr(card_payment, "_heard", forgetful)


def refund_sent_twice(patch: pytest.MonkeyPatch) -> None:
    """A refund that is asked for again goes to the processor under another key."""

    async def send(self: Any, key: Key, pending: Pending) -> Message:
        effect = pending.effect
        assert isinstance(effect, SendRefund), "registered for this effect"
        asked = cast(
            "Counter[Any]", vars(self._processor).setdefault("asked", Counter())
        )  # it lives as long as the seed
        asked[pending.id] += 1
        again = f"-{asked[pending.id]}" if asked[pending.id] > 1 else ""
        made = await self._processor.create_refund(key.tenant, f"{key.id}{again}", effect.processor_id, effect.cents)
        meta = answer_meta(key, pending, self._runtime.clock)
        return RefundSent(meta=meta, refund_id=key.id, sent=True, processor_refund_id=made)

    patch.setattr(CardPerformers, "send", send)


def deposit_taken_again(patch: pytest.MonkeyPatch) -> None:
    """What is expected takes the same deposit as often as it is told of it."""

    def greedy(_: Any, command: Any) -> Any:
        return (DepositTaken(deposit_id=command.deposit_id, cents=command.taken_cents),)

    patch.setattr(expected, "_taken", greedy)


def check_returned_twice(patch: pytest.MonkeyPatch) -> None:
    """A returned check is taken out of the book as often as somebody tells of it."""

    def never(*_: Any) -> bool:
        return False

    patch.setattr(entered_payment, "_asked", never)
    patch.setattr(entered_payment, "_returned", never)


CASH_MUTANTS = (webhooks_not_recognized, refund_sent_twice, deposit_taken_again, check_returned_twice)
