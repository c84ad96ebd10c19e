"""The metrics equal the figures of the marts, queried with mf as a user would."""

import csv
import os
import re
import shlex
import subprocess

import pytest
from dbt.contracts.graph.semantic_manifest import SemanticManifest
from landing import BIN, ROOT

MARTS = ["avg_readings_by_alert", "fleet_daily", "overheated_components"]


@pytest.fixture(scope="module")
def mf(warehouse, manifest, tmp_path_factory):
    """A function that runs mf on a warehouse of the sample, and returns its output."""
    warehouse.load(ROOT / "data/sample", *MARTS)
    project = tmp_path_factory.mktemp("project")  # mf looks for target/ in the project itself
    (project / "target").mkdir()
    for name in ["dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "plugins"]:
        (project / name).symlink_to(ROOT / name)
    semantic_manifest = SemanticManifest(manifest)
    semantic_manifest.write_json_to_file(str(project / "target/semantic_manifest.json"))

    def run(*arguments):
        process = subprocess.run(
            [BIN / "mf", *arguments],
            check=False,
            cwd=project,
            env={
                **os.environ,
                "WAREHOUSE_PATH": str(warehouse.path),
                "DBT_TARGET": "published",
                "HTTPS_PROXY": "http://127.0.0.1:9",  # no network
                "PYTHONDONTWRITEBYTECODE": "",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.returncode == 0, process.stdout
        return process.stdout

    return run


@pytest.fixture
def metrics(mf, tmp_path):
    """A function that queries metrics, by a dimension if one is given: rows of text."""

    def query(*names, by=None):
        arguments = ["--metrics", ",".join(names), "--csv", str(tmp_path / "answer.csv")]
        mf("query", *arguments, *(["--group-by", by] if by else []))
        with open(tmp_path / "answer.csv", newline="") as file:
            return list(csv.DictReader(file))

    return query


def close(text, figure):
    # The marts round means to nine decimals.
    return pytest.approx(figure, abs=1e-8) == float(text)


def test_the_headline_metrics_are_those_of_the_marts(warehouse, metrics):
    """A metric counts other periods, components, readings or days than its mart."""
    (figures,) = warehouse.rows("""
        select
            (
                select count(distinct (site_id, asset_id, component_id))
                from marts.overheated_components where not is_sensor_suspect
            ) as overheated_components,
            (select sum(overheated_seconds) from marts.fleet_daily) as overheated_seconds,
            (
                select max(max_power_kw) from marts.overheated_windows
                where window_method = 'sliding' and not is_sensor_suspect
            ) as max_power_when_overheated_kw,
            (
                select avg_value from marts.avg_readings_by_alert
                where is_total and alert_scope = 'all'
                    and signal_name = 'LM_powerLimit' and alignment = 'last_known'
            ) as avg_power_at_temperature_alert_kw,
            (
                select avg_value from marts.avg_readings_by_alert
                where is_total and alert_scope = 'trusted'
                    and signal_name = 'LM_powerLimit' and alignment = 'last_known'
            ) as avg_power_at_trusted_temperature_alert_kw,
            (
                select sum(utilisation_ratio * component_count) / sum(component_count)
                from marts.fleet_daily
            ) as utilisation_ratio
    """)
    (answers,) = metrics(*figures)
    assert answers.keys() == figures.keys()
    for name, figure in figures.items():
        assert figure > 0, name
        assert close(answers[name], figure), name


def test_metrics_by_day_are_those_of_the_days(warehouse, metrics):
    """A metric puts a period on another day than fleet_daily, or leaves a day out."""
    names = ["overheated_seconds", "utilisation_ratio"]
    answers = {row.pop("metric_time__day")[:10]: row for row in metrics(*names, by="metric_time")}
    days = warehouse.rows("from marts.fleet_daily")
    assert answers.keys() == {str(row["day"]) for row in days}
    assert len(days) == 3
    for row in days:
        answer = answers[str(row["day"])]
        assert close(answer["overheated_seconds"], row["overheated_seconds"])
        assert close(answer["utilisation_ratio"], row["utilisation_ratio"])


def test_the_reading_at_an_alert_is_that_of_each_signal(warehouse, metrics):
    """The metric uses alerts that are not about temperature, or another alignment."""
    by = "alert_reading__signal_name"
    answers = {
        row[by]: row["avg_reading_at_temperature_alert"]
        for row in metrics("avg_reading_at_temperature_alert", by=by)
    }
    rows = warehouse.rows("""
        from marts.avg_readings_by_alert
        where is_total and alert_scope = 'all'
            and alignment = 'last_known'
    """)
    assert answers.keys() == {row["signal_name"] for row in rows}
    assert len(rows) == 4
    for row in rows:
        assert close(answers[row["signal_name"]], row["avg_value"])


def test_every_metric_and_dimension_can_be_queried(mf):
    """A dimension or a measure names a column that its mart does not have."""
    said = mf("validate-configs")
    assert "Successfully validated metrics against data warehouse (ERRORS: 0" in said


def test_the_queries_of_the_docs_run(mf):
    """A query that docs/metrics.md shows fails."""
    text = (ROOT / "docs/metrics.md").read_text(encoding="utf-8").replace("\\\n", " ")
    queries = [f"query {query}" for query in re.findall(r'^make metrics QUERY="(.+)"$', text, re.M)]
    queries += re.findall(r"^\.venv/bin/mf (.+)$", text, re.M)
    assert len(queries) == 5
    for query in queries:
        assert mf(*shlex.split(query))
