"""Every metric that every service has: its name, what it means, and its labels. The documentation is made of it.

Names follow Prometheus: `revcycle_` before each, units last, `_total` for what only grows. A service's own numbers of
the business are declared beside its rules (`figures.py`) and join these.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
PREFIX = "revcycle_"


class Metric(NamedTuple):
    """What a metric is. Its labels hold names out of the program, so there are as many series as there are names."""

    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


METRICS: Mapping[str, Metric] = {
    # Requests
    "http_requests_total": Metric("counter", "Requests answered, by route and class of status.", ("route", "status")),
    "http_request_seconds": Metric("histogram", "How long a request took, by route.", ("route",)),
    "requests_shed_total": Metric("counter", "Requests turned away with 429, by what was exceeded.", ("exceeded",)),
    # Messages
    "messages_total": Metric("counter", "Messages decided, by kind of aggregate and type.", ("kind", "type")),
    "messages_unchanged_total": Metric(
        "counter",
        "Messages that changed nothing: repeats, dropped, and news that an aggregate need not know.",
        ("kind",),
    ),
    "batch_seconds": Metric("histogram", "From loading a batch's aggregates to its events being public.", ("kind",)),
    "events_total": Metric("counter", "Public events written, by kind of aggregate and type.", ("kind", "type")),
    "conflicts_total": Metric("counter", "Aggregates decided again, because another writer came first.", ("kind",)),
    "parked_total": Metric(
        "counter", "Aggregates parked since the start: their messages wait for a person.", ("kind",)
    ),
    "publish_postponed_total": Metric("counter", "Batches written, whose events the broker did not take.", ("kind",)),
    # The consumer
    "consumer_offset_total": Metric(
        "counter", "The offset up to which a partition is handled and committed.", ("topic", "partition")
    ),
    "consumer_lag_records": Metric("gauge", "Records not handled and committed yet.", ("topic", "partition")),
    "consumer_joined": Metric("gauge", "1 while the group gives this process partitions."),
    "records_redelivered_total": Metric("counter", "Records that came again to a process that had handled them."),
    "records_handled_total": Metric("counter", "Records handled and committed."),
    "batch_retries_total": Metric("counter", "Batches tried again after an outage of store or broker."),
    "dead_letters_total": Metric("counter", "Records that could not be read, by topic, since the start.", ("topic",)),
    # Effects
    "effect_seconds": Metric("histogram", "How long the outside world took, by effect.", ("kind", "effect")),
    "effect_failures_total": Metric(
        "counter", "Effects whose performer failed and that are tried again.", ("kind", "effect")
    ),
    "effects_due": Metric("gauge", "Effects to be performed now and not answered yet."),
    "effects_stuck": Metric("gauge", "Effects given up after twelve failures: a person releases them."),
    "effect_delay_seconds": Metric("gauge", "How long the oldest effect has been due, by the clock of the business."),
    # Deadlines
    "deadlines_due": Metric("gauge", "Deadlines that have come and are not handled."),
    "sweep_delay_seconds": Metric("gauge", "How long the oldest deadline has been due, by the clock of the business."),
    # What waits
    "outbox_age_seconds": Metric("gauge", "How long the oldest written event of this process has not been public."),
    "outbox_aggregates": Metric("gauge", "Aggregates with events that are written and not known to be public."),
    "parked_aggregates": Metric("gauge", "Aggregates parked now."),
    "waiting_messages": Metric("gauge", "Messages behind parked aggregates."),
    "dead_letter_records": Metric("gauge", "Records in the dead letters."),
    "quarantined_files": Metric("gauge", "Files that could not be taken in."),
    "loop_pending": Metric("gauge", "What a loop finds to do, such as files in a folder.", ("loop",)),
    "out_of_balance": Metric("gauge", "Accounts that did not tie out when they were proved last; 0 where none are."),
    # Health
    "ready": Metric("gauge", "1 while the process serves."),
    "live": Metric("gauge", "0 while the process is taken for stuck: the lag grows and nothing is handled."),
    "store_up": Metric("gauge", "1 when the store answered this scrape."),
    "broker_up": Metric("gauge", "1 when the broker answered this scrape."),
    # Payers, of the eligibility service
    "payer_seconds": Metric("histogram", "How long a payer took to answer an inquiry, or to fail to.", ("payer",)),
    "payer_unanswered_total": Metric("counter", "Inquiries that a payer did not answer well.", ("payer",)),
    "payer_breaker": Metric("gauge", "The payer is asked (0), probed (1) or spared (2) by this process.", ("payer",)),
    "payer_backlog": Metric("gauge", "Inquiries put off until the payer speaks again.", ("payer",)),
}
