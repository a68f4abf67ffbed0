"""The service level objectives, and the recording rules and burn-rate alerts that follow from them.

Alerts are those of the SRE workbook (chapter 5, "multiwindow, multi-burn-rate alerts"): a budget that would be gone in
two days pages somebody, one that would be gone in a month makes a ticket; the short window ends the alert soon after
the trouble has ended. The objectives are the house's own: change them here.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

WINDOWS = ("5m", "30m", "1h", "6h", "3d")
BUDGET = "30d"
LATE_SECONDS = 60
PROBES = 'route!~"GET /(live|ready|metrics|health/.*)"'


class Slo(NamedTuple):
    """An objective: `errors` is the share that is bad, from 0 to 1, over the window `{w}`, by `labels`."""

    name: str
    objective: float
    means: str
    errors: str
    labels: tuple[str, ...]


class Burn(NamedTuple):
    """So many times faster than allowed, over a long window and still over a short one."""

    factor: float
    long: str
    short: str
    severity: str
    wait: str


BURNS = (
    Burn(14.4, "1h", "5m", "page", "2m"),
    Burn(6.0, "6h", "30m", "page", "15m"),
    Burn(1.0, "3d", "6h", "ticket", "1h"),
)
REQUESTS = f"sum by (service) (rate(revcycle_http_requests_total{{{PROBES}}}[{{w}}]))"
TAKEN = f"sum by (service) (rate(revcycle_http_request_seconds_count{{{PROBES}}}[{{w}}]))"
IN_TIME = f'sum by (service) (rate(revcycle_http_request_seconds_bucket{{{PROBES},le="1.0"}}[{{w}}]))'
FAILED = f'sum by (service) (rate(revcycle_http_requests_total{{{PROBES},status="5xx"}}[{{w}}]))'
ASKED = "sum by (service) (rate(revcycle_payer_seconds_count[{w}]))"
UNANSWERED = "sum by (service) (rate(revcycle_payer_unanswered_total[{w}]))"

SLOS = (
    Slo(
        "requests",
        0.999,
        "999 of 1,000 requests are answered without a failure of ours (5xx).",
        f"({FAILED} or 0 * {REQUESTS}) / ({REQUESTS} > 0)",
        ("service",),
    ),
    Slo(
        "latency",
        0.99,
        "99 of 100 requests are answered within a second.",
        f"1 - {IN_TIME} / ({TAKEN} > 0)",
        ("service",),
    ),
    Slo(
        "freshness",
        0.99,
        f"99 % of the time, what waits on a service's topics is worked off within {LATE_SECONDS} seconds.",
        "avg_over_time(revcycle:consumer_late:bool[{w}])",
        ("service",),
    ),
    Slo(
        "payers",
        0.95,
        "95 of 100 real-time inquiries to payers are answered well.",
        f"({UNANSWERED} or 0 * {ASKED}) / ({ASKED} > 0)",
        ("service",),
    ),
)

LAG = "revcycle_consumer_lag_records"
DRAIN = f"({LAG} > 0) / rate(revcycle_consumer_offset_total[5m]) or ({LAG} == 0) or ({LAG} > 0) * Inf"
"""Seconds until a partition's lag is worked off at the speed of the last five minutes: infinite when nothing moves."""


def recorded(slo: Slo, window: str) -> str:
    """The name of a recorded share of errors."""
    return f"revcycle:slo_{slo.name}:error_ratio_{window}"


def rules() -> dict[str, Any]:
    """The rule file, as YAML has it."""
    return {
        "groups": [
            {"name": "revcycle-streams", "interval": "15s", "rules": list(_streams())},
            {"name": "revcycle-slos", "interval": "30s", "rules": [*_ratios(), *_budgets()]},
            {"name": "revcycle-burn", "rules": list(_alerts())},
        ]
    }


def _streams() -> Iterator[dict[str, Any]]:
    yield {"record": "revcycle:consumer_drain_seconds", "expr": DRAIN}
    late = f"max by (service) (revcycle:consumer_drain_seconds) > bool {LATE_SECONDS}"
    yield {"record": "revcycle:consumer_late:bool", "expr": late}


def _ratios() -> Iterator[dict[str, Any]]:
    for slo in SLOS:
        for window in WINDOWS:
            yield {"record": recorded(slo, window), "expr": slo.errors.replace("{w}", window)}


def _budgets() -> Iterator[dict[str, Any]]:
    """What is left of the budget of errors over the longest window, from 1 down; below 0 it is spent."""
    for slo in SLOS:
        spent = f"{recorded(slo, WINDOWS[-1])} / {_allowed(slo)}"
        yield {"record": f"revcycle:slo_{slo.name}:budget_left", "expr": f"1 - {spent}"}


def _alerts() -> Iterator[dict[str, Any]]:
    for slo in SLOS:
        for burn in BURNS:
            limit = f"{burn.factor:g} * {_allowed(slo)}"
            yield {
                "alert": f"Slo{slo.name.title()}Burns",
                "expr": f"{recorded(slo, burn.long)} > {limit} and {recorded(slo, burn.short)} > {limit}",
                "for": burn.wait,
                "labels": {"severity": burn.severity, "slo": slo.name, "window": burn.long},
                "annotations": {
                    "summary": f"{{{{ $labels.service }}}}: the objective '{slo.name}' is missed"
                    f" {burn.factor:g} times faster than allowed, over {burn.long}.",
                    "description": slo.means,
                    "runbook_url": f"docs/operations/runbooks/slo-{slo.name}.md",
                },
            }


def _allowed(slo: Slo) -> str:
    return f"{1 - slo.objective:g}"


def names(found: Sequence[dict[str, Any]]) -> set[str]:
    """What rules record."""
    return {str(rule["record"]) for rule in found if "record" in rule}
