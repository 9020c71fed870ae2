"""Alert rules and dashboard speak of metrics that exist, and the rules fire when they should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from apps.monitoring import metrics, scraped
from tests.conftest import REPOSITORY

COMPOSE = REPOSITORY / "compose"
RULES = COMPOSE / "prometheus" / "rules" / "oracle.yml"
DASHBOARD = COMPOSE / "grafana" / "dashboards" / "oracle.json"
NAME = re.compile(r"\boracle_[a-z0-9_]+")


def series_names() -> set[str]:
    """Return the name of every series the oracle can expose."""
    names = {g.name for g in vars(scraped).values() if isinstance(g, scraped.ScrapedGauge)}
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.collect()
            suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
            names |= {family.name + suffix for suffix in suffixes[family.type]}
    return names


def alerts() -> list[dict[str, str]]:
    """Return all alert rules."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    """Return every PromQL expression of rules and dashboard."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [rule["expr"] for rule in alerts()] + [t["expr"] for p in panels for t in p.get("targets", [])]


def run(*command: str | Path) -> None:
    """Run a tool of Prometheus, or skip when this machine has none; its output is the failure's message."""
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed (Debian package prometheus or prometheus-alertmanager)")
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_expressions_use_existing_metrics() -> None:
    """A renamed metric must not leave a silent alert or an empty panel behind."""
    used = {name for expression in expressions() for name in NAME.findall(expression)}

    assert used
    assert used <= series_names(), used - series_names()


def test_every_metric_of_a_fact_is_on_the_dashboard_or_in_a_rule() -> None:
    """A gauge that nobody looks at is a cost without a use."""
    used = {name for expression in expressions() for name in NAME.findall(expression)}
    gauges = {g.name for g in vars(scraped).values() if isinstance(g, scraped.ScrapedGauge)}

    assert gauges <= used, gauges - used


def test_every_alert_has_a_paragraph_in_the_runbook() -> None:
    """Who is woken finds the alert's name as a heading in docs/operate.md."""
    runbook = (REPOSITORY / "docs" / "operate.md").read_text()

    missing = [rule["alert"] for rule in alerts() if f"### {rule['alert']}\n" not in runbook]
    assert missing == []


def test_every_alert_has_a_test() -> None:
    """Each rule is exercised by promtool's test file."""
    tests = yaml.safe_load((COMPOSE / "prometheus" / "tests" / "rules_test.yml").read_text())["tests"]
    tested = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}

    assert {rule["alert"] for rule in alerts()} == tested


def test_rules_are_valid_and_fire_as_tested() -> None:
    """promtool accepts the rules, and each fires on its series and stays silent on the others."""
    run("promtool", "check", "rules", RULES)
    run("promtool", "test", "rules", COMPOSE / "prometheus" / "tests" / "rules_test.yml")


def test_prometheus_configuration_is_valid() -> None:
    """Prometheus would start with our configuration."""
    run("promtool", "check", "config", COMPOSE / "prometheus" / "prometheus.yml")


def test_alertmanager_configuration_is_valid() -> None:
    """Alertmanager would start with ours."""
    run("amtool", "check-config", COMPOSE / "alertmanager" / "alertmanager.yml")


def test_dashboard_panels_do_not_overlap() -> None:
    """Every panel has its own place and its own id."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    cells = [
        (x, y)
        for p in panels
        for x in range(p["gridPos"]["x"], p["gridPos"]["x"] + p["gridPos"]["w"])
        for y in range(p["gridPos"]["y"], p["gridPos"]["y"] + p["gridPos"]["h"])
    ]

    assert len({p["id"] for p in panels}) == len(panels)
    assert len(set(cells)) == len(cells)
