"""Checkpoints of the local stack: what a broker that forgets need not be told again.

While everything is settled, all that was published was also handled. A checkpoint remembers since when that is so, and
at start only what was recorded after it is published again.
"""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from revcycle.settle import Watcher

CHECK_SECONDS = 2.0


def read_checkpoint(path: Path) -> datetime | None:
    """The last checkpoint; None where there was none, which means everything."""
    if not path.exists():
        return None
    return datetime.fromisoformat(json.loads(path.read_text())["settled_at"])


async def keep_checkpoints(path: Path, watcher: Watcher) -> None:
    """Until cancelled: write a checkpoint whenever the stack is settled."""
    while True:
        looked_at = datetime.now(UTC)
        if await watcher.settled():
            draft = path.with_suffix(".tmp")
            draft.write_text(json.dumps({"settled_at": looked_at.isoformat()}))
            draft.replace(path)
        await asyncio.sleep(CHECK_SECONDS)
