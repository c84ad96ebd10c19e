"""Apache Spark gives the marts that DuckDB gives, whatever the time zone.

`SPARK_FLEET=7 .venv/bin/pytest tests/python/test_spark.py` takes another random fleet.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from unittest import mock

import duckdb
import pytest
from fleets import random_fleet, write_fleet
from landing import BIN, ROOT
from marts import difference_of, marts_of_file, marts_of_folder, marts_that_differ
from on_spark import spark_warehouse  # noqa: F401, a fixture

SAMPLE = ROOT / "data/sample"
BUILD = ("build", "--exclude-resource-type", "unit_test")


@pytest.fixture(scope="module", autouse=True)
def far_from_utc():
    """Where a time without a zone would be another one, twice a year even two."""
    with mock.patch.dict(os.environ, TZ="America/Los_Angeles"):
        time.tzset()
        yield
    time.tzset()


def insist_on_equal_marts(published, warehouse):
    with duckdb.connect() as connection:
        expected = marts_of_file(connection, warehouse.path, "duckdb")
        assert len(expected) > 15
        different = list(marts_that_differ(connection, published, expected))
    assert not different, "\n".join(different)


def test_the_published_marts_of_the_sample_are_equal(spark_warehouse, warehouse):  # noqa: F811
    """Spark answers a question otherwise than DuckDB, or a data test fails there."""
    spark_warehouse.dbt(*BUILD, landing_dir=SAMPLE)
    warehouse.dbt(*BUILD, landing_dir=SAMPLE)
    insist_on_equal_marts(marts_of_folder(spark_warehouse.path / "marts"), warehouse)
    with duckdb.connect() as connection:
        marts_of_file(connection, warehouse.path, "duckdb")
        rejected = f"read_parquet('{spark_warehouse.path}/marts/stg_rejected_rows/*.parquet')"
        assert not difference_of(connection, "duckdb.staging.stg_rejected_rows", rejected)


def test_the_marts_of_a_random_fleet_are_equal(spark_warehouse, warehouse, tmp_path):  # noqa: F811
    """The engines disagree about an edge of a window, a tie, an odd id or a bad row."""
    chance = random.Random(os.environ.get("SPARK_FLEET", 2))
    write_fleet(tmp_path, *random_fleet(chance), chance)
    spark_warehouse.run(tmp_path, {})
    warehouse.dbt("run", landing_dir=tmp_path)
    insist_on_equal_marts(spark_warehouse.marts(), warehouse)


def test_what_unit_tests_expect_holds_on_spark(spark_warehouse):  # noqa: F811
    """A macro or a model means something else to Spark."""
    results = spark_warehouse.dbt("test", "--select", "test_type:unit", landing_dir=SAMPLE)
    assert len(results.results) > 60


def lint(models):
    """What sqlfluff has against the SQL in a folder, as it is written to Spark."""
    run = subprocess.run(
        [BIN / "sqlfluff", "lint", "--config", ".sqlfluff-spark", "--processes", "2", models],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout + run.stderr


def test_the_sql_of_spark_keeps_the_rules(spark_warehouse, tmp_path):  # noqa: F811
    """A macro writes SQL for Spark that nobody would pass in a model."""
    spark_warehouse.dbt("compile", "--select", "resource_type:model", landing_dir=SAMPLE)
    compiled = spark_warehouse.folder / "target/compiled/supercharger/models"
    models = [path for path in compiled.rglob("*.sql") if ".yml" not in str(path)]
    assert len(models) > 60
    for model in models:
        shutil.copy(model, tmp_path)
    failed, words = lint(tmp_path)
    assert not failed, words


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        ("select a.b from a join", "PRS"),
        ("select a.b c from a", "AL02"),
        ("select a.b from a inner join d on a.e = f", "RF02"),
        ("select b, sum(c) as d from a group by 1, e", "AM06"),
    ],
)
def test_what_breaks_a_rule_on_spark_is_found(model, rule, tmp_path):
    """Anything passes: the rules for the SQL of Spark are not those of .sqlfluff."""
    (tmp_path / "model.sql").write_text(f"{model}\n")
    failed, words = lint(tmp_path)
    assert failed
    assert f" {rule} " in words


def test_docs_describe_the_tables_of_spark(spark_warehouse):  # noqa: F811
    """The docs cannot be made of a build on Spark, or lack marts."""
    catalog = spark_warehouse.dbt("docs", "generate", landing_dir=SAMPLE)
    assert not catalog.errors
    documented = {node.metadata.name for node in catalog.nodes.values()}
    assert documented >= spark_warehouse.marts().keys()


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        ("update marts.mart set value = value * (1 + 1e-8) where id = 2", "mart: 1 rows"),
        (
            "update marts.mart set fired_at = fired_at + interval 1 millisecond where id = 2",
            "mart: 2 rows",
        ),
        ("update marts.mart set value = null where id = 2", "mart: 1 rows"),
        ("delete from marts.mart where id = 2", "mart: 3 and 2 rows"),
        ("alter table marts.mart alter id type integer", "mart: columns"),
        ("drop table marts.mart", "mart is there only once"),
        ("update marts.mart set value = value * (1 + 1e-11) where id = 2", None),
    ],
)
def test_marts_that_differ_are_named(change, noticed, tmp_path):
    """A comparison of marts overlooks a difference, or takes rounding for one."""
    with duckdb.connect() as connection:
        marts = []
        for name in ("one", "other"):
            with duckdb.connect(tmp_path / f"{name}.duckdb") as file:
                file.execute(
                    "create schema marts; create table marts.mart as select id, 1e6 / id as value, "
                    "timestamp '2022-03-12' as fired_at from range(1, 4) as ids (id)"
                )
                if name == "other":
                    file.execute(change)
            marts.append(marts_of_file(connection, tmp_path / f"{name}.duckdb", name))
        different = list(marts_that_differ(connection, *marts))
    if noticed:
        (sentence,) = different
        assert sentence.startswith(noticed)
    else:
        assert different == []


@pytest.mark.parametrize(
    ("java", "words"),
    [
        (None, "No Java was found."),
        ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", 'version "11.0.2"'),
    ],
)
def test_without_java_a_sentence_says_what_to_do(java, words, tmp_path):
    """Somebody without Java, or with an old one, sees a traceback of Spark."""
    if java:
        (tmp_path / "java").write_text(f"#!/bin/sh\n{java}\n")
        (tmp_path / "java").chmod(0o755)
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/build_on_spark.py"],
        env={"PATH": str(tmp_path), "VARS": "{}"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stdout == ""
    (sentence,) = run.stderr.splitlines()
    assert words in sentence
    assert "Apache Spark needs Java 17 or later: install it" in sentence
