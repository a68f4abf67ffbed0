"""What is on each dashboard: panels as data. `build.py` makes Grafana's JSON of them."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from deploy.prometheus.slos import BURNS, SLOS, WINDOWS, recorded

Shape: TypeAlias = Literal["line", "number"]
SERVICES = ("eligibility", "claims", "payments", "collections", "console")
DECIDED = '{state=~"accepted|rejected|paid|denied"}'
PAYERS_ALLOWED = next(f"{1 - slo.objective:g}" for slo in SLOS if slo.name == "payers")
QUIET = ("console",)
"""Services that ask the outside world for nothing."""


class Query(NamedTuple):
    """A PromQL expression, and how its lines are called."""

    expr: str
    legend: str = ""


class Chart(NamedTuple):
    """One panel. `bad_from` colours a number red from there on."""

    title: str
    unit: str
    queries: tuple[Query, ...]
    says: str = ""
    shape: Shape = "line"
    bad_from: float | None = None


class Row(NamedTuple):
    """Panels under a heading."""

    title: str
    charts: tuple[Chart, ...]


class Board(NamedTuple):
    """A dashboard; `uid` is part of its address."""

    uid: str
    title: str
    says: str
    rows: tuple[Row, ...]


def line(title: str, unit: str, expr: str, legend: str = "", says: str = "") -> Chart:
    return Chart(title, unit, (Query(expr, legend),), says)


def number(title: str, expr: str, bad_from: float | None = 1, unit: str = "short", says: str = "") -> Chart:
    return Chart(title, unit, (Query(expr),), says, "number", bad_from)


def rate(name: str, by: str, match: str = "") -> str:
    """What a counter grows by in a second, over five minutes."""
    return f"sum by ({by}) (rate(revcycle_{name}{match}[5m]))"


def share(quantile: float, name: str, by: str, match: str = "") -> str:
    """A duration that so many did not exceed."""
    buckets = f"sum by (le, {by}) (rate(revcycle_{name}_bucket{match}[5m]))"
    return f"histogram_quantile({quantile}, {buckets})"


OVERVIEW = Board(
    "revcycle-overview",
    "RevCycle: overview",
    "Is it well, how much flows, and what waits for a person.",
    (
        Row(
            "Well or not",
            (
                number("Services down", 'count(up{job="revcycle"} == 0) or vector(0)'),
                number("Alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)'),
                number("Parked", "sum(revcycle_parked_aggregates)", says="Aggregates that wait for a person."),
                number("Dead letters", "sum(revcycle_dead_letter_records)", says="Records that could not be read."),
                number("Effects stuck", "sum(revcycle_effects_stuck)", says="Given up after twelve tries."),
                number("Out of balance", "sum(revcycle_out_of_balance)", says="Accounts that do not tie out."),
            ),
        ),
        Row(
            "Flow",
            (
                line("Messages decided", "ops", rate("messages_total", "service"), "{{service}}"),
                line("Backlog", "short", "sum by (service) (revcycle_consumer_lag_records)", "{{service}}"),
                line(
                    "Time to work the backlog off",
                    "s",
                    "max by (service) (revcycle:consumer_drain_seconds)",
                    "{{service}}",
                    "Of the slowest partition, at the speed of the last five minutes.",
                ),
                line("Requests", "reqps", rate("http_requests_total", "service, status"), "{{service}} {{status}}"),
            ),
        ),
        Row(
            "The business",
            (
                line("Claims coming into a state", "cpm", f"60 * {rate('claims_total', 'state')}", "{{state}}"),
                line("Denials", "cpm", f"60 * {rate('denials_total', 'category')}", "{{category}}"),
                line(
                    "Dollars through the ledger's accounts, a minute",
                    "currencyUSD",
                    f"0.6 * {rate('ledger_cents_total', 'account, side')}",
                    "{{account}} {{side}}",
                ),
                line(
                    "Contacts asked for", "cpm", f"60 * {rate('contacts_total', 'act, answer')}", "{{act}} {{answer}}"
                ),
                line("What blocked contacts", "cpm", f"60 * {rate('contacts_blocked_total', 'rule')}", "{{rule}}"),
                line("Denied dollars", "currencyUSD", "sum by (category) (revcycle_denied_cents_total) / 100"),
            ),
        ),
    ),
)

STREAMS = Board(
    "revcycle-streams",
    "RevCycle: streams",
    "Topics, groups, outboxes, deadlines: what is behind, and what came wrong.",
    (
        Row(
            "Behind",
            (
                line(
                    "Lag by partition",
                    "short",
                    "revcycle_consumer_lag_records",
                    "{{service}} {{topic}}/{{partition}}",
                    "Records not handled and committed by the service's group.",
                ),
                line(
                    "Seconds to drain by partition",
                    "s",
                    "revcycle:consumer_drain_seconds",
                    "{{service}} {{topic}}/{{partition}}",
                ),
                line("Records handled", "ops", rate("records_handled_total", "service"), "{{service}}"),
                line("In the group", "bool", "min by (service) (revcycle_consumer_joined)", "{{service}}"),
            ),
        ),
        Row(
            "Went wrong",
            (
                line("Dead letters", "ops", rate("dead_letters_total", "service, topic"), "{{service}} {{topic}}"),
                line("Batches tried again", "ops", rate("batch_retries_total", "service"), "{{service}}"),
                line("Records that came again", "ops", rate("records_redelivered_total", "service"), "{{service}}"),
                line(
                    "Messages that changed nothing",
                    "ops",
                    rate("messages_unchanged_total", "service, kind"),
                    "{{kind}}",
                ),
                line("Lost races", "ops", rate("conflicts_total", "service, kind"), "{{service}} {{kind}}"),
                line("Parked keys", "short", "sum by (service) (revcycle_parked_aggregates)", "{{service}}"),
                line("Messages behind them", "short", "sum by (service) (revcycle_waiting_messages)", "{{service}}"),
                line(
                    "Publishing put off",
                    "ops",
                    rate("publish_postponed_total", "service, kind"),
                    "{{service}} {{kind}}",
                ),
            ),
        ),
        Row(
            "Waits",
            (
                line("Oldest event not public", "s", "max by (service) (revcycle_outbox_age_seconds)", "{{service}}"),
                line("Outboxes not public", "short", "sum by (service) (revcycle_outbox_aggregates)", "{{service}}"),
                line("Deadlines late", "s", "max by (service) (revcycle_sweep_delay_seconds)", "{{service}}"),
                line("Effects late", "s", "max by (service) (revcycle_effect_delay_seconds)", "{{service}}"),
                line(
                    "Found by looking",
                    "short",
                    "sum by (service, loop) (revcycle_loop_pending)",
                    "{{service}} {{loop}}",
                ),
                line("Files in quarantine", "short", "sum by (service) (revcycle_quarantined_files)", "{{service}}"),
            ),
        ),
    ),
)

PAYERS = Board(
    "revcycle-payers",
    "RevCycle: payers",
    "Who answers, how fast, who is spared, and what they refuse.",
    (
        Row(
            "Real-time inquiries",
            (
                line("Answer time, 19 of 20", "s", share(0.95, "payer_seconds", "payer"), "{{payer}}"),
                line("Answer time, half of them", "s", share(0.5, "payer_seconds", "payer"), "{{payer}}"),
                line("Inquiries", "cpm", f"60 * {rate('payer_seconds_count', 'payer')}", "{{payer}}"),
                line("Not answered well", "cpm", f"60 * {rate('payer_unanswered_total', 'payer')}", "{{payer}}"),
                line(
                    "Breaker",
                    "short",
                    "max by (payer) (revcycle_payer_breaker)",
                    "{{payer}}",
                    "0 asked, 1 probed, 2 spared.",
                ),
                line(
                    "Put off until the payer is back", "short", "sum by (payer) (revcycle_payer_backlog)", "{{payer}}"
                ),
            ),
        ),
        Row(
            "Against the objective",
            (
                line(
                    "Budget burnt by payer, times as fast as allowed",
                    "short",
                    f"sum by (payer) (rate(revcycle_payer_unanswered_total[1h])) "
                    f"/ (sum by (payer) (rate(revcycle_payer_seconds_count[1h])) > 0) / {PAYERS_ALLOWED}",
                    "{{payer}}",
                    "Over an hour; 1 spends exactly what the objective allows.",
                ),
                line(
                    "Not answered well, of all inquiries since the start",
                    "percentunit",
                    "sum by (payer) (revcycle_payer_unanswered_total)"
                    " / (sum by (payer) (revcycle_payer_seconds_count) > 0)",
                    "{{payer}}",
                ),
            ),
        ),
        Row(
            "Their decisions",
            (
                line(
                    "Answers to claims",
                    "cpm",
                    f"60 * {rate('claims_total', 'state', DECIDED)}",
                    "{{state}}",
                ),
                line("Denials by category", "short", "sum by (category) (revcycle_denials_total)", "{{category}}"),
            ),
        ),
    ),
)


def _slo_rows() -> Iterator[Row]:
    for slo in SLOS:
        allowed = f"{1 - slo.objective:g}"
        burn = tuple(Query(f"max({recorded(slo, window)}) / {allowed}", f"over {window}") for window in WINDOWS)
        pages = ", ".join(f"{one.factor:g} over {one.long}" for one in BURNS if one.severity == "page")
        yield Row(
            f"{slo.name}: {slo.means}",
            (
                Chart("Budget burnt, times as fast as allowed", "short", burn, f"Pages at {pages}."),
                line("Bad share", "percentunit", recorded(slo, "5m"), "{{service}}", "Over five minutes."),
                line(
                    "Budget left",
                    "percentunit",
                    f"revcycle:slo_{slo.name}:budget_left",
                    "{{service}}",
                    "Of three days'.",
                ),
            ),
        )


SLO_BOARD = Board(
    "revcycle-slos", "RevCycle: objectives", "How fast the budgets of errors are spent.", tuple(_slo_rows())
)
BUSINESS = {
    "claims": (
        line("Claims coming into a state", "cpm", f"60 * {rate('claims_total', 'state')}", "{{state}}"),
        line("Denials", "cpm", f"60 * {rate('denials_total', 'category')}", "{{category}}"),
    ),
    "payments": (
        line(
            "Dollars through the ledger's accounts, a minute",
            "currencyUSD",
            f"0.6 * {rate('ledger_cents_total', 'account, side')}",
            "{{account}} {{side}}",
        ),
        number("Accounts out of balance", 'max(revcycle_out_of_balance{service="payments"})'),
    ),
    "collections": (
        line("Contacts asked for", "cpm", f"60 * {rate('contacts_total', 'act, answer')}", "{{act}} {{answer}}"),
        line("What blocked them", "cpm", f"60 * {rate('contacts_blocked_total', 'rule')}", "{{rule}}"),
    ),
    "eligibility": (
        line("Inquiries to payers", "cpm", f"60 * {rate('payer_seconds_count', 'payer')}", "{{payer}}"),
        line("Payers' answer time, 19 of 20", "s", share(0.95, "payer_seconds", "payer"), "{{payer}}"),
    ),
}


def service_board(service: str) -> Board:
    """The same questions of every service: requests, messages, what it asks of others, what waits, its process."""
    own = f'{{service="{service}"}}'
    effects = (
        line("Work outside, 19 of 20", "s", share(0.95, "effect_seconds", "effect", own), "{{effect}}"),
        line("Work outside that failed", "ops", rate("effect_failures_total", "effect", own), "{{effect}}"),
        line("Work outside due", "short", f"revcycle_effects_due{own}", "due"),
    )
    rows = [
        Row("Requests", _requests(own)),
        Row("Messages", _messages(own)),
        *([] if service in QUIET else [Row("The outside world", effects)]),
        *([Row("The business", BUSINESS[service])] if service in BUSINESS else []),
        Row("What waits, and the process", _process(service, own)),
    ]
    return Board(f"revcycle-{service}", f"RevCycle: {service}", f"The {service} service by itself.", tuple(rows))


def _requests(own: str) -> tuple[Chart, ...]:
    return (
        line("Requests by route", "reqps", rate("http_requests_total", "route", own), "{{route}}"),
        line("Requests by outcome", "reqps", rate("http_requests_total", "status", own), "{{status}}"),
        line("Duration, 19 of 20", "s", share(0.95, "http_request_seconds", "route", own), "{{route}}"),
        line("Turned away", "reqps", rate("requests_shed_total", "exceeded", own), "{{exceeded}}"),
    )


def _messages(own: str) -> tuple[Chart, ...]:
    return (
        line("Messages by type", "ops", rate("messages_total", "type", own), "{{type}}"),
        line("A batch, 19 of 20", "s", share(0.95, "batch_seconds", "kind", own), "{{kind}}"),
        line("Parked since the start", "short", f"sum by (kind) (revcycle_parked_total{own})", "{{kind}}"),
        line("Lost races", "ops", rate("conflicts_total", "kind", own), "{{kind}}"),
        line("Lag by topic", "short", f"sum by (topic) (revcycle_consumer_lag_records{own})", "{{topic}}"),
    )


def _process(service: str, own: str) -> tuple[Chart, ...]:
    job = f'{{job="revcycle",service="{service}"}}'
    return (
        line("Oldest event not public", "s", f"revcycle_outbox_age_seconds{own}", "outbox"),
        line("Ready and alive", "bool", f"min(revcycle_ready{own}) * min(revcycle_live{own})", "well"),
        line("Cores", "short", f"rate(process_cpu_seconds_total{job}[5m])", "{{instance}}"),
        line("Memory", "bytes", f"process_resident_memory_bytes{job}", "{{instance}}"),
    )


def boards() -> Sequence[Board]:
    return (OVERVIEW, *(service_board(name) for name in SERVICES), STREAMS, PAYERS, SLO_BOARD)
