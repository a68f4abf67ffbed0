"""Writes docs/operations/metrics.md from what the code declares."""

from collections.abc import Iterable, Mapping

from services.claims.figures import FIGURES as CLAIMS
from services.collections.figures import FIGURES as COLLECTIONS
from services.payments.figures import figures as payments_figures
from shared.metrics_catalogue import METRICS, PREFIX, Metric
from shared.metrics_tally import BOUNDS_SECONDS, Figure

LABELS: Mapping[str, str] = {
    "act": "what the compliance gate was asked about: contact, bill, placement, …",
    "account": "an account of the ledger",
    "answer": "allowed or blocked",
    "category": "a category of denials, or `none`",
    "effect": "the class of an effect: what is done outside",
    "exceeded": "requests_in_progress, uploading_bytes or backlog",
    "kind": "a kind of aggregate: claim, account, check, …",
    "loop": "a loop that finds work by looking: intake, acks, eras, …",
    "partition": "a partition's number",
    "payer": "a payer of the directory; all others together are `unlisted`",
    "route": "method and path as the route declares it, or `other`",
    "rule": "a rule of the compliance gate",
    "side": "debit or credit",
    "state": "a state that a claim came into",
    "status": "2xx, 3xx, 4xx or 5xx",
    "topic": "a topic",
    "type": "the versioned type of a message",
}
HEAD = """# Metrics

Written by `make dashboards` from `shared/metrics_catalogue.py` and the services' `figures.py`.

`GET /metrics` of each service, in Prometheus's text format, on the service's own port. It is not public: it wants the
token in `REVCYCLE_METRICS_TOKEN_FILE` (24 characters or more, for Prometheus), or that of a person with the role
`operator`. Every series has the label `service`. Counters begin at 0 with the process, and what has not happened yet
is shown as 0.

No label holds what a message or a request brought: kinds, types, topics, routes, payers of the directory. A value that
was not declared is counted as `other`. The end-to-end test reads every label of every service and finds neither a name
nor an id.

What must be asked of store and broker is asked once in four seconds, however many scrape. A part that is away is
missing from the answer, and `revcycle_store_up` or `revcycle_broker_up` is 0. What is counted on a message's way is
added once for each batch.
"""


def page() -> str:
    """The page as it should be."""
    bounds = ", ".join(f"{bound:g}" for bound in BOUNDS_SECONDS)
    parts = [HEAD, "## Every service\n", _table(METRICS), f"Histograms have the classes {bounds} seconds.\n"]
    own: dict[str, Iterable[Figure]] = {"claims": CLAIMS, "payments": payments_figures(), "collections": COLLECTIONS}
    for service, figures in own.items():
        metrics = {one.name: Metric("counter", one.help, tuple(one.labels)) for one in figures}
        parts += [f"## The business: {service}\n", _table(metrics)]
    parts += [
        "## Labels\n",
        "| label | holds |\n| --- | --- |\n" + "".join(f"| `{n}` | {h} |\n" for n, h in LABELS.items()),
    ]
    return "\n".join(parts)


def _table(metrics: Mapping[str, Metric]) -> str:
    rows = [
        f"| `{PREFIX}{name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels) or '–'} | {one.help} |\n"
        for name, one in metrics.items()
    ]
    return "| metric | kind | labels | meaning |\n| --- | --- | --- | --- |\n" + "".join(rows)
