"""Equal inputs give equal bytes, whatever the number of threads.

REPRODUCIBLE_BUILDS=20 builds more often, REPRODUCIBLE_FOLDER another folder than the sample.
"""

import os
from unittest import mock

import duckdb
from landing import ROOT

BUILD_COUNT = int(os.environ.get("REPRODUCIBLE_BUILDS", 6))
FOLDER = os.environ.get("REPRODUCIBLE_FOLDER", ROOT / "data/sample")
OF_EACH_BUILD = "build_info"  # when it was built


def connect_with_threads(count):
    connect = duckdb.connect

    def connect_(*arguments, config=None, **options):
        return connect(*arguments, config={**(config or {}), "threads": count}, **options)

    return mock.patch.object(duckdb, "connect", connect_)


def marts(warehouse):
    """{mart: a hash of its rows, each to the last digit}"""
    with duckdb.connect(warehouse.path, read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts' order by all"
        ).fetchall()
        return {
            name: connection.execute(
                f"select md5(string_agg(mart::varchar, chr(10) order by mart::varchar)) "
                f"from marts.{name} as mart"
            ).fetchall()
            for (name,) in names
            if name != OF_EACH_BUILD
        }


def test_builds_are_equal_to_the_last_digit(warehouse):
    """A published figure depends on the order in which threads add up its parts."""
    first = None
    for number in range(BUILD_COUNT):
        threads = [1, 2, 8][number % 3]
        with connect_with_threads(threads):
            warehouse.dbt("run", "--full-refresh", landing_dir=FOLDER)
        found = marts(warehouse)
        first = first or found
        different = [name for name in first if found[name] != first[name]]
        assert not different, (
            f"build {number} with {threads} threads differs from the first in {different}"
        )
