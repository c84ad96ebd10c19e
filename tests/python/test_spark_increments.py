"""On Spark, too, an incremental build equals a build from nothing, and computes no more.

`SPARK_FLEET=7 .venv/bin/pytest tests/python/test_spark_increments.py` uses another random fleet.
"""

import json
import os
import random
import shutil

import duckdb
import pytest
from fleets import random_fleet, write_fleet
from landing import generate_fleet
from marts import marts_of_file, marts_that_differ
from on_spark import spark_warehouse  # noqa: F401, a fixture

FLEET = {"sites": 1, "components": 2, "days": 3, "duty": 0.15, "include_bad_rows": True}
FAULTS = {"faulty_share": 0.5, "fold_back_c": 106, "seed": 3, "temp_interval_seconds": 20}


# Rows that the files must give: two empty marts would agree without proving anything.
NEEDED = {
    "overheated_windows": [
        "window_method = 'tumbling'",
        "window_method = 'sliding' and max_power_kw is not null",
        "window_method = 'sliding' and is_sensor_suspect",
    ],
    "overheated_components": ["sliding_period_count > 0 and tumbling_window_count = 0"],
    "overheating_episodes": ["alert_count > 0"],
    "component_hourly": ["overheated_seconds > 0", "suspect_overheated_seconds > 0"],
    "fleet_daily": ["overheated_seconds > 0"],
    "alert_readings": ["is_sensor_suspect", "is_trusted and is_fresh"],
    "alert_incidents": ["is_chattering", "not is_trusted", "was_overheated", "alert_count = 2"],
    "alerting_components": ["chattering_alert_ratio > 0", "untrusted_alert_ratio > 0"],
    "alert_outcomes": ["alerted_episode_count > 0 and untrusted_alert_count > 0"],
    "avg_readings_by_alert": [
        f"alert_scope = '{scope}' and avg_value is not null"
        for scope in ("all", "trusted", "incidents")
    ],
}
# The temperature at which a handle begins to reduce its power.
FOLDBACK = "case when foldback_temp_c = 100 then 60 else foldback_temp_c end"


@pytest.fixture(scope="module")
def landing(tmp_path_factory):
    """Files of three days with faults and bad rows, and some full of edge cases around midnight."""
    folder = tmp_path_factory.mktemp("landing")
    arguments = {"landing_dir": str(folder / "fleet"), **FLEET, **FAULTS}
    run = generate_fleet(arguments)
    assert run.returncode == 0, run.stderr
    chance = random.Random(os.environ.get("SPARK_FLEET", "8"))
    write_fleet(folder / "edges", *random_fleet(chance), chance)
    for file in (folder / "edges").iterdir():
        file.rename(folder / "fleet" / f"edges {file.name}")
    return folder / "fleet"


def change_catalog(spark):
    """Another alert_catalog, as the next dbt seed after an edit would load."""
    spark.overwrite(
        "reference.alert_catalog",
        f"select * except (foldback_temp_c), {FOLDBACK} as foldback_temp_c "
        "from reference.alert_catalog",
    )


def insist_on_the_marts_of_duckdb(spark, warehouse, landing, variables, catalog_change=None):
    warehouse.path.unlink(missing_ok=True)
    warehouse.dbt("seed", landing_dir=landing)
    if catalog_change:
        with duckdb.connect(warehouse.path) as connection:
            connection.execute(catalog_change)
    warehouse.dbt("run", "--vars", json.dumps(variables), landing_dir=landing)
    with duckdb.connect() as connection:
        expected = marts_of_file(connection, warehouse.path, "built_from_nothing")
        assert len(expected) > 15
        different = list(marts_that_differ(connection, spark.marts(), expected))
    assert not different, "\n".join(different)


def find(landing, *parts):
    (file,) = [file for file in landing.iterdir() if all(part in file.name for part in parts)]
    return file


def partition_of(spark, table, day):
    ((version,),) = spark.sql(f"select day_version from staging.stg_days where day = '{day}'")
    return spark.path / f"warehouse/intermediate.db/{table}/day_version={version}"


def drop(spark, table, partition):
    version = partition.removeprefix("day_version=")
    spark.sql(f"alter table intermediate.{table} drop partition (day_version = {version})")


def leave_what_a_kill_leaves(spark, day):
    """The three states that a killed build can leave."""
    # No longer wanted, and dropped.
    drop(spark, "int_daily_parts", partition_of(spark, "int_daily_parts", day).name)
    # Some of its files are written, but the catalog does not have the partition yet.
    begun = partition_of(spark, "int_signal_windows", day)
    files = {file.name: file.read_bytes() for file in begun.glob("*.parquet")}
    assert files
    drop(spark, "int_signal_windows", begun.name)
    begun.mkdir(parents=True)
    for name, content in files.items():
        (begun / f"begun-{name}").write_bytes(content)
    # The catalog has the table, but its first partition is incomplete, from the earlier files.
    table = "int_component_windows"
    for (partition,) in spark.sql(f"show partitions intermediate.{table}"):
        drop(spark, table, partition)
    begun = begun.parents[1] / table / "day_version=7"
    begun.mkdir(parents=True)
    for name, content in files.items():
        (begun / name).write_bytes(content)


def test_any_history_ends_like_a_build_from_nothing(spark_warehouse, warehouse, landing, tmp_path):  # noqa: F811
    """Spark disagrees about an edge, or a change left stale results behind."""
    spark = spark_warehouse
    days = sorted({file.name.split("'")[1] for file in landing.glob("Tesla*signals*")})
    late = find(landing, days[1], "NegCoreTemp")
    shutil.move(late, tmp_path)
    spark.run(landing, {})
    insist_on_the_marts_of_duckdb(spark, warehouse, landing, {})
    if "SPARK_FLEET" not in os.environ:
        for mart, conditions in NEEDED.items():
            for condition in conditions:
                assert warehouse.rows(f"from marts.{mart} where {condition}"), (mart, condition)
    # No file of this day changes below.
    derated = (
        f"select derated_seconds from marts.component_daily where day = '{days[0]}' order by 1"
    )
    derated_before = warehouse.rows(derated)

    shutil.move(tmp_path / late.name, landing)
    corrected = find(landing, days[2], "powerLimit")
    corrected.write_bytes(corrected.read_bytes().replace(b"5,2022-03", b"6,2022-03"))
    find(landing, days[2], "pcbaTemp").unlink()
    leave_what_a_kill_leaves(spark, days[0])
    change_catalog(spark)
    variables = {"overheat_threshold_c": 104}
    spark.run(landing, variables)
    change = f"update reference.alert_catalog set foldback_temp_c = {FOLDBACK}"
    insist_on_the_marts_of_duckdb(spark, warehouse, landing, variables, change)
    assert warehouse.rows(derated) != derated_before, "the catalog makes no difference"

    # The other marts have no partitions, and what they read stays as it is.
    before = spark.partitions()
    assert len({file.split("/")[2] for file in before}) > 10, "few tables have partitions"
    by_day = ("path:models/staging", "path:models/intermediate", "rejected_rows")
    spark.run(landing, variables, "--select", *by_day)
    assert spark.partitions() == before, "days were computed although nothing has changed"

    # The changes above came together; each alone must change the version of every day.
    versions = "select day_version from staging.stg_days"
    built = set(spark.sql(versions))
    spark.run(landing, {}, "--select", "stg_days")
    without_variable = set(spark.sql(versions))
    assert not built & without_variable, "a variable is not part of the versions"
    spark.dbt("seed", landing_dir=landing)
    spark.run(landing, {}, "--select", "stg_days")
    assert not without_variable & set(spark.sql(versions)), "a catalog is not part of the versions"


def test_a_model_without_partitions_is_refused(spark_warehouse, landing):  # noqa: F811
    """The model would overwrite all days with some of them."""
    model = "int_signal_windows"
    (node,) = [node for node in spark_warehouse.manifest.nodes.values() if node.name == model]
    partition, node.config._extra["partition_by"] = node.config._extra["partition_by"], None
    try:
        result = spark_warehouse.invoke("run", "--select", model, landing_dir=landing)
    finally:
        node.config._extra["partition_by"] = partition
    assert not result.success
    (message,) = [node.message for node in result.result.results if node.node.name == model]
    assert "int_signal_windows is incremental and has no partition_by" in message
