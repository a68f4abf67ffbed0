"""Names of what an account sends out. They derive from the account and a count, so a repeat has the same name."""

from uuid import UUID

from shared.derived import derived_id

NAMESPACE = UUID("0f1c7e0a-6a55-5e0b-9a39-6f2f0f6a8b11")


def name(prefix: str, *parts: object) -> str:
    """Such as `stm_9f86d081884c7d659a2f`: pseudonymous, and safe as a file name."""
    return f"{prefix}_{derived_id(NAMESPACE, '/'.join(str(part) for part in parts)).hex[:20]}"
