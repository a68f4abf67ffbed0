"""What the examples of every service have in common: one moment, one patient, one claim."""

from datetime import UTC, date, datetime
from uuid import NAMESPACE_URL, uuid5

from shared.contracts import Meta

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
ACCOUNT = "acct_abcdefghijklmnopqrstuvwxyz"
CLAIM = "clm_abcdefghijklmnopqrstuvwxyz"
COVERAGE = "cov_abcdefghijklmnopqrstuvwxyz"
PCN = "PCN0001"
REMITTANCE = "rem_abcdefghijklmnopqrstuvwxyz"
SEALED = "sealed:AAAA"
DAY = date(2026, 6, 15)


def meta(source: str, subject: str, key: str = ACCOUNT) -> Meta:
    return Meta(
        id=uuid5(NAMESPACE_URL, f"{source}/{subject}"),
        tenant="lakeside",
        occurred_at=AT,
        source=source,
        subject=subject,
        key=key,
        sequence=1,
        causation=uuid5(NAMESPACE_URL, "cause"),
        correlation=uuid5(NAMESPACE_URL, "intake"),
        actor="system",
    )
