"""Collectors of a long run: they make the calls that the policy asks for, in the hours that the gate gave."""

from datetime import datetime
from random import Random
from typing import Any
from uuid import uuid5

from services.collections.core import Account, LogContact, Outcome
from services.collections.core.person import CallTask
from shared.contracts import Meta
from shared.store.port import Key
from tests.collections.story import NAMESPACE, TENANT

ANSWERS: tuple[Outcome, ...] = ("no_answer", "no_answer", "no_answer", "reached", "reached", "refused_to_pay")
COLLECTORS = 4


class Desk:
    """Which calls are asked for, and who makes them."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._asked: dict[Key, tuple[CallTask, ...]] = {}

    def sees(self, key: Key, account: Account) -> None:
        """Remember what an account asks for now."""
        self._asked.pop(key, None)
        if account.call_tasks:
            self._asked[key] = account.call_tasks

    def calls(self, now: datetime) -> list[LogContact]:
        """Nine in ten of the calls that may be made now are."""
        made = list[LogContact]()
        for key, tasks in sorted(self._asked.items()):
            for task in tasks:
                if task.from_at <= now <= task.until and self._random.random() < 0.9:
                    made.append(self._call(key.id, task, now))
        return made

    def _call(self, account_id: str, task: CallTask, now: datetime) -> LogContact:
        message_id = uuid5(NAMESPACE, f"call/{account_id}/{task.task_id}/{now.isoformat()}")
        meta = Meta(
            id=message_id,
            tenant=TENANT,
            occurred_at=now,
            source="collections",
            subject=f"collection/{account_id}",
            key=account_id,
            correlation=message_id,
            actor=f"collector_{self._random.randrange(COLLECTORS)}",
        )
        given: dict[str, Any] = {"channel": "phone", "purpose": "reminder", "outcome": self._random.choice(ANSWERS)}
        return LogContact(
            meta=meta,
            account_id=account_id,
            contact_id=f"call_{message_id.hex[:16]}",
            contacted_at=now,
            task_id=task.task_id,
            **given,
        )
