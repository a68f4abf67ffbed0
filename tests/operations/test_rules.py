"""Each alert fires on what it is for, is quiet without it, and has a runbook that says what to do."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pytest
import yaml

from deploy.grafana.__main__ import written
from deploy.prometheus.slos import SLOS, WINDOWS, rules
from services.claims.figures import FIGURES as CLAIMS
from services.collections.figures import FIGURES as COLLECTIONS
from services.payments.figures import figures as payments_figures
from shared.metrics import metrics_of
from shared.metrics_catalogue import PREFIX
from tests.operations.watching import DEPLOY, RULES, SETTINGS, needs

MANAGER = DEPLOY / "prometheus" / "alertmanager.yml"
RUNBOOKS = DEPLOY.parent / "docs" / "operations" / "runbooks"
SECTIONS = ("Symptom", "Meaning", "Check", "Repair")
SERVICE = {"service": "claims"}
UNSEEN = "NothingWatched"
"""It fires where nothing else is known."""
SOON, LATE = 30, 95
"""Minutes after which somebody is told of a fault, and of a budget that burns."""
FIVE = '{job="revcycle",service="claims"}'


class Case(NamedTuple):
    """Series that an alert must fire on, and the same ones when all is well; the labels it fires with."""

    bad: Mapping[str, str]
    good: Mapping[str, str]
    labels: Mapping[str, str]


def gauge(name: str, bad: str, good: str = "0x40", **labels: str) -> Case:
    series = PREFIX + name + _braces({**SERVICE, **labels})
    return Case({series: bad}, {series: good}, {**SERVICE, **labels})


def _braces(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


LAG = 'revcycle_consumer_lag_records{service="claims",topic="t",partition="0"}'
HANDLED = 'revcycle_records_handled_total{service="claims"}'
DEAD = {"service": "claims", "topic": "claims.commands.v1"}
OPEN = 'revcycle_dead_letter_records{service="claims"}'
SHED = {"service": "claims", "exceeded": "backlog"}
CASES: Mapping[str, Case] = {
    "ServiceDown": Case({f"up{FIVE}": "0x40"}, {f"up{FIVE}": "1x40"}, {"job": "revcycle", **SERVICE}),
    "ServiceNotReady": gauge("ready", "0x40", "1x40"),
    "ServiceStuck": gauge("live", "0x40", "1x40"),
    "StoreAway": gauge("store_up", "0x40", "1x40"),
    "BrokerAway": gauge("broker_up", "0x40", "1x40"),
    "NothingWatched": Case({"other": "1x40"}, {f"up{FIVE}": "1x40"}, {"job": "revcycle"}),
    "RequestsShed": Case(
        {f"revcycle_requests_shed_total{_braces(SHED)}": "0+5x40"},
        {f"revcycle_requests_shed_total{_braces(SHED)}": "7x40"},
        SHED,
    ),
    "ConsumerStalled": Case({LAG: "5x40", HANDLED: "9x40"}, {LAG: "5x40", HANDLED: "9+1x40"}, SERVICE),
    "DeadLetters": Case(
        {f"revcycle_dead_letters_total{_braces(DEAD)}": "0x25 1x15", OPEN: "0x40"},
        {f"revcycle_dead_letters_total{_braces(DEAD)}": "4x40", OPEN: "0x40"},
        DEAD,
    ),
    "AggregatesParked": gauge("parked_aggregates", "2x40"),
    "OutboxOld": gauge("outbox_age_seconds", "61x40", "59x40"),
    "EffectsStuck": gauge("effects_stuck", "1x40"),
    "EffectsLate": gauge("effect_delay_seconds", "901x40", "899x40"),
    "SweepLate": gauge("sweep_delay_seconds", "301x40", "299x40"),
    "FilesQuarantined": Case(
        {'revcycle_quarantined_files{service="claims"}': "3x20 4x20"},
        {'revcycle_quarantined_files{service="claims"}': "3x40"},
        SERVICE,
    ),
    "LedgerOutOfBalance": gauge("out_of_balance", "1x40"),
    "PayerSilent": Case(
        {'revcycle_payer_breaker{service="eligibility",payer="RC101"}': "2x40"},
        {'revcycle_payer_breaker{service="eligibility",payer="RC101"}': "1x40"},
        {"payer": "RC101"},
    ),
}
ROUTE = 'service="claims",route="GET /claims"'
BURNING: Mapping[str, Mapping[str, str]] = {
    # 2 % of the requests fail: 20 times what the objective allows.
    "requests": {
        f'revcycle_http_requests_total{{{ROUTE},status="2xx"}}': "0+98x100",
        f'revcycle_http_requests_total{{{ROUTE},status="5xx"}}': "0+2x100",
    },
    "latency": {
        f"revcycle_http_request_seconds_count{{{ROUTE}}}": "0+100x100",
        f'revcycle_http_request_seconds_bucket{{{ROUTE},le="1.0"}}': "0+80x100",
    },
    "freshness": {LAG: "5+5x100", 'revcycle_consumer_offset_total{service="claims",topic="t",partition="0"}': "9x100"},
    "payers": {
        'revcycle_payer_seconds_count{service="claims",payer="RC101"}': "0+100x100",
        'revcycle_payer_unanswered_total{service="claims",payer="RC101"}': "0+90x100",
    },
}
CALM: Mapping[str, Mapping[str, str]] = {
    "requests": {
        f'revcycle_http_requests_total{{{ROUTE},status="2xx"}}': "0+100x100",
        'revcycle_http_requests_total{service="claims",route="GET /ready",status="5xx"}': "0+100x100",
    },
    "latency": {
        f"revcycle_http_request_seconds_count{{{ROUTE}}}": "0+100x100",
        f'revcycle_http_request_seconds_bucket{{{ROUTE},le="1.0"}}': "0+100x100",
    },
    "freshness": {
        LAG: "0x2 5x100",
        'revcycle_consumer_offset_total{service="claims",topic="t",partition="0"}': "9+60x100",
    },
    "payers": {
        'revcycle_payer_seconds_count{service="claims",payer="RC101"}': "0+100x100",
        'revcycle_payer_unanswered_total{service="claims",payer="RC101"}': "0+1x100",
    },
}


def alerts() -> list[dict[str, Any]]:
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


Firing: TypeAlias = Mapping[str, list[dict[str, str]]]


def group(series: Mapping[str, str], expected: Firing, minutes: int) -> dict[str, Any]:
    """One of promtool's tests: with what labels each alert fires at a minute."""
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'ALERTS{{alertname="{alert}",alertstate="firing"}}',
                "eval_time": f"{minutes}m",
                "exp_samples": [{"labels": _said(alert, labels), "value": 1} for labels in found],
            }
            for alert, found in expected.items()
        ],
    }


def _said(alert: str, labels: Mapping[str, str]) -> str:
    severity = {rule["alert"]: rule["labels"]["severity"] for rule in alerts()}[alert]
    return "ALERTS" + _braces({"alertname": alert, "alertstate": "firing", "severity": severity, **labels})


def burning(name: str) -> list[dict[str, str]]:
    """The three alerts of an objective that is missed by far."""
    own = {"service": "claims", "slo": name}
    pages = [{**own, "severity": "page", "window": window} for window in ("1h", "6h")]
    return [*pages, {**own, "severity": "ticket", "window": "3d"}]


def joined(parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {name: values for part in parts for name, values in part.items()}


def test_every_alert_fires_on_its_fault_and_is_quiet_without(tmp_path: Path) -> None:
    seen = {alert: case for alert, case in CASES.items() if alert != UNSEEN}
    slos = {f"Slo{slo.name.title()}Burns": slo.name for slo in SLOS}
    groups = [
        group(joined(case.bad for case in seen.values()), {alert: [dict(c.labels)] for alert, c in seen.items()}, SOON),
        group(joined(case.good for case in CASES.values()), {alert: [] for alert in CASES}, SOON),
        group({OPEN: "1x40"}, {"DeadLetters": [SERVICE]}, SOON),  # its counter began with it
        group(CASES[UNSEEN].bad, {UNSEEN: [dict(CASES[UNSEEN].labels)]}, SOON),
        group(joined(BURNING.values()), {alert: burning(name) for alert, name in slos.items()}, LATE),
        group(joined(CALM.values()), {alert: [] for alert in slos}, LATE),
    ]
    named = {rule["alert"] for rule in alerts()}
    assert named == CASES.keys() | slos.keys()
    file = tmp_path / "tests.yml"
    file.write_text(json.dumps({"rule_files": [str(path) for path in RULES], "tests": groups}))
    checked = subprocess.run(
        [needs("promtool"), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_prometheus_takes_the_rules_and_the_settings(tmp_path: Path) -> None:
    checked = subprocess.run(
        [needs("promtool"), "check", "rules", *map(str, RULES)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    settings = yaml.safe_load(SETTINGS.read_text())
    settings["rule_files"] = [str(path) for path in RULES]
    del settings["scrape_configs"][0]["authorization"]  # the file is there in the container only
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(settings))
    checked = subprocess.run(
        [needs("promtool"), "check", "config", str(tmp_path / "prometheus.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_alertmanager_takes_its_settings_and_each_severity_has_somebody() -> None:
    checked = subprocess.run(
        [needs("amtool"), "check-config", str(MANAGER)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    severities = {rule["labels"]["severity"] for rule in alerts()}
    for severity in severities:
        routed = subprocess.run(
            [needs("amtool"), "config", "routes", "test", f"--config.file={MANAGER}", f"severity={severity}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert routed.stdout.strip() == severity


def test_what_inhibits_an_alert_and_what_is_inhibited_exist() -> None:
    named = {rule["alert"] for rule in alerts()}
    for rule in yaml.safe_load(MANAGER.read_text())["inhibit_rules"]:
        for matchers in (rule["source_matchers"], rule["target_matchers"]):
            wanted: str = re.findall(r'alertname=~?"(.+)"', matchers[0])[0]
            for part in wanted.split("|"):
                assert any(re.fullmatch(part, name) for name in named), part


@pytest.mark.parametrize("path", written(), ids=lambda path: path.name)
def test_what_is_generated_is_what_the_code_says_now(path: Path) -> None:
    assert path.read_text() == written()[path], "make dashboards"


def test_a_window_of_every_objective_is_recorded_that_an_alert_looks_at() -> None:
    found = json.dumps(rules())
    for slo in SLOS:
        for window in WINDOWS:
            assert found.count(f"revcycle:slo_{slo.name}:error_ratio_{window}") >= 2, "recorded and never looked at"


def expressions() -> list[str]:
    """Every expression of rules and panels."""
    found = [
        str(rule["expr"])
        for path in RULES
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]
    for path in written():
        if path.suffix == ".json":
            panels = json.loads(path.read_text())["panels"]
            found += [target["expr"] for panel in panels for target in panel.get("targets", ())]
    return found


def test_no_expression_asks_for_a_metric_that_does_not_exist() -> None:
    known = set(metrics_of((*CLAIMS, *payments_figures(), *COLLECTIONS)))
    asked = {name for expr in expressions() for name in re.findall(r"\brevcycle_(\w+)", expr)}
    assert {name.removesuffix("_bucket").removesuffix("_count") for name in asked} - known == set()
    recorded = {rule["record"] for group in rules()["groups"] for rule in group["rules"] if "record" in rule}
    assert {name for expr in expressions() for name in re.findall(r"revcycle:[\w:]+", expr)} <= recorded


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: f"{rule['alert']}-{rule['labels'].get('window', 'now')}")
def test_an_alert_leads_to_a_runbook_that_says_what_to_do(rule: dict[str, Any]) -> None:
    page = DEPLOY.parent / rule["annotations"]["runbook_url"]
    text = page.read_text()
    assert rule["alert"] in text.splitlines()[0]
    for section in SECTIONS:
        part = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
        assert len(part.split()) >= 8, f"{page.name}: {section} says nothing"


def test_no_runbook_is_without_its_alert() -> None:
    led_to = {Path(rule["annotations"]["runbook_url"]).name for rule in alerts()}
    assert {page.name for page in RUNBOOKS.glob("*.md")} == led_to | {"README.md"}
