"""When things happen outside, and the envelopes of what is said."""

import random
from datetime import datetime, timedelta
from uuid import UUID

from shared.contracts import Meta
from tests.simulation.chaos import START

PAYER = "60054"
PAID_IN, PLANNED_IN = 4, 5
PAID_UPTO, BACK_UPTO = 7, 10
"""The last moments in which entangled accounts are paid, and in which payments go back."""
REMITTED_FROM, REMITTED_UPTO = 1, 3
DAYS = (0, 0, 2, 10, 20, 33, 40, 64, 72, 95, 125, 160, 200, 240)
MOMENTS = tuple(START + timedelta(days=days, minutes=30 * (number == 1)) for number, days in enumerate(DAYS))
"""When the business clock stands still for a while: everything settles before it jumps on."""


def meta_of(rng: random.Random, tenant: str, subject: str, key: str, at: datetime = START) -> Meta:
    """The envelope of something that comes from outside."""
    return envelope(UUID(int=rng.getrandbits(128), version=4), tenant, subject, key, at)


def envelope(message_id: UUID, tenant: str, subject: str, key: str, at: datetime) -> Meta:
    """The envelope of a message with this id."""
    return Meta(
        id=message_id,
        tenant=tenant,
        occurred_at=at,
        source="outside",
        subject=subject,
        key=key,
        correlation=message_id,
        actor="client",
    )
