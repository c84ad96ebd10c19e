"""Rolling windows are computed only round hot windows: nothing above the threshold may be lost.

The models' compiled SQL runs here on tables filled from Python, without dbt: some hundred
fleets in seconds.
"""

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
MODELS = ["int_signal_windows", "int_signals", "int_series"]  # each after what it reads
COLUMNS = "signal_name, avg_value, series_key, reading_count, window_start, window_end"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory, manifest):
    """The SQL of the models by name, and of the window definition over all readings."""
    warehouse = Warehouse(tmp_path_factory.mktemp("compile"), manifest)
    names = [*MODELS, "int_rolling_windows"]
    results = warehouse.dbt("compile", "--select", *names, landing_dir=warehouse.folder)
    sql = {result.node.name: result.node.compiled_code for result in results}
    unpruned = "{{ rolling_windows(ref('stg_signals')) }}"
    (result,) = warehouse.dbt("compile", "--inline", unpruned, landing_dir=warehouse.folder)
    return sql | {"unpruned": result.node.compiled_code}


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
    """)
    for signal, threshold_c in OWN_THRESHOLD_C.items():
        connection.execute(
            "update reference.signal_catalog set overheat_threshold_c = ? where signal_name = ?",
            [threshold_c, signal],
        )
    return connection


def fill(database, compiled, readings):
    columns = ["site", "asset", "component", "name", "ms", "value"]
    database.register("readings", pandas.DataFrame(readings, columns=columns))
    database.execute("""
        create or replace table staging.stg_signals as
        select distinct
            site as site_id, asset as asset_id, component as component_id, name as signal_name,
            hash(site, asset, component) as component_key,
            hash(site, asset, component, name) as series_key,
            value::double as value, make_timestamp_ms(ms) as observed_at
        from readings;
        create or replace table staging.stg_series as
        select distinct
            series_key, component_key, site_id, asset_id, component_id, signal_name
        from staging.stg_signals
    """)
    for name in MODELS:
        database.execute(f"create or replace table intermediate.{name} as {compiled[name]}")


def windows(database, sql):
    series = "intermediate.int_series"
    query = f"select {COLUMNS} from ({sql}) inner join {series} using (series_key)"
    return Counter(database.sql(query).fetchall())


def overheated(rows):
    return Counter(
        {
            row: count
            for row, count in rows.items()
            if row[1] > OWN_THRESHOLD_C.get(row[0], THRESHOLD_C)
        }
    )


def test_pruned_windows_equal_all_windows(database, compiled):
    """A period above the threshold is lost or wrong where windows are left out of the work."""

    @settings(max_examples=100)
    @given(st.randoms(use_true_random=True))
    def search(random):
        readings = [row for row in random_fleet(random)[0] if row[3].endswith("TempDegC")]
        fill(database, compiled, readings)
        pruned = windows(database, compiled["int_rolling_windows"])
        unpruned = windows(database, compiled["unpruned"])
        assert overheated(pruned) == overheated(unpruned)
        assert pruned <= unpruned, "a period kept below the threshold is not exact"

    search()


@pytest.mark.parametrize("neighbour", [-1, 1])
def test_a_neighbour_left_out_is_detected(database, compiled, neighbour):
    """The test above does not notice that a hot window's neighbour is left out."""
    kept, left_out = f"window_start + {neighbour} *", "window_start + 0 *"
    sql = compiled["int_rolling_windows"]
    assert kept in sql
    for seed in range(20):
        fill(database, compiled, random_fleet(Random(seed))[0])
        if overheated(windows(database, sql.replace(kept, left_out))) != overheated(
            windows(database, sql)
        ):
            return
    pytest.fail("leaving out a neighbour changed nothing in 20 fleets")
