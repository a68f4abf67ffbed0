"""A short fingerprint of what a message says, so that a repeat is told from a conflict."""

import hashlib

from shared.contracts import Contract


def content_digest(content: Contract, *without: str) -> str:
    """16 hex digits of a message's content: the same again is a repeat, another is a conflict.

    The envelope is left out, and so must be what is sealed (`without`), because it is sealed anew each time.
    """
    return hashlib.sha256(content.model_dump_json(exclude={"meta", *without}).encode()).hexdigest()[:16]
