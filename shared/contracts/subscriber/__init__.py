"""Read RevCycle's events in a program of your own.

    async for event in subscribe("localhost:9092", group="bank", types=(ClaimDenied,)):
        print(event.claim_id, event.denied_cents)

Each event comes as its class, once as far as `seen` remembers, and its place is kept when the next one is asked for:
what was in hand when a program fell comes again. Needs aiokafka or confluent-kafka, which the extras of these names
bring: `revcycle-contracts[aiokafka]`.
"""

from .reading import Later, Upcast, read
from .seen import RecentIds, Seen, SeenInFile
from .source import Settings
from .subscription import Subscription, Tally, subscribe

__all__ = [
    "Later",
    "RecentIds",
    "Seen",
    "SeenInFile",
    "Settings",
    "Subscription",
    "Tally",
    "Upcast",
    "read",
    "subscribe",
]
