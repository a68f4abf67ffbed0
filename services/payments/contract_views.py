"""What contracts, schedules and the work on them look like over HTTP."""

from collections.abc import Sequence
from typing import Any

from services.payments.core.contract_book import ContractBook, Head
from services.payments.core.contract_check import Fault, gaps
from services.payments.core.contract_job import ContractJob
from services.payments.core.underpaid import Case, JudgedLine


def shown_head(head: Head) -> dict[str, Any]:
    return {
        "contract_id": head.contract_id,
        "version": head.version,
        "name": head.name,
        "valid_from": head.valid_from.isoformat(),
        "valid_to": head.valid_to.isoformat() if head.valid_to else None,
        "in_force": head.active,
    }


def shown_contracts(book: ContractBook) -> list[dict[str, Any]]:
    """Every contract with its versions, and the days between those in force that none covers."""
    ids = dict.fromkeys(one.contract_id for one in book.heads)
    return [
        {
            "contract_id": one,
            "versions": [shown_head(head) for head in book.versions_of(one)],
            "gaps": [
                {"from": first.isoformat(), "to": last.isoformat()}
                for first, last in gaps(
                    [(head.valid_from, head.last_day) for head in book.versions_of(one) if head.active]
                )
            ],
        }
        for one in ids
    ]


def shown_faults(faults: Sequence[Fault]) -> list[dict[str, str]]:
    return [{"at": one.at, "message": one.says} for one in faults]


def shown_job(job: ContractJob) -> dict[str, Any]:
    shown: dict[str, Any] = {"job_id": job.job_id, "what": job.what, "status": job.status, "seen": job.seen}
    if job.failed:
        shown["reason"] = job.failed
    if job.what == "schedule":
        return shown | {
            "name": job.name,
            "size_bytes": job.size,
            "rows": job.rows,
            "refused_total": job.refused_total,
            "refused": [one.model_dump() for one in job.refused],
        }
    if job.what == "dry_run":
        shown |= {"contract_id": job.contract_id, "version": job.version, "tally": job.tally.model_dump(mode="json")}
    return shown


def shown_case(case: Case) -> dict[str, Any]:
    """A case with its lines, each with the steps that led to what was expected and what was allowed."""
    shown = case.model_dump(mode="json", exclude={"lines", "places"})
    shown["remittances"] = [{"remittance_id": one.remittance_id, "position": one.claim} for one in case.places]
    return shown | {"lines": [_shown_line(one) for one in case.lines]}


def _shown_line(line: JudgedLine) -> dict[str, Any]:
    shown = line.model_dump(mode="json", exclude={"steps", "adjustments"})
    return shown | {
        "difference_cents": line.difference_cents,
        "adjustments": [
            {"group": one.group, "reason": one.reason, "amount_cents": one.cents} for one in line.adjustments
        ],
        "explained": [step._asdict() for step in line.steps],
    }
