"""Sliding periods are computed only around hot windows, and none above the threshold is lost.

The models' compiled SQL runs here on tables filled from Python, without dbt: some hundred fleets in
seconds. With a threshold below all readings every window is hot, so nothing is pruned. The periods
above the true threshold in that result are the expected ones.
"""

import json
from collections import Counter
from random import Random

import duckdb
import pandas
import pytest
from fleets import random_fleet
from hypothesis import given, settings
from hypothesis import strategies as st
from landing import ROOT, Warehouse, sql_text

THRESHOLD_C = 105
OWN_THRESHOLD_C = {"LM_pcbaTempDegC": 100}
BELOW_ALL_C = -273
MODELS = ["int_signals", "int_series", "int_signal_windows"]  # each after the models that it reads
PRUNED, UNPRUNED = "int_sliding_periods", "int_sliding_periods of all windows"
COLUMNS = (
    "signal_name, avg_value, series_key, reading_count, window_start, starts_before, ends_before"
)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory, manifest):
    """The SQL of the models by name, and of the sliding periods around all windows."""
    warehouse = Warehouse(tmp_path_factory.mktemp("compile"), manifest)

    def compile_models(names, variables):
        options = ("--vars", json.dumps(variables))
        results = warehouse.dbt(
            "compile", "--select", *names, *options, landing_dir=warehouse.folder
        )
        return {result.node.name: result.node.compiled_code for result in results}

    sql = compile_models([*MODELS, PRUNED], {})
    unpruned = compile_models([PRUNED], {"overheat_threshold_c": BELOW_ALL_C})
    assert str(BELOW_ALL_C) in unpruned[PRUNED]
    return sql | {UNPRUNED: unpruned[PRUNED]}


@pytest.fixture(scope="module")
def database():
    connection = duckdb.connect()
    connection.execute(f"""
        set timezone = 'UTC';
        attach ':memory:' as warehouse;
        use warehouse;
        set threads = 1;
        create schema staging;
        create schema intermediate;
        create schema reference;
        create table reference.signal_catalog as
        from read_csv({sql_text(ROOT / "seeds/signal_catalog.csv")},
            types = {{'overheat_threshold_c': 'double'}});
        create table reference.temperature_words as
        from read_csv({sql_text(ROOT / "seeds/temperature_words.csv")});
    """)
    return connection


def set_thresholds(database, compiled, thresholds_c):
    """Sets the catalog's own thresholds, for the signals that have one."""
    database.execute("update reference.signal_catalog set overheat_threshold_c = null")
    for signal, threshold_c in thresholds_c.items():
        database.execute(
            "update reference.signal_catalog set overheat_threshold_c = ? where signal_name = ?",
            [threshold_c, signal],
        )
    create(database, compiled, ["int_signals", "int_series"])


def create(database, compiled, names):
    for name in names:
        database.execute(f"create or replace table intermediate.{name} as {compiled[name]}")


def fill(database, compiled, readings):
    columns = ["site", "asset", "component", "name", "ms", "value"]
    database.register("readings", pandas.DataFrame(readings, columns=columns))
    database.execute("""
        create or replace table staging.stg_days (day date, day_version ubigint);
        create or replace table staging.stg_signals as
        select distinct
            site as site_id, asset as asset_id, component as component_id, name as signal_name,
            hash(site, asset, component) as component_key,
            hash(site, asset, component, name) as series_key,
            value::double as value, make_timestamp_ms(ms) as observed_at
        from readings;
        create or replace view intermediate.int_readings as from staging.stg_signals;
        create or replace table staging.stg_series as
        select distinct
            series_key, component_key, site_id, asset_id, component_id, signal_name
        from intermediate.int_readings
    """)
    create(database, compiled, MODELS)


def periods(database, compiled, name):
    """The sliding periods, around hot windows only or around all of them."""
    set_thresholds(database, compiled, {} if name == UNPRUNED else OWN_THRESHOLD_C)
    series = "intermediate.int_series"
    query = f"select {COLUMNS} from ({compiled[name]}) inner join {series} using (series_key)"
    return Counter(database.sql(query).fetchall())


def overheated(rows):
    return Counter(
        {
            row: count
            for row, count in rows.items()
            if row[1] > OWN_THRESHOLD_C.get(row[0], THRESHOLD_C)
        }
    )


def test_pruned_periods_equal_all_periods(database, compiled):
    """A period above the threshold is lost or wrong when windows are pruned."""

    @settings(max_examples=100)
    @given(st.randoms(use_true_random=True))
    def search(random):
        readings = [row for row in random_fleet(random)[0] if row[3].endswith("TempDegC")]
        fill(database, compiled, readings)
        pruned = periods(database, compiled, PRUNED)
        unpruned = periods(database, compiled, UNPRUNED)
        assert overheated(pruned) == overheated(unpruned), explain(pruned, unpruned)
        assert pruned <= unpruned, "a period kept below the threshold is not exact"
        assert sum(row[3] for row in unpruned) >= len(set(readings)), "windows are left out"

    search()


def explain(pruned, unpruned):
    lost, wrong = overheated(unpruned) - pruned, overheated(pruned) - unpruned
    return f"lost: {list(lost)[:3]}, in their place: {list(wrong)[:3]}"


@pytest.mark.parametrize("neighbour", [-1, 1])
def test_a_neighbour_left_out_is_detected(database, compiled, neighbour):
    """The test above does not notice that a hot window's neighbour is left out."""
    kept, left_out = f"window_start + {neighbour} *", "window_start + 0 *"
    assert compiled[PRUNED].count(kept) == 1
    broken = compiled | {PRUNED: compiled[PRUNED].replace(kept, left_out)}
    for seed in range(20):
        fill(database, compiled, random_fleet(Random(seed))[0])
        if overheated(periods(database, broken, PRUNED)) != overheated(
            periods(database, compiled, UNPRUNED)
        ):
            return
    pytest.fail("leaving out a neighbour changed nothing in 20 fleets")
