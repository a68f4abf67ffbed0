"""Print every denial once: `pip install revcycle-contracts[aiokafka]`, set REVCYCLE_KAFKA, and run it."""

import asyncio
import os

from revcycle_contracts import ClaimDenied
from revcycle_contracts.subscriber import SeenInFile, subscribe


async def main() -> None:
    servers, group = os.environ["REVCYCLE_KAFKA"], os.environ.get("REVCYCLE_GROUP", "denials")
    seen, dead_letters = SeenInFile(f"{group}.seen"), os.environ.get("REVCYCLE_DEAD_LETTERS")
    async for event in subscribe(servers, group=group, types=(ClaimDenied,), seen=seen, dead_letters=dead_letters):
        print("handled", event.meta.id, event.claim_id, event.denied_cents, flush=True)


asyncio.run(main())
